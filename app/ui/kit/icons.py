"""The few signs on buttons, drawn as paths, so that they are sharp at every scale."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPainterPath, QPixmap, QPolygonF

from app.ui.kit import palette

Shape = tuple[tuple[float, float], ...]

_RIGHT: Shape = ((0.25, 0.15), (0.8, 0.5), (0.25, 0.85))
_RIGHT_1: Shape = ((0.1, 0.2), (0.5, 0.5), (0.1, 0.8))
_RIGHT_2: Shape = ((0.5, 0.2), (0.9, 0.5), (0.5, 0.8))


def _bar(left: float, right: float) -> Shape:
    return ((left, 0.18), (right, 0.18), (right, 0.82), (left, 0.82))


def _mirrored(*shapes: Shape) -> tuple[Shape, ...]:
    return tuple(tuple((1 - x, y) for x, y in shape) for shape in shapes)


SHAPES: dict[str, tuple[Shape, ...]] = {
    "play": (_RIGHT,),
    "pause": (_bar(0.22, 0.42), _bar(0.58, 0.78)),
    "play_on": (_RIGHT_1, _RIGHT_2),
    "play_back": _mirrored(_RIGHT_1, _RIGHT_2),
    "frame_on": (_bar(0.18, 0.3), ((0.42, 0.2), (0.84, 0.5), (0.42, 0.8))),
    "frame_back": _mirrored(_bar(0.18, 0.3), ((0.42, 0.2), (0.84, 0.5), (0.42, 0.8))),
    "to_end": (((0.2, 0.2), (0.62, 0.5), (0.2, 0.8)), _bar(0.68, 0.8)),
    "to_start": _mirrored(((0.2, 0.2), (0.62, 0.5), (0.2, 0.8)), _bar(0.68, 0.8)),
}
"""Polygons in a square of side 1, by the action's id."""


def icon(name: str) -> QIcon:
    """The sign of that name. Raises KeyError."""
    if name == "loop":
        return QIcon(_Engine(_loop()))
    path = QPainterPath()
    for shape in SHAPES[name]:
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in shape]))
        path.closeSubpath()
    return QIcon(_Engine(path))


def _loop() -> QPainterPath:
    """Two arrows that follow each other round."""
    path = QPainterPath()
    outer, inner = QRectF(0.12, 0.2, 0.76, 0.6), QRectF(0.24, 0.32, 0.52, 0.36)
    path.addRoundedRect(outer, 0.3, 0.3)
    path.addRoundedRect(inner, 0.18, 0.18)
    for tip, way in ((0.62, 1), (0.38, -1)):
        y = 0.26 if way > 0 else 0.74
        path.addPolygon(QPolygonF([QPointF(tip - 0.18 * way, y - 0.2), QPointF(tip + 0.1 * way, y)]))
        path.lineTo(tip - 0.18 * way, y + 0.2)
        path.closeSubpath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    return path


class _Engine(QIconEngine):
    """Fills a path in the text's colour, paler where the button is disabled."""

    def __init__(self, path: QPainterPath) -> None:
        super().__init__()
        self._path = path

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        """Into `rect`, as the largest square in its middle."""
        side = min(rect.width(), rect.height())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.center().x() + 0.5 - side / 2, rect.center().y() + 0.5 - side / 2)
        painter.scale(side, side)
        disabled = mode == QIcon.Mode.Disabled
        painter.fillPath(self._path, QColor(palette.MUTED_TEXT if disabled else palette.TEXT))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The sign alone, on nothing."""
        made = QPixmap(size)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, made.rect(), mode, state)
        painter.end()
        return made

    def clone(self) -> QIconEngine:
        """Another one with the same path."""
        return _Engine(self._path)
