"""Painter of the dubbed segments."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.core.project import Segment
from app.core.text import offset_text
from app.core.timebase import TimeRange
from app.ui.kit import palette
from app.ui.kit.text import segment_label, take_text
from app.ui.panels.timeline.bands import Band, Columns, paint_bands
from app.ui.panels.timeline.lanes import Lane
from app.ui.panels.timeline.paint_ruler import state_bands
from app.ui.panels.timeline.paint_tools import brush, colour, draw_state_mark, pen
from app.ui.panels.timeline.paint_video import clip_box
from app.ui.panels.timeline.scene import Scene
from app.ui.panels.timeline.spans import Spans

NARROW = 5.0
"""Pixels below which segments are drawn together, without borders or text."""
_LABELLED = 22


def paint_segments(painter: QPainter, scene: Scene, left: int, right: int) -> None:
    """All that are in sight: the narrow ones as columns of pixels, the plain ones in one go, the selected ones last."""
    lane = scene.layout["segments"]
    painter.fillRect(clip_box(scene, lane, left, right), brush(palette.PANEL))
    columns = Columns(painter, scene.scale, left, right)
    spans, here = scene.table.spans, scene.table.spans.visible(*_seconds(scene, left, right))
    narrow = (spans.stops[here] - spans.starts[here]) * scene.scale.zoom < NARROW
    few = columns.covered(Spans(spans.starts[here][narrow], spans.stops[here][narrow]))
    paint_bands(painter, columns, [Band(few, palette.SEGMENT)], lane.top + 2, lane.height - 4)
    numbers = [int(number) + here.start for number in np.flatnonzero(~narrow)]
    special = [number for number in range(here.start, here.stop) if _special(scene, scene.table.segments[number])]
    plain = [number for number in numbers if number not in set(special)]
    painter.setPen(pen(palette.VOICE_WAVE, 0.6))
    painter.setBrush(brush(palette.SEGMENT))
    painter.drawRects([_box(scene, lane, number).adjusted(0, 0, -1, -1) for number in plain])
    for number in special:
        _paint_special(painter, scene, scene.table.segments[number], _box(scene, lane, number))
    labelled = [number for number in numbers if _box(scene, lane, number).width() > _LABELLED]
    _paint_states(painter, scene, lane, columns, labelled)
    for number in labelled:
        _paint_text(painter, scene, number, QRectF(_box(scene, lane, number)))
    if scene.band is not None:
        _paint_band(painter, scene, lane, scene.band)


def _paint_band(painter: QPainter, scene: Scene, lane: Lane, band: TimeRange) -> None:
    """The rubber band, over the whole height of the lane."""
    first, stop = (round(scene.scale.x_of(edge)) for edge in (band.start, band.stop))
    painter.setPen(pen(palette.ACCENT, 1.0))
    painter.setBrush(brush(palette.ACCENT, 0.25))
    painter.drawRect(QRect(first, lane.top, max(1, stop - first), lane.height - 1))


def _seconds(scene: Scene, left: int, right: int) -> tuple[float, float]:
    """From when to when two pixels reach, with the borders that stick out."""
    return scene.scale.seconds_at(left - 2), scene.scale.seconds_at(right + 2)


def _special(scene: Scene, segment: Segment) -> bool:
    """Whether a segment is drawn differently from the others."""
    hover = scene.hover
    return (
        segment.strength == 0
        or scene.table.implied
        or segment.id in scene.chosen
        or (hover is not None and hover.id == segment.id)
    )


def _box(scene: Scene, lane: Lane, number: int) -> QRect:
    """Where a segment lies; cut off far outside, as coordinates of millions of pixels are no longer exact."""
    spans, width = scene.table.spans, scene.scale.width
    first = max(-40, round(scene.scale.x_of(spans.starts[number])))
    stop = min(width + 40, max(round(scene.scale.x_of(spans.stops[number])), first + 2))
    return QRect(first, lane.top + 2, stop - first, lane.height - 4)


def _paint_special(painter: QPainter, scene: Scene, segment: Segment, box: QRect) -> None:
    """The selected ones and the hovered one; one of strength 0 is faded and hatched, as it changes nothing."""
    selected, faded = segment.id in scene.chosen, segment.strength == 0
    hovered = scene.hover is not None and scene.hover.id == segment.id
    name = palette.SEGMENT_SELECTED if selected else palette.SEGMENT
    painter.fillRect(box, brush(name, 0.35 if faded else 1.0))
    if faded:
        painter.fillRect(box, brush(name, 1.0, "hatched"))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_border(selected, hovered))
    painter.drawRect(box.adjusted(1, 1, -1, -1) if selected else box.adjusted(0, 0, -1, -1))


def _paint_states(painter: QPainter, scene: Scene, lane: Lane, columns: Columns, numbers: list[int]) -> None:
    """The render strip once more along the lower edges, so that it is seen where one works."""
    inset = 2 / scene.scale.zoom
    spans = scene.table.spans
    inside = columns.covered(Spans(spans.starts[numbers] + inset, spans.stops[numbers] - inset))
    bands = [replace(band, columns=band.columns & inside) for band in state_bands(scene, columns)]
    paint_bands(painter, columns, bands, lane.bottom - 8, 4)


def _border(selected: bool, hovered: bool) -> QPen:
    if selected:
        return pen(palette.TEXT, 1.0, 2.0)
    return pen(palette.TEXT if hovered else palette.VOICE_WAVE, 0.9 if hovered else 0.6)


def _paint_text(painter: QPainter, scene: Scene, number: int, box: QRectF) -> None:
    """Name and face in the first line; state and take or offset in the second; both stay in sight while scrolling."""
    metrics, segment = painter.fontMetrics(), scene.table.segments[number]
    room = box.intersected(QRectF(0, box.top(), scene.scale.width, box.height())).adjusted(6, 3, -6, -5)
    letter = metrics.averageCharWidth()
    if room.width() < 2 * letter:
        return
    painter.setPen(colour(palette.TEXT))
    if room.width() >= 8 * letter:
        name = segment_label(segment, scene.table.implied)
        name = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(QPointF(room.left(), room.top() + metrics.ascent()), name)
    elif room.width() >= letter * len(str(segment.id)):
        painter.drawText(QPointF(room.left(), room.top() + metrics.ascent()), str(segment.id))
    state, radius = scene.segment_states[number], max(3, round(metrics.xHeight() * 0.55))
    middle = room.bottom() - metrics.height() / 2
    if state is not None:
        draw_state_mark(painter, state, room.left(), middle, radius)
    own, told = segment.own_voice, "" if segment.offset is None else offset_text(segment.offset)
    told = told if own is None else take_text(own, segment.take or 0).partition(":")[0]
    if told and room.width() >= 8 * letter:
        _paint_badge(painter, told, room.left() + 2 * radius + 8, middle, room.right())


def _paint_badge(painter: QPainter, text: str, x: float, middle: float, limit: float) -> None:
    """A pill with the segment's own take or offset, left out where it does not fit."""
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text) + 10, metrics.height()
    if x + width > limit:
        return
    pill = QRectF(x, middle - height / 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush(palette.BACKGROUND, 0.7))
    painter.drawRoundedRect(pill, height / 2, height / 2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(colour(palette.VOICE_WAVE))
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
