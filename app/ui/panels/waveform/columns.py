"""What of a sound is drawn where: columns of peaks, or single samples, in the clip's time; no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.project import Project
from app.core.timebase import TimeRange
from app.engine.sound.peaks import PeakPyramid

Values = NDArray[np.float64]

SAMPLES_APART = 1.0
"""Pixels from one sample to the next from which on samples are joined by a line instead of shown as columns."""

DOTS_APART = 5.0
"""Pixels from one sample to the next from which on each has a dot."""


class Run(msgspec.Struct, frozen=True):
    """A stretch of the clip's time in which a sound lies at one offset."""

    start: float
    """Seconds of the clip."""
    stop: float
    offset: float
    """Seconds of the clip at which the sound's first sample lies."""


class Trace(msgspec.Struct, frozen=True, eq=False):
    """A line to draw."""

    x: Values
    """Seconds of the clip."""
    y: Values
    """-1 to 1 where no channel was moved."""
    pairs: bool
    """Whether it is one upright line for each two points, rather than one through all."""
    dots: bool = False
    """Whether each point is a sample that is worth a dot."""


def voice_runs(project: Project, view: TimeRange) -> list[Run]:
    """Where the project's voice lies in sight: at its offset or a segment's, but not in one with a voice of its own."""
    runs: list[Run] = []
    position = view.start
    for segment in project.segments or ():
        own = segment.own_voice is not None
        shared = segment.range.intersect(view) if own or segment.offset is not None else None
        if shared is None:
            continue
        runs.append(Run(float(position), float(shared.start), float(project.offset)))
        if not own:
            runs.append(Run(float(shared.start), float(shared.stop), float(project.offset_of(segment))))
        position = shared.stop
    runs.append(Run(float(position), float(view.stop), float(project.offset)))
    return [run for run in runs if run.stop > run.start]


def traces(peaks: PeakPyramid, channel: int, runs: Iterable[Run], pixel: float) -> Iterator[Trace]:
    """How one channel is drawn, where `pixel` seconds of the clip lie under one pixel.

    What is not known is left out.
    """
    for run in runs:
        start = max(run.start, run.offset)
        stop = min(run.stop, run.offset + peaks.known)
        if stop <= start:
            continue
        if peaks.complete and 1 / peaks.rate >= SAMPLES_APART * pixel:
            yield _samples(peaks, channel, run.offset, start, stop, pixel)
        else:
            yield _columns(peaks, channel, run.offset, start, stop, pixel)


def _columns(peaks: PeakPyramid, channel: int, offset: float, start: float, stop: float, pixel: float) -> Trace:
    """One upright line for each pixel; the columns stay with the sound, so that it does not flicker when it moves."""
    first, last = np.floor((start - offset) / pixel), np.ceil((stop - offset) / pixel)
    count = max(1, int(last - first))
    low, high = peaks.read(channel, first * pixel, (first + count) * pixel, count)
    x = offset + (first + np.arange(count) + 0.5) * pixel
    # a line of no height would not be painted at all
    high = np.maximum(high, low + 1e-4)
    return Trace(np.repeat(x, 2), np.stack([low, high], axis=1).ravel().astype(np.float64), True)


def _samples(peaks: PeakPyramid, channel: int, offset: float, start: float, stop: float, pixel: float) -> Trace:
    """Every sample, joined by a line, one beyond each end."""
    first = max(int((start - offset) * peaks.rate) - 1, 0)
    last = min(int((stop - offset) * peaks.rate) + 2, peaks.samples)
    values = peaks.read_samples(channel, first, last - first)
    if values is None:
        return _columns(peaks, channel, offset, start, stop, pixel)
    x = offset + np.arange(first, last) / peaks.rate
    return Trace(x, values.astype(np.float64), False, 1 / peaks.rate >= DOTS_APART * pixel)
