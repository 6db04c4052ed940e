"""What marks a pixel and the place that it was fetched from; drawn as large at every zoom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

if TYPE_CHECKING:
    from app.ui.panels.attention.sources import Found

GREEN = QColor(40, 220, 60)
"""What was picked and what it leads to, as in the supplement's figure 2."""
_RIM = QColor(0, 0, 0, 200)
_MINOR = QColor(255, 255, 255, 190)
PIXEL, PLACE, HEAD = 9.0, 5.5, 9.0
"""Pixels of the screen: side of the square around a pixel, radius of the ring around a place, length of an arrow's
head."""


def point_in(square: QRectF, x: float, y: float) -> QPointF:
    """Where (x, y), both from 0 to 1, lies in a square."""
    return QPointF(square.left() + x * square.width(), square.top() + y * square.height())


def draw_links(painter: QPainter, found: Found, squares: Sequence[QRectF]) -> None:
    """The picked pixel, the places that it was fetched from, and an arrow to the one that gave most.

    `squares` are where the generated face lies and then each reference.
    """
    pixel, references = point_in(squares[0], *found.pixel), squares[1:]
    for number in found.minor:
        draw_minor_place(painter, point_in(references[number], *found.places[number]))
    if found.is_fetched:
        giving = found.source.reference
        place = point_in(references[giving], *found.places[giving])
        draw_arrow(painter, pixel, place, faint=found.is_mostly_drawn)
        draw_place(painter, place)
    draw_pixel(painter, pixel)


def draw_pixel(painter: QPainter, at: QPointF) -> None:
    """A square around the picked pixel."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line_colour, width in ((_RIM, 4.5), (GREEN, 2.5)):
        painter.setPen(QPen(line_colour, width, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(QRectF(at.x() - PIXEL / 2, at.y() - PIXEL / 2, PIXEL, PIXEL))


def draw_place(painter: QPainter, at: QPointF) -> None:
    """A ring around the place that gave most."""
    _ring(painter, at, PLACE, GREEN, 2.5)


def draw_minor_place(painter: QPainter, at: QPointF) -> None:
    """A smaller, paler ring around a place that gave something."""
    _ring(painter, at, PLACE - 1.5, _MINOR, 1.5)


def draw_arrow(painter: QPainter, pixel: QPointF, place: QPointF, faint: bool) -> None:
    """From the square around a pixel to the ring around a place; nothing where both are too close for that.

    Faint is dashed: little was fetched there.
    """
    line = QLineF(pixel, place)
    start, stop = PIXEL * 0.75, line.length() - PLACE - 2
    if stop - start < HEAD:
        return
    start_at, stop_at = line.pointAt(start / line.length()), line.pointAt(stop / line.length())
    shaft = QLineF(start_at, line.pointAt((stop - HEAD / 2) / line.length()))
    for line_colour, width in ((_RIM, 4.0), (GREEN, 2.0)):
        pen = QPen(line_colour, width, c=Qt.PenCapStyle.FlatCap)
        if faint:
            pen.setDashPattern([length / width for length in (6.0, 4.0)])
        painter.setPen(pen)
        painter.drawLine(shaft)
    painter.setPen(QPen(_RIM, 1))
    painter.setBrush(GREEN)
    painter.drawPolygon(_head(line, stop_at))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _ring(painter: QPainter, at: QPointF, radius: float, colour: QColor, width: float) -> None:
    """A ring on a dark rim, so that it is seen on any picture."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line_colour, more in ((_RIM, 2.0), (colour, 0.0)):
        painter.setPen(QPen(line_colour, width + more))
        painter.drawEllipse(at, radius, radius)


def _head(line: QLineF, tip: QPointF) -> QPolygonF:
    """The triangle at the end of an arrow."""
    along, across = line.unitVector(), line.normalVector().unitVector()
    forth = QPointF(along.dx(), along.dy()) * HEAD
    aside = QPointF(across.dx(), across.dy()) * (HEAD * 0.42)
    return QPolygonF([tip, tip - forth + aside, tip - forth - aside])
