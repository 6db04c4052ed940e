"""What is drawn over the preview: the patch grid on the generated face, and the picked patch's map or pixel's source.

The preview calls an `Overlay` with its painter and the transform from pixels of the upright frame to its own:

    Overlay.__call__(painter: QPainter, frame_to_widget: QTransform) -> None
    Overlay.patch_at(x: float, y: float) -> tuple[int, int] | None      x, y in pixels of the frame

All crops are aligned alike, so that a patch or place of a reference lies over the same part of the face in the frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform

from app.core.geometry import Similarity
from app.ui.panels.attention.colours import faded_map_image, mask_image
from app.ui.panels.attention.marks import GREEN, draw_arrow, draw_pixel, draw_place, point_in
from app.ui.panels.attention.sources import found_at
from app.ui.panels.attention.style import MapStyle, Patch
from app.ui.panels.attention.values import scale_of

if TYPE_CHECKING:
    from app.engine.dub.attention_picture import Look
    from app.engine.dub.source_look import SourceLook
    from app.workers.render_thread import AttentionResult


class Overlay(msgspec.Struct, frozen=True):
    """All that it takes to draw one result over the frame that it was made from."""

    result: AttentionResult
    patch: Patch
    style: MapStyle

    def __call__(self, painter: QPainter, frame_to_widget: QTransform) -> None:
        """Draws map, grid and picked patch, or mask, pixel and place; nothing where the result has neither."""
        paint_overlay(painter, frame_to_widget, self.result, self.patch, self.style)

    def patch_at(self, x: float, y: float) -> Patch | None:
        """(column, row) of the patch at a place of the frame, in its pixels; None beside the crop."""
        return patch_at(self.result, x, y)


def paint_overlay(
    painter: QPainter, frame_to_widget: QTransform, result: AttentionResult, patch: Patch, style: MapStyle
) -> None:
    """Draws a result over a frame; `frame_to_widget` takes pixels of the frame to those of the painter."""
    if result.similarity is None:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    transform = crop_to_frame(result.similarity) * frame_to_widget
    if result.look is not None:
        _paint_look(painter, transform, result.look, patch, style)
    elif result.sources is not None:
        _paint_sources(painter, transform, result.sources, patch, style)
    painter.restore()


def _paint_look(painter: QPainter, transform: QTransform, look: Look, patch: Patch, style: MapStyle) -> None:
    """Map, grid and picked patch; `transform` takes pixels of the crop to those of the painter."""
    size = float(look.generated.shape[0])
    painter.setTransform(transform, True)
    if style.on_preview:
        painter.setOpacity(style.opacity)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, style.smooth)
        shares = look.map_of(patch, style.head)
        image = faded_map_image(shares, scale_of(look, patch, style), style)
        painter.drawImage(QRectF(0, 0, size, size), image)
        painter.setOpacity(1.0)
    if style.grid:
        draw_grid(painter, QRectF(0, 0, size, size), look.side)
    draw_patch(painter, QRectF(0, 0, size, size), look.side, patch)


def _paint_sources(painter: QPainter, transform: QTransform, look: SourceLook, patch: Patch, style: MapStyle) -> None:
    """Mask, picked pixel, and the place that it was fetched from, as if this face were the reference's."""
    size = float(look.generated.shape[0])
    square = QRectF(0, 0, size, size)
    if style.mask and style.on_preview:
        painter.save()
        painter.setTransform(transform, True)
        painter.setOpacity(style.opacity)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(square, mask_image(look.drawn))
        painter.restore()
    found = found_at(look, patch)
    pixel = transform.map(point_in(square, *found.pixel))
    if found.is_fetched:
        place = transform.map(point_in(square, found.source.x, found.source.y))
        draw_arrow(painter, pixel, place, faint=found.is_mostly_drawn)
        draw_place(painter, place)
    draw_pixel(painter, pixel)


def draw_grid(painter: QPainter, square: QRectF, side: int) -> None:
    """The lines between patches: thin at every zoom, seen on light and on dark."""
    step = square.width() / side
    pen = QPen(QColor(255, 255, 255, 70), 1)
    pen.setCosmetic(True)
    painter.setPen(pen)
    lines: list[QLineF] = []
    for line in range(side + 1):
        x, y = square.left() + line * step, square.top() + line * step
        lines.append(QLineF(x, square.top(), x, square.bottom()))
        lines.append(QLineF(square.left(), y, square.right(), y))
    painter.drawLines(lines)


def draw_patch(painter: QPainter, square: QRectF, side: int, patch: Patch, colour: QColor = GREEN) -> None:
    """A square around one patch, on a dark rim so that it is seen on any picture."""
    cell = cell_of(square, side, patch)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line_colour, width in ((QColor(0, 0, 0, 200), 4.5), (colour, 2.5)):
        pen = QPen(line_colour, width)
        pen.setCosmetic(True)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(cell)


def cell_of(square: QRectF, side: int, patch: Patch) -> QRectF:
    """Where a patch lies in the square of its grid."""
    step = square.width() / side
    return QRectF(square.left() + patch[0] * step, square.top() + patch[1] * step, step, step)


def patch_at(result: AttentionResult, x: float, y: float) -> Patch | None:
    """(column, row) of the patch or pixel at a place of the frame; None beside the crop or with nothing to show."""
    seen = result.seen
    if seen is None or result.similarity is None:
        return None
    size, side = seen.generated.shape[0], seen.side
    at = crop_to_frame(result.similarity).inverted()[0].map(QPointF(x, y))
    column, row = int(at.x() * side // size), int(at.y() * side // size)
    return (column, row) if 0 <= column < side and 0 <= row < side else None


def crop_to_frame(similarity: Similarity) -> QTransform:
    """Pixels of the crop to pixels of the frame, both counted from edges as Qt does.

    `similarity` goes the other way and counts from pixels' centres, as OpenCV does: half a pixel apart.
    """
    back = similarity.inverse()
    middle = QTransform(back.a, back.b, -back.b, back.a, back.x, back.y)
    return QTransform.fromTranslate(-0.5, -0.5) * middle * QTransform.fromTranslate(0.5, 0.5)
