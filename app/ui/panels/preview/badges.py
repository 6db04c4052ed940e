"""Small labels that say honestly what the picture is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app.ui.kit import palette

Kind = Literal["original", "dubbed", "rendering", "cached", "no_face", "preview", "outside", "failed", "note"]


class Badge(msgspec.Struct, frozen=True):
    """One label over the picture: its kind and its text."""

    kind: Kind
    text: str


TEXTS: dict[Kind, str] = {
    "original": "Original",
    "dubbed": "Dubbed",
    "rendering": "Rendering",
    "cached": "Cached",
    "no_face": "No face here",
    "preview": "Preview quality",
    "outside": "Outside segments",
    "failed": "Failed",
    "note": "",
}
"""What stands on a badge to which nothing was said."""

_GAP = 0.4
"""Room between and around badges, in heights of the text."""


def _colour_of(kind: Kind) -> str:
    return {
        "original": palette.ORIGINAL_WAVE,
        "dubbed": palette.VOICE_WAVE,
        "rendering": palette.WARNING,
        "cached": palette.VOICE_WAVE,
        "no_face": palette.WARNING,
        "preview": palette.MUTED_TEXT,
        "outside": palette.MUTED_TEXT,
        "failed": palette.ERROR,
        "note": palette.MUTED_TEXT,
    }[kind]


def badge(kind: Kind, text: str = "") -> Badge:
    """A badge with its usual words, or with others; a failure's reason follows "Failed: "."""
    if kind == "failed" and text:
        return Badge(kind, f"Failed: {text}")
    return Badge(kind, text or TEXTS[kind])


def paint_badges(painter: QPainter, area: QRectF, badges: Sequence[Badge], align_right: bool = False) -> None:
    """In a row at the top of `area`, those that do not fit in further rows; sentences that are too long wrap."""
    metrics = QFontMetricsF(painter.font())
    gap = metrics.height() * _GAP
    room = area.width() - 2 * gap
    sized = [(item, _size(metrics, item, room, gap)) for item in badges]
    y = area.top() + gap
    for row in _rows(sized, room, gap / 2):
        width = sum(size.width() for _, size in row) + gap / 2 * (len(row) - 1)
        x = area.right() - gap - width if align_right else area.left() + gap
        for item, size in row:
            _paint_badge(painter, QRectF(QPointF(x, y), size), item, gap)
            x += size.width() + gap / 2
        y += max(size.height() for _, size in row) + gap / 2


def _rows(sized: list[tuple[Badge, QSizeF]], room: float, gap: float) -> list[list[tuple[Badge, QSizeF]]]:
    """Broken into rows of at most `room`."""
    rows: list[list[tuple[Badge, QSizeF]]] = []
    used = 0.0
    for item, size in sized:
        if not rows or used + gap + size.width() > room:
            rows.append([])
            used = -gap
        rows[-1].append((item, size))
        used += gap + size.width()
    return rows


def _size(metrics: QFontMetricsF, item: Badge, room: float, gap: float) -> QSizeF:
    """The room that a badge takes."""
    sign = metrics.height()
    text_rect = metrics.boundingRect(QRectF(0, 0, max(1.0, room - 2 * gap - sign), 1e5), _FLAGS, item.text)
    return QSizeF(text_rect.width() + 2 * gap + sign + 1, text_rect.height() + gap * 0.8)


_FLAGS = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def _paint_badge(painter: QPainter, rect: QRectF, item: Badge, gap: float) -> None:
    colour = QColor(_colour_of(item.kind))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ground = QColor(palette.BACKGROUND)
    ground.setAlpha(225)
    painter.setBrush(ground)
    painter.setPen(QPen(colour, 1))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), gap * 0.6, gap * 0.6)
    sign = QFontMetricsF(painter.font()).height()
    _paint_sign(painter, QPointF(rect.left() + gap * 0.7 + sign / 2, rect.center().y()), sign * 0.25, item.kind)
    painter.setPen(QColor(palette.TEXT))
    painter.drawText(rect.adjusted(gap + sign, 0, -gap * 0.5, 0), _FLAGS, item.text)
    painter.restore()


def _paint_sign(painter: QPainter, at: QPointF, radius: float, kind: Kind) -> None:
    """A sign for each kind by shape, not by colour alone: ring, disc, cross, bar or half disc."""
    colour = QColor(_colour_of(kind))
    painter.setPen(QPen(colour, max(1.4, radius * 0.4)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    whole = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
    if kind in ("original", "outside"):
        painter.drawEllipse(whole)
    elif kind in ("dubbed", "cached"):
        painter.setBrush(colour)
        painter.drawEllipse(whole)
    elif kind == "failed":
        painter.drawLine(whole.topLeft(), whole.bottomRight())
        painter.drawLine(whole.topRight(), whole.bottomLeft())
    elif kind == "rendering":
        painter.drawEllipse(whole)
        painter.setBrush(colour)
        painter.drawPie(whole, 90 * 16, -180 * 16)
    else:
        painter.drawLine(QPointF(whole.left(), at.y()), QPointF(whole.right(), at.y()))


def spoken(badges: Sequence[Badge]) -> str:
    """The badges as a screen reader says them."""
    return ", ".join(dict.fromkeys(item.text for item in badges))


def badge_font(base: QFont) -> QFont:
    """The widget's own font, a little heavier, so that it is read on a picture."""
    font = QFont(base)
    font.setWeight(QFont.Weight.DemiBold)
    return font
