"""Painters of the frozen part: ruler, render strip, markers with the marked range."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache, lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from app.core.timecode import Counting
from app.ui.kit import palette
from app.ui.panels.timeline.bands import Band, Columns, paint_bands
from app.ui.panels.timeline.lanes import Lane
from app.ui.panels.timeline.paint_tools import brush, colour, draw_boxes, fill, polygon, state_colour
from app.ui.panels.timeline.scene import STATES, Scene


def label_width(painter: QPainter) -> float:
    """Room that a timecode on the ruler takes, with air around it."""
    return painter.fontMetrics().horizontalAdvance("00:00:00:00") + 26.0


def paint_ruler(painter: QPainter, scene: Scene, left: int, right: int) -> None:
    """Draws ticks and timecodes along the ruler."""
    lane, ticks = scene.layout["ruler"], scene.ticks
    fill(painter, left, lane.top, right - left, lane.height, brush(palette.RAISED))
    beyond, rate = float(scene.clip.stop), float(ticks.fps)
    seen = [(tick, tick.frame / rate) for tick in ticks.in_sight(scene.scale, label_width(painter), left, right)]
    draw_boxes(painter, [_line(scene, s, tick.major) for tick, s in seen if s <= beyond], brush(palette.MUTED_TEXT))
    painter.setPen(colour(palette.TEXT))
    baseline = lane.top + painter.fontMetrics().ascent() + 2
    for tick, seconds in seen:
        if tick.major and seconds < beyond - 1e-6:
            text = _label(tick.frame, ticks.counting)
            painter.drawText(QPointF(round(scene.scale.x_of(seconds)) + 5, baseline), text)


@lru_cache(maxsize=512)
def _label(frame: int, counting: Counting) -> str:
    """The same few timecodes are drawn again and again while one scrolls."""
    return counting.format(frame / counting.fps)


def _line(scene: Scene, seconds: float, major: bool) -> tuple[int, int, int, int]:
    lane = scene.layout["ruler"]
    height = lane.height - 3 if major else round(lane.height * 0.28)
    return round(scene.scale.x_of(seconds)), lane.bottom - height, 1, height


def paint_strip(painter: QPainter, scene: Scene, left: int, right: int) -> None:
    """What is rendered and what is not; what failed is hatched too."""
    lane = scene.layout["strip"]
    fill(painter, left, lane.top, right - left, lane.height, brush(palette.BACKGROUND))
    columns = Columns(painter, scene.scale, left, right)
    paint_bands(painter, columns, state_bands(scene, columns), lane.top + 1, lane.height - 2)


def state_bands(scene: Scene, columns: Columns) -> list[Band]:
    """The render states as bands."""
    bands: list[Band] = []
    for state in STATES:
        covered = columns.covered(scene.strip.states[state])
        failed = state == "failed"
        ground = palette.BACKGROUND if failed else ""
        bands.append(Band(covered, state_colour(state), "hatched" if failed else "solid", ground))
    return bands


def paint_marks(painter: QPainter, scene: Scene, left: int, right: int) -> None:
    """The marked range with its two handles, and the markers with as much of their notes as fits."""
    lane = scene.layout["marks"]
    fill(painter, left, lane.top, right - left, lane.height, brush(palette.PANEL))
    _paint_range(painter, scene)
    _paint_markers(painter, scene, left, right)
    fill(painter, left, lane.bottom - 1, right - left, 1, brush(palette.LINE))


def _paint_range(painter: QPainter, scene: Scene) -> None:
    lane, project = scene.layout["marks"], scene.project
    if project.mark_in is None and project.mark_out is None:
        return
    first = scene.scale.x_of(project.mark_in or 0)
    stop = scene.end_x if project.mark_out is None else scene.scale.x_of(project.mark_out)
    box = QRectF(first, lane.top + 1, stop - first, lane.height - 3)
    painter.fillRect(box.intersected(QRectF(-8, 0, scene.scale.width + 16, lane.bottom)), brush(palette.IN_OUT, 0.3))
    for mark, side in ((project.mark_in, 1), (project.mark_out, -1)):
        if mark is not None:
            _paint_bracket(painter, scene.scale.x_of(mark), lane.top + 1, lane.height - 3, side)


def _paint_bracket(painter: QPainter, x: float, top: float, height: float, side: int) -> None:
    """One end of the marked range: "[" for the in point (side 1), "]" for the out point (side -1)."""
    x = round(x)
    for y in (top, top + height - 3):
        fill(painter, min(x, x + 7 * side), y, 7, 3, brush(palette.IN_OUT))
    fill(painter, min(x, x + 3 * side), top, 3, height, brush(palette.IN_OUT))


def flags_in_sight(scene: Scene, left: float, right: float) -> list[tuple[int, float]]:
    """(number, x) of the markers whose flags touch two pixels; of those that hide each other, the first."""
    markers, half = scene.project.markers, flag_half(scene)
    edge = scene.scale.time_at(left - 4 * half)
    flags: list[tuple[int, float]] = []
    for number in range(bisect_left(markers, edge, key=lambda marker: marker.time), len(markers)):
        x = scene.scale.x_of(markers[number].time)
        if x > right + half:
            break
        if not flags or x - flags[-1][1] >= 2 * half:
            flags.append((number, x))
    return flags


def flag_half(scene: Scene) -> float:
    """Half the width of a marker's flag."""
    return scene.layout["marks"].height * 0.3


def _paint_markers(painter: QPainter, scene: Scene, left: int, right: int) -> None:
    """Flags, each with its note up to the next one; a note may reach in from the left."""
    lane, markers, half = scene.layout["marks"], scene.project.markers, flag_half(scene)
    flags = flags_in_sight(scene, left, right)
    before = (flags[0][0] if flags else bisect_left(markers, scene.scale.time_at(left), key=lambda m: m.time)) - 1
    if before >= 0:
        flags.insert(0, (before, scene.scale.x_of(markers[before].time)))
    for number, x in flags:
        after = scene.scale.x_of(markers[number + 1].time) if number + 1 < len(markers) else scene.scale.width
        _paint_flag(painter, lane, x, half)
        _paint_note(painter, markers[number].note, x + half + 4, after - half - 6, lane.top, lane.height)


def _paint_flag(painter: QPainter, lane: Lane, x: float, half: float) -> None:
    """A flag whose tip stands on its time."""
    picture = _flag(round(half), lane.height - 5, painter.device().devicePixelRatioF())
    painter.drawPixmap(QPointF(round(x) - round(half), lane.top + 2), picture)


@cache
def _flag(half: int, height: int, ratio: float) -> QPixmap:
    made = QPixmap(round((2 * half + 1) * ratio), round(height * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    shoulder, middle, width = height * 0.55, half + 0.5, 2 * half + 1
    polygon(painter, palette.MARKER, (0, 0), (width, 0), (width, shoulder), (middle, height), (0, shoulder))
    painter.end()
    return made


def _paint_note(painter: QPainter, note: str, x: float, limit: float, top: int, height: int) -> None:
    room = int(limit - x)
    if not note or room < 5 * painter.fontMetrics().averageCharWidth():
        return
    painter.setPen(colour(palette.MARKER))
    text = painter.fontMetrics().elidedText(note.splitlines()[0], Qt.TextElideMode.ElideRight, room)
    painter.drawText(QRectF(x, top, room, height - 2), Qt.AlignmentFlag.AlignVCenter, text)
