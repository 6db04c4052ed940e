"""What an edge jumps to while it is dragged."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction

from app.core.project import Project


def snap_points(
    project: Project, playhead: Fraction, without: Collection[int] = (), more: Iterable[Fraction] = ()
) -> tuple[Fraction, ...]:
    """Times worth stopping at, ascending and each once: 0, the playhead, edges of segments, markers, in and out.

    `without` are the ids of the segments that are being dragged: their own edges are left out. `more` are further
    times, such as the clip's end, scene cuts or the voice's beginning.
    """
    points = {Fraction(0), playhead, *more, *(marker.time for marker in project.markers)}
    for segment in project.segments or ():
        if segment.id not in without:
            points |= {segment.range.start, segment.range.stop}
    points |= {mark for mark in (project.mark_in, project.mark_out) if mark is not None}
    return tuple(sorted(points))


def snap(time: Fraction, points: Sequence[Fraction], tolerance: Fraction) -> Fraction:
    """The nearest of `points` (ascending) at most `tolerance` seconds away, the earlier of two; else `time`."""
    place = bisect_left(points, time)
    near = min(points[max(0, place - 1) : place + 1], key=lambda point: abs(point - time), default=time)
    return near if abs(near - time) <= tolerance else time


def snap_span(start: Fraction, duration: Fraction, points: Sequence[Fraction], tolerance: Fraction) -> Fraction:
    """Where a stretch that is moved as a whole should begin: whichever of its ends is nearer to a point decides."""
    by_start = snap(start, points, tolerance)
    by_stop = snap(start + duration, points, tolerance) - duration
    moved = [candidate for candidate in (by_start, by_stop) if candidate != start]
    on_a_point = by_start == start and start in points
    return start if on_a_point else min(moved, key=lambda candidate: abs(candidate - start), default=start)
