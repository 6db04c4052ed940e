"""Many stretches of time, sought by bisection and merged where they are narrower than a pixel; no Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.edits import spell_out
from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.faces.analysis import runs_of
from app.ui.panels.timeline.scale import TimeScale

ELSEWHERE = 1e6
"""Seconds; an offset at which nothing of a voice is in sight."""


class Spans(msgspec.Struct, frozen=True, eq=False):
    """Stretches in order of time that do not overlap."""

    starts: NDArray[np.float64]
    """N, seconds, ascending."""
    stops: NDArray[np.float64]
    """N, seconds, likewise."""

    def __len__(self) -> int:
        """How many stretches there are."""
        return len(self.starts)

    def visible(self, start: float, stop: float) -> slice:
        """Those that share time with `start` to `stop` seconds; found by bisection."""
        first = int(np.searchsorted(self.stops, start, side="right"))
        return slice(first, max(first, int(np.searchsorted(self.starts, stop, side="left"))))

    def count(self, scale: TimeScale) -> int:
        """How many are in sight."""
        here = self.visible(scale.start, scale.stop)
        return here.stop - here.start

    def touched(self, others: Spans) -> NDArray[np.bool_]:
        """For each of `others`, whether it shares time with any of these."""
        first = np.searchsorted(self.stops, others.starts, side="right")
        return np.searchsorted(self.starts, others.stops, side="left") > first

    def columns(self, scale: TimeScale, left: int, right: int) -> NDArray[np.bool_]:
        """For each pixel column of `left` to `right`, whether any stretch touches it."""
        here = self.visible(scale.seconds_at(left), scale.seconds_at(right))
        first = np.floor((self.starts[here] - scale.scroll) * scale.zoom).astype(np.int64) - left
        stop = np.ceil((self.stops[here] - scale.scroll) * scale.zoom).astype(np.int64) - left
        count = right - left
        first = np.clip(first, 0, count)
        stop = np.clip(np.maximum(stop, first + 1), 0, count)
        steps = np.bincount(first, minlength=count + 1) - np.bincount(stop, minlength=count + 1)
        return np.cumsum(steps[:-1]) > 0

    def runs(self, scale: TimeScale, left: int, right: int) -> list[tuple[int, int]]:
        """Pixel runs (first, stop) that the stretches cover between `left` and `right`, at most one for two pixels."""
        return [(first + left, stop + left) for first, stop in runs_of(self.columns(scale, left, right))]


def spans_of(ranges: Iterable[TimeRange]) -> Spans:
    """From ranges in order of time."""
    return from_pairs([(item.start, item.stop) for item in ranges])


def from_pairs(pairs: Sequence[tuple[Fraction | float, Fraction | float]]) -> Spans:
    """From pairs (start, stop) in order of time."""
    values = np.array([(float(start), float(stop)) for start, stop in pairs], dtype=np.float64).reshape(-1, 2)
    return Spans(np.ascontiguousarray(values[:, 0]), np.ascontiguousarray(values[:, 1]))


class SegmentTable(msgspec.Struct, frozen=True, eq=False):
    """A project's segments with their times as floats."""

    segments: tuple[Segment, ...]
    spans: Spans
    own_offsets: NDArray[np.float64]
    """N, seconds of the clip at which the voice begins for each; NaN where that is the project's to say."""
    implied: bool
    """Whether the project names no segments, so that the only one stands for all of the clip."""

    def at(self, seconds: float) -> int | None:
        """Number of the segment at a time."""
        number = int(np.searchsorted(self.spans.starts, seconds, side="right")) - 1
        return number if number >= 0 and seconds < self.spans.stops[number] else None


def table_of(project: Project, whole: TimeRange, previous: SegmentTable | None = None) -> SegmentTable:
    """The segments of a project whose clip is `whole`, with the ids that edits will know them by.

    Numbers are taken from the `previous` table for the segments at both ends that are the very same, so that a
    drag of one among thousands costs little.
    """
    segments = spell_out(project, whole).segments or ()
    old = previous if previous is not None else SegmentTable((), from_pairs([]), np.zeros(0), False)
    head = _shared(segments, old.segments)
    tail = _shared(segments[head:][::-1], old.segments[head:][::-1])
    new = segments[head : len(segments) - tail]
    values = np.array([_numbers(segment) for segment in new], dtype=np.float64).reshape(-1, 3)
    kept = (old.spans.starts, old.spans.stops, old.own_offsets)
    columns = [
        np.concatenate((column[:head], values[:, number], column[len(column) - tail :]))
        for number, column in enumerate(kept)
    ]
    return SegmentTable(segments, Spans(columns[0], columns[1]), columns[2], project.segments is None)


def _numbers(segment: Segment) -> tuple[float, float, float]:
    """Start, stop and own offset; where the voice is its own, the project's lies out of sight."""
    offset = math.nan if segment.offset is None else float(segment.offset)
    offset = ELSEWHERE if segment.own_voice is not None else offset
    return float(segment.range.start), float(segment.range.stop), offset


def _shared(one: Sequence[Segment], other: Sequence[Segment]) -> int:
    """How many segments at the beginning are the very same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a is not b), min(len(one), len(other)))
