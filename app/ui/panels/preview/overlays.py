"""What is drawn over the picture: faces to click, the pasted mask, and what the attention panel draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from app.core.geometry import Similarity
from app.engine.preview.mask_shape import FaceBox, MaskShape
from app.ui.kit import palette
from app.ui.kit.text import face_label
from app.ui.panels.preview.viewport import Viewport

_MASK = (64, 200, 255)
"""Tint of what is pasted: skin hardly ever has it."""
_MASK_ALPHA = 90


class AttentionOverlay(Protocol):
    """What `app.ui.attention.Overlay` is: one result and how to draw it over the frame it was made from."""

    @property
    def result(self) -> Any:
        """The `AttentionResult`; its `index` is the frame's number."""
        ...

    def __call__(self, painter: QPainter, frame_to_widget: QTransform) -> None:
        """Draws the overlay on a painter."""
        ...

    def patch_at(self, x: float, y: float) -> tuple[int, int] | None:
        """(column, row) of the patch at a place of the frame; None beside it."""
        ...


def frame_to_widget(port: Viewport) -> QTransform:
    """Pixels of the frame to those of the widget."""
    left, top, width, height = port.rect
    return QTransform(width / port.frame[0], 0, 0, height / port.frame[1], left, top)


def crop_to_frame(similarity: Similarity) -> QTransform:
    """Pixels of the crop to pixels of the frame, both counted from edges.

    `similarity` goes the other way and counts from the pixels' centres: half a pixel apart.
    """
    back = similarity.inverse()
    middle = QTransform(back.a, back.b, -back.b, back.a, back.x, back.y)
    return QTransform.fromTranslate(-0.5, -0.5) * middle * QTransform.fromTranslate(0.5, 0.5)


class MaskOverlay:
    """A mask made ready for drawing."""

    def __init__(self, shape: MaskShape) -> None:
        self._to_frame = crop_to_frame(shape.similarity)
        self._tint = _tinted(shape.mask)
        self._lines = QPainterPath()
        for line in shape.outlines():
            self._lines.addPolygon(QPolygonF([QPointF(x + 0.5, y + 0.5) for x, y in line.tolist()]))
            self._lines.closeSubpath()

    def paint(self, painter: QPainter, port: Viewport) -> None:
        """Tint as strong as the mask, and an outline around all of it."""
        painter.save()
        painter.setTransform(self._to_frame * frame_to_widget(port), True)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawImage(QPointF(0, 0), self._tint)
        for colour, width in ((QColor(0, 0, 0, 170), 3.0), (QColor(*_MASK), 1.4)):
            pen = QPen(colour, width)
            pen.setCosmetic(True)
            painter.strokePath(self._lines, pen)
        painter.restore()


def _tinted(mask: np.ndarray[Any, np.dtype[np.float32]]) -> QImage:
    """The mask as a picture of one colour that is the more opaque the more is pasted."""
    alpha = mask[..., None] * (_MASK_ALPHA / 255)
    pixels = np.empty((*mask.shape, 4), np.uint8)
    pixels[..., :3] = np.rint(np.array(_MASK[::-1], np.float32) * alpha)
    pixels[..., 3] = np.rint(alpha[..., 0] * 255)
    height, width = mask.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.data, width, height, 4 * width, form).copy()


def face_rect(box: FaceBox, port: Viewport) -> QRectF:
    """A face's box on the widget."""
    left, top = port.to_widget(box.box.left, box.box.top)
    right, bottom = port.to_widget(box.box.right, box.box.bottom)
    return QRectF(left, top, right - left, bottom - top)


def face_at(boxes: Sequence[FaceBox], port: Viewport, at: QPointF) -> FaceBox | None:
    """The smallest face under a place on the widget, so that one behind another can be had."""
    hit = [box for box in boxes if face_rect(box, port).contains(at)]
    return min(hit, key=lambda box: box.box.width * box.box.height, default=None)


def paint_faces(painter: QPainter, port: Viewport, boxes: Sequence[FaceBox], hovered: int | None) -> None:
    """A frame and a number for each face: the chosen one solid and thick, one that was only guessed dotted."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for box in boxes:
        rect = face_rect(box, port)
        colour = QColor(palette.ON_PICTURE_CHOSEN if box.chosen else palette.ON_PICTURE)
        width = 2.5 if box.chosen or box.face == hovered else 1.5
        for stroke, thick in ((QColor(0, 0, 0, 170), width + 2), (colour, width)):
            pen = QPen(stroke, thick)
            if not box.sure:
                pen.setStyle(Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawRoundedRect(rect, 4, 4)
        _paint_number(painter, rect, box, colour)
    painter.restore()


def _paint_number(painter: QPainter, rect: QRectF, box: FaceBox, colour: QColor) -> None:
    """The face's number, on a ground of the box's colour."""
    metrics = QFontMetricsF(painter.font())
    text = box_label(box)
    tag = QRectF(0, 0, metrics.horizontalAdvance(text) + metrics.height() * 0.7, metrics.height() * 1.2)
    tag.moveBottomLeft(rect.topLeft())
    if tag.top() < 0:
        tag.moveTopLeft(rect.topLeft())
    painter.fillRect(tag, colour)
    painter.setPen(QColor(palette.ON_PICTURE_TEXT))
    painter.drawText(tag, int(Qt.AlignmentFlag.AlignCenter), text)


def box_label(box: FaceBox) -> str:
    """How a face is named in its frame."""
    return f"{face_label(box.face)}{' · dubbed' if box.chosen else ''}"
