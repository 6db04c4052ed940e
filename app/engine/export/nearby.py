"""Which frames a dub of a few ranges needs: theirs, and enough around them to choose references from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction

from app.core.project import Segment
from app.core.timebase import TimeRange, merge_ranges
from app.engine.media.reader import VideoReader

CONTEXT = Fraction(10)
"""Seconds on either side of what is dubbed in which faces are looked for."""
MOST = Fraction(1, 2)
"""Share of the clip above which all of it is looked at, so that other ranges of it find it done."""


def nearby_frames(reader: VideoReader, segments: Sequence[Segment]) -> list[range]:
    """The numbers of the frames near the segments and their references, in order; empty where all are needed.

    That is so for a face that was chosen by its number, since the faces of the whole clip are numbered.
    """
    if any(segment.face for segment in segments):
        return []
    wanted = [(segment.range.start, segment.range.stop) for segment in segments]
    wanted += [(segment.reference, segment.reference) for segment in segments if segment.reference is not None]
    spans = merge_ranges(TimeRange(max(Fraction(0), start - CONTEXT), stop + CONTEXT) for start, stop in wanted)
    stamps, base = reader.timestamps, reader.video.time_base
    edges = [(bisect_left(stamps, span.start / base), bisect_left(stamps, span.stop / base)) for span in spans]
    parts = [range(first, stop) for first, stop in edges if first < stop]
    return parts if sum(len(part) for part in parts) <= MOST * len(stamps) else []
