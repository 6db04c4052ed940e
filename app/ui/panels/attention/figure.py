"""The picture that is copied or saved: the crops, the scale and what it takes to make it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QImage, QPainter

from app.core.timebase import format_time
from app.engine.dub.source_look import SOURCE
from app.ui.panels.attention.colours import LookImages, map_image
from app.ui.panels.attention.overlay import draw_grid, draw_patch
from app.ui.panels.attention.scale_bar import bar_height, paint_scale
from app.ui.panels.attention.style import MapStyle, Patch, head_text, layer_text
from app.ui.panels.attention.values import Scale, entropy_text, percent, scale_of, summary_text

if TYPE_CHECKING:
    from app.engine.dub.attention_picture import Look

_SIDE, _EDGE, _TEXT = 512, 24, 17
"""Pixels of a picture's side, of the margins and of the letters."""
_PAPER, _INK = QColor("#ffffff"), QColor("#202124")


class Caption(msgspec.Struct, frozen=True):
    """Where a look comes from."""

    clip: str
    """Path or name of the file."""
    time: Fraction
    """Seconds of the clip."""
    index: int
    """The frame's number, from 0."""
    layer: str
    """"5.1" to "6.2", or `SOURCE`."""
    weights: str
    """Name of the weights, or their path."""

    @property
    def file_name(self) -> str:
        """The beginning of a name to save under: column and row of the patch or pixel belong after it."""
        moment = format_time(self.time).replace(":", "-")
        if self.layer == SOURCE:
            return f"{Path(self.clip).stem}-source-{moment}-pixel"
        return f"{Path(self.clip).stem}-attention-{moment}-layer-{self.layer}-patch"

    @property
    def place(self) -> str:
        """The clip, and where in it."""
        return f"{Path(self.clip).name} · {format_time(self.time)} (frame {self.index})"


class Foot(msgspec.Struct, frozen=True):
    """A scale below one of the pictures."""

    picture: int
    scale: Scale
    style: MapStyle


def figure(look: Look, patch: Patch, style: MapStyle, caption: Caption) -> QImage:
    """The picture, on white; the caption is also in the file's own text under "Description"."""
    titles = ("Generated frame", f"Reference, {round(100 * style.opacity)} % covered by the map")

    def paint(painter: QPainter, squares: Sequence[QRectF]) -> None:
        _paint(painter, squares[0], squares[1], look, patch, style)

    return page(titles, paint, Foot(1, scale_of(look, patch, style), style), _lines(look, patch, style, caption))


def page(
    titles: Sequence[str],
    paint: Callable[[QPainter, Sequence[QRectF]], None],
    foot: Foot | None,
    lines: Sequence[str],
) -> QImage:
    """Pictures beside each other under their titles, painted into their squares; the scale, if any, and the caption."""
    font = QFont(QGuiApplication.font())
    font.setPixelSize(_TEXT)
    metrics = QFontMetricsF(font)
    width = len(titles) * (_SIDE + _EDGE) + _EDGE
    rows = [row for line in lines for row in _wrapped(line, metrics, width - 2 * _EDGE)]
    head = _EDGE + metrics.height() + 6
    below = head + _SIDE + 8
    text = below + (bar_height(metrics) if foot is not None else metrics.height() / 2)
    image = QImage(width, round(text + len(rows) * metrics.lineSpacing() + _EDGE), QImage.Format.Format_RGB32)
    image.fill(_PAPER)
    painter = QPainter(image)
    painter.setFont(font)
    squares = [QRectF(_EDGE + n * (_SIDE + _EDGE), head, _SIDE, _SIDE) for n in range(len(titles))]
    for square, title in zip(squares, titles, strict=True):
        _title(painter, square, title)
    paint(painter, squares)
    if foot is not None:
        area = QRectF(squares[foot.picture].left(), below, _SIDE, 60)
        paint_scale(painter, area, foot.scale, foot.style, _INK)
    _write(painter, rows, text)
    painter.end()
    image.setText("Description", "\n".join(lines))
    image.setText("Software", "Redub")
    return image


def _title(painter: QPainter, square: QRectF, text: str) -> None:
    """A heading over a picture."""
    painter.setPen(_INK)
    painter.drawText(
        QRectF(square.left(), _EDGE - 4, square.width(), square.top() - _EDGE), Qt.AlignmentFlag.AlignLeft, text
    )


def _paint(painter: QPainter, left: QRectF, right: QRectF, look: Look, patch: Patch, style: MapStyle) -> None:
    """Both pictures, the grid with the picked patch, and the map."""
    images = LookImages(look)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(left, images.generated)
    painter.drawImage(right, images.reference)
    if style.grid:
        draw_grid(painter, left, look.side)
    draw_patch(painter, left, look.side, patch)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, style.smooth)
    painter.setOpacity(style.opacity)
    painter.drawImage(right, map_image(look.map_of(patch, style.head), scale_of(look, patch, style), style))
    painter.setOpacity(1.0)


def _lines(look: Look, patch: Patch, style: MapStyle, caption: Caption) -> list[str]:
    """The caption, a line a subject."""
    weights = Path(caption.weights).name
    shares = look.map_of(patch, style.head)
    return [
        caption.place,
        (
            f"{layer_text(caption.layer)} · {head_text(style.head, len(look.maps))} · "
            f"patch column {patch[0]}, row {patch[1]} of a {look.side} by {look.side} grid · weights {weights}"
        ),
        f"{summary_text(shares)} ({entropy_text(shares)}) · an even share is {percent(1 / look.side**2)}",
    ]


def _wrapped(text: str, metrics: QFontMetricsF, width: float) -> list[str]:
    """The text in lines that are no wider than `width`, broken between words."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if metrics.horizontalAdvance(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _write(painter: QPainter, rows: list[str], top: float) -> None:
    """The caption's lines below each other."""
    metrics = QFontMetricsF(painter.font())
    painter.setPen(_INK)
    for number, row in enumerate(rows):
        painter.drawText(_EDGE, round(top + metrics.ascent() + number * metrics.lineSpacing()), row)
