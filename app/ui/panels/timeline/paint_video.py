"""Painters of the video lane: pictures, scene cuts, and where the chosen face is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from app.ui.kit import palette
from app.ui.panels.timeline.bands import Band, Columns, paint_bands
from app.ui.panels.timeline.lanes import Lane
from app.ui.panels.timeline.paint_tools import brush, draw_boxes, fill, pen, polygon
from app.ui.panels.timeline.scene import Scene
from app.ui.panels.timeline.thumbnails import Slots

_CUT_PIXELS = 40
"""Where cuts are closer than this on average, they are only hinted at."""
_PRESENT = "#4680b4"
"""The accent, a little darker, so that a whole row of it does not outshine the rest."""


def clip_box(scene: Scene, lane: Lane, left: int, right: int) -> QRectF:
    """What of a lane between two pixels lies within the clip; may be empty."""
    first, stop = max(left, round(scene.scale.x_of(0))), min(right, round(scene.end_x))
    return QRectF(first, lane.top, max(0, stop - first), lane.height)


def paint_video(painter: QPainter, scene: Scene, left: int, right: int) -> None:
    """The clip as a row of pictures, cuts drawn over them."""
    lane = scene.layout["video"]
    box = clip_box(scene, lane, left, right)
    painter.fillRect(box, brush(palette.PANEL))
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    for x, index in scene.slots.in_sight(scene.scale, left, right):
        _paint_picture(painter, scene, lane, x, index)
    _paint_cuts(painter, scene, left, right)
    painter.restore()


def _paint_picture(painter: QPainter, scene: Scene, lane: Lane, x: float, index: int) -> None:
    slots: Slots = scene.slots
    reach = max(1, round(float(scene.clip.fps) * slots.width / scene.scale.zoom * 4))
    pixmap = scene.thumbnails.nearest(index, reach)
    place = QRectF(round(x), lane.top, slots.width, lane.height)
    if pixmap is not None:
        painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
    fill(painter, place.left(), lane.top, 1, lane.height, brush(palette.BACKGROUND, 0.65))


def _paint_cuts(painter: QPainter, scene: Scene, left: int, right: int) -> None:
    """A line with a notch at each shot's first frame; short lines where they would hide the pictures."""
    if scene.faces is None:
        return
    lane = scene.layout["video"]
    notch = max(4.0, lane.height / 10)
    runs = scene.faces.cuts.runs(scene.scale, left - 8, right + 8)
    if scene.faces.cuts.count(scene.scale) * _CUT_PIXELS > scene.scale.width:
        dense = [(first, lane.top, stop - first, round(2 * notch)) for first, stop in runs]
        draw_boxes(painter, dense, brush(palette.TEXT))
        return
    draw_boxes(
        painter,
        [(first - 1, lane.top, stop - first + 2, lane.height) for first, stop in runs],
        brush(palette.BACKGROUND, 0.65),
    )
    draw_boxes(painter, [(first, lane.top, stop - first, lane.height) for first, stop in runs], brush(palette.TEXT))
    for first, stop in runs:
        x = (first + stop) / 2
        polygon(painter, palette.TEXT, (x - notch, lane.top), (x + notch, lane.top), (x, lane.top + notch))


def paint_faces(painter: QPainter, scene: Scene, left: int, right: int) -> None:
    """Filled where the face is, dotted where it is uncertain, an empty hatched box where it is not."""
    lane = scene.layout["faces"]
    box = clip_box(scene, lane, left, right)
    painter.fillRect(box, brush(palette.PANEL))
    if scene.faces is None:
        painter.fillRect(box.adjusted(0, 2, 0, -2), brush(palette.LINE, 0.6, "dotted"))
        return
    columns = Columns(painter, scene.scale, int(box.left()), int(box.right()))
    bands = [
        Band(np.ones(len(columns), np.bool_), _PRESENT),
        Band(columns.covered(scene.faces.uncertain), palette.WARNING, "dotted", palette.BACKGROUND),
        Band(columns.covered(scene.faces.gaps), palette.ERROR, "boxed", palette.BACKGROUND),
    ]
    paint_bands(painter, columns, bands, lane.top + 1, lane.height - 2)
    _paint_hovered(painter, scene, lane)


def _paint_hovered(painter: QPainter, scene: Scene, lane: Lane) -> None:
    """A frame around the stretch without a face that a click would go to."""
    hover, faces = scene.hover, scene.faces
    span = faces.faceless_at(float(hover.time)) if hover and faces and hover.kind == "faceless" else None
    if span is not None:
        first, stop = max(-4.0, scene.scale.x_of(span.start_time)), scene.scale.x_of(span.stop_time)
        painter.setPen(pen(palette.FOCUS, 1.0, 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = min(stop, scene.scale.width + 4.0) - first
        painter.drawRect(QRectF(round(first) + 1, lane.top + 1, max(2, round(width) - 2), lane.height - 2))


def paint_outside(painter: QPainter, scene: Scene, left: int, right: int) -> None:
    """What lies beyond the clip's end, so that it is not taken for silence or darkness."""
    first = max(left, round(scene.end_x))
    if first < right:
        top = scene.layout.head
        height = max(0, scene.layout.lanes[-1].bottom - top)
        fill(painter, first, top, right - first, height, brush(palette.LINE, 0.35, "hatched"))
        fill(painter, first, top, 1, height, brush(palette.LINE))
