"""Colours, patterns and small shapes that the painters share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap, QPolygonF

from app.engine.preview.render_strip import RenderState
from app.ui.kit import palette

Pattern = Literal["solid", "hatched", "dotted"]

STATE_TEXT: dict[RenderState, str] = {
    "dirty": "not rendered yet",
    "rendering": "being rendered",
    "ready": "rendered",
    "failed": "could not be rendered",
}

_PATTERNS = {
    "solid": Qt.BrushStyle.SolidPattern,
    "hatched": Qt.BrushStyle.BDiagPattern,
    "dotted": Qt.BrushStyle.Dense5Pattern,
}


def state_colour(state: RenderState) -> str:
    """What a render state is drawn in."""
    return {
        "dirty": palette.DIRTY,
        "rendering": palette.RENDERING,
        "ready": palette.READY,
        "failed": palette.FAILED,
    }[state]


@cache
def colour(name: str, opacity: float = 1.0) -> QColor:
    """A colour of the palette, more or less opaque."""
    made = QColor(name)
    made.setAlphaF(opacity)
    return made


@cache
def brush(name: str, opacity: float = 1.0, pattern: Pattern = "solid") -> QBrush:
    """A fill in a colour of the palette, plain or patterned."""
    return QBrush(colour(name, opacity), _PATTERNS[pattern])


@cache
def pen(name: str, opacity: float = 1.0, width: float = 1.0) -> QPen:
    """A line in a colour of the palette."""
    return QPen(colour(name, opacity), width)


def fill(painter: QPainter, x: float, y: float, width: float, height: float, with_brush: QBrush) -> None:
    """A rectangle without a border."""
    painter.fillRect(QRectF(x, y, width, height), with_brush)


def draw_boxes(painter: QPainter, boxes: Sequence[tuple[int, int, int, int]], with_brush: QBrush) -> None:
    """Many rectangles (x, y, width, height) without borders, in one call; whole pixels, which Qt fills far faster."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(with_brush)
    painter.drawRects([QRect(*box) for box in boxes])


def polygon(painter: QPainter, name: str, *points: tuple[float, float]) -> None:
    """A filled shape with smooth edges."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush(name))
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def draw_state_mark(painter: QPainter, state: RenderState, left: float, middle: float, radius: int) -> None:
    """A render state without colour: ring (not yet), half disc (at work), disc (done), cross (failed)."""
    mark = _state_mark(state, radius, painter.device().devicePixelRatioF(), palette.TEXT)
    painter.drawPixmap(QPointF(left, round(middle - radius - 1)), mark)


@cache
def _state_mark(state: RenderState, radius: int, ratio: float, name: str) -> QPixmap:
    side = 2 * radius + 2
    made = QPixmap(round(side * ratio), round(side * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(colour(name), max(1.2, radius / 3)))
    box = QRectF(1, 1, 2 * radius, 2 * radius)
    if state == "failed":
        painter.drawLine(box.topLeft(), box.bottomRight())
        painter.drawLine(box.bottomLeft(), box.topRight())
    else:
        painter.drawEllipse(box)
        painter.setBrush(brush(name))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPie(box, 90 * 16, {"dirty": 0, "rendering": 180, "ready": 360}[state] * 16)
    painter.end()
    return made
