"""What of a clip an export writes: a span of time brought to whole frames."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from fractions import Fraction

import msgspec

from app.core.errors import MediaError
from app.core.timebase import TimeRange, floor_pts, format_time
from app.engine.media.reader import VideoReader


class Cut(msgspec.Struct, frozen=True):
    """The part of the clip that is exported."""

    start: Fraction
    """Where the export starts, in seconds: the time of a frame, or 0."""
    stop: Fraction | None
    """Seconds: a frame's own time; None to the end, and beyond it where the last frame is held."""
    frames: int
    """Number of the clip's frames that are exported."""

    def holds(self, span: TimeRange) -> bool:
        """Whether any of `span` is written."""
        return span.stop > self.start and (self.stop is None or span.start < self.stop)

    def of(self, span: TimeRange) -> TimeRange:
        """What of `span` is written; call it for those of which anything is."""
        return TimeRange(max(span.start, self.start), span.stop if self.stop is None else min(span.stop, self.stop))


def cut_of(reader: VideoReader, span: TimeRange | None) -> Cut:
    """The span brought to whole frames. Raises MediaError where it lies outside the clip."""
    stamps, base = reader.timestamps, reader.video.time_base
    if span is None:
        return Cut(Fraction(0), None, len(stamps))
    first = bisect_right(stamps, floor_pts(span.start, base)) - 1
    stop = bisect_left(stamps, -(-span.stop // base))
    if span.stop <= 0 or span.start >= reader.info.duration or stop <= max(first, 0):
        raise MediaError(
            f'"{reader.path}" has no frame from {format_time(span.start)} to {format_time(span.stop)}: '
            "choose a range inside the clip."
        )
    start = stamps[first] * base if first > 0 else Fraction(0)
    return Cut(start, stamps[stop] * base if stop < len(stamps) else None, stop - max(first, 0))
