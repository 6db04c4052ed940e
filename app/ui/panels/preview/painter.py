"""The pictures themselves: one, or two with a line between; and what stands there without any."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from app.ui.kit import palette
from app.ui.panels.preview.viewport import Viewport

SHARP = 3.0
"""Zoom from which the frame's pixels are shown as squares."""


def area_of(port: Viewport) -> QRectF:
    """The room there is."""
    return QRectF(*port.area)


def picture_rect(port: Viewport) -> QRectF:
    """Where the whole frame lies on the widget."""
    return QRectF(*port.rect)


def paint_picture(painter: QPainter, port: Viewport, image: QImage, clip: QRectF | None = None) -> None:
    """A frame's picture in its place; `clip` keeps to a part of the widget.

    An image of the size it is shown in is copied pixel for pixel; the frame thread sends such a one soon after every
    change of size.
    """
    painter.save()
    painter.setClipRect(area_of(port) if clip is None else area_of(port).intersected(clip))
    if (image.width(), image.height()) != port.shown_size:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, port.zoom < SHARP)
    painter.drawImage(picture_rect(port), image)
    painter.restore()


def paint_wipe(painter: QPainter, port: Viewport, left: QImage, right: QImage, share: float) -> None:
    """`left` up to `share` of the frame's width, then `right`."""
    x = divider_x(port, share)
    whole = area_of(port)
    paint_picture(painter, port, left, QRectF(whole.left(), whole.top(), x - whole.left(), whole.height()))
    paint_picture(painter, port, right, QRectF(x, whole.top(), whole.right() - x, whole.height()))


def divider_x(port: Viewport, share: float) -> float:
    """Where the line between the two lies on the widget, on a whole pixel of the screen."""
    x, _ = port.to_widget(share * port.frame[0], 0)
    return round(x * port.ratio) / port.ratio


def paint_divider(painter: QPainter, port: Viewport, share: float, active: bool) -> None:
    """The line, with a handle to take hold of."""
    x, rect = divider_x(port, share), picture_rect(port).intersected(area_of(port))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    shown = QColor(palette.DARK["FOCUS"] if active else palette.ON_PICTURE)
    for colour, width in ((QColor(0, 0, 0, 150), 3.5), (shown, 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
    radius = QFontMetricsF(painter.font()).height() * 0.6
    middle = QPointF(x, rect.center().y())
    painter.setPen(QPen(QColor(0, 0, 0, 150), 1.5))
    painter.setBrush(shown)
    painter.drawEllipse(middle, radius, radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(palette.ON_PICTURE_TEXT))
    for way in (-1, 1):
        tip = [(0.75, 0.0), (0.3, -0.4), (0.3, 0.4)]
        painter.drawPolygon(QPolygonF([middle + QPointF(way * a * radius, b * radius) for a, b in tip]))
    painter.restore()


def paint_message(painter: QPainter, area: QRectF, title: str, detail: str, framed: bool) -> None:
    """Words in the middle of an empty pane; `framed` draws the place where something may be dropped."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    metrics = QFontMetricsF(painter.font())
    if framed:
        margin = metrics.height()
        pen = QPen(QColor(palette.LINE), 1.5, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area.adjusted(margin, margin, -margin, -margin), 8, 8)
    large = QFont(painter.font())
    large.setPointSizeF(large.pointSizeF() * 1.5)
    painter.setFont(large)
    height = QFontMetricsF(large).height()
    flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
    room = area.adjusted(metrics.height() * 2, 0, -metrics.height() * 2, 0)
    painter.setPen(QColor(palette.TEXT))
    painter.drawText(QRectF(room.left(), area.center().y() - height, room.width(), height * 3), flags, title)
    small = QFont(painter.font())
    small.setPointSizeF(large.pointSizeF() / 1.5)
    painter.setFont(small)
    painter.setPen(QColor(palette.MUTED_TEXT))
    painter.drawText(QRectF(room.left(), area.center().y() + height * 0.5, room.width(), height * 4), flags, detail)
    painter.restore()
