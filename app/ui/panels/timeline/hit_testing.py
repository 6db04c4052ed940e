"""What lies under the cursor; no Qt."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from app.ui.panels.timeline.scene import Hit, Kind, Scene

GRIP = 7.0
"""Pixels inside a segment in which its edge is taken; less where the segment is small."""
OUTER_GRIP = 3.0
"""Pixels outside of a segment in which its edge is taken."""
MARK_GRIP = 7.0
"""Pixels to either side of a marker or of an end of the marked range."""


def hit_test(scene: Scene, x: float, y: float) -> Hit:
    """The object at a point of the widget."""
    lane = scene.layout.at(y)
    time = min(max(scene.scale.time_at(x), Fraction(0)), scene.clip.stop)
    if lane is None:
        return Hit("nothing", time)
    if lane.name == "marks":
        return _mark_hit(scene, x, time)
    if lane.name == "segments":
        return _segment_hit(scene, x, time)
    if lane.name != "faces":
        return Hit(lane.name, time)
    found = None if scene.faces is None else scene.faces.faceless_at(float(time))
    return Hit("video" if found is None else "faceless", time)


def _mark_hit(scene: Scene, x: float, time: Fraction) -> Hit:
    """The nearest marker or end of the range; what the eye sees on top is taken first."""
    markers = [(abs(scene.scale.x_of(marker.time) - x), number) for number, marker in enumerate(scene.project.markers)]
    distance, index = min(markers, default=(MARK_GRIP + 1, -1))
    if distance <= MARK_GRIP:
        return Hit("marker", time, index=index)
    ends: tuple[tuple[Kind, Fraction | None], ...] = (("in", scene.project.mark_in), ("out", scene.project.mark_out))
    near: list[tuple[float, Kind]] = [
        (abs(scene.scale.x_of(mark) - x), kind) for kind, mark in ends if mark is not None
    ]
    distance, kind = min(near, default=(MARK_GRIP + 1, "marks"))
    return Hit(kind if distance <= MARK_GRIP else "marks", time)


def _segment_hit(scene: Scene, x: float, time: Fraction) -> Hit:
    """A segment's edge, its body, or room for another one."""
    spans, seconds = scene.table.spans, scene.scale.seconds_at(x)
    number = int(np.searchsorted(spans.starts, seconds, side="right")) - 1
    if number >= 0:
        first, stop = scene.scale.x_of(spans.starts[number]), scene.scale.x_of(spans.stops[number])
        if x < stop:
            return Hit(_part(x - first, stop - x), time, scene.table.segments[number].id)
        if x - stop <= OUTER_GRIP:
            return Hit("stop", time, scene.table.segments[number].id)
    if number + 1 < len(spans) and scene.scale.x_of(spans.starts[number + 1]) - x <= OUTER_GRIP:
        return Hit("start", time, scene.table.segments[number + 1].id)
    return Hit("room" if x < scene.end_x else "nothing", time)


def _part(from_start: float, to_stop: float) -> Kind:
    """Which part of a segment is so many pixels from its ends; a small one keeps a body to move it by."""
    grip = min(GRIP, (from_start + to_stop) / 3)
    if min(from_start, to_stop) >= grip:
        return "segment"
    return "start" if from_start <= to_stop else "stop"
