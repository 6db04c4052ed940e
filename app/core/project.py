"""The frozen project: what is to be dubbed, with what, where. Every edit makes a new one."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import msgspec

from app.core.timebase import TimeRange

OriginalAudio = Literal["keep", "duck", "drop"]
"""What becomes of the original sound inside the dubbed ranges; outside it is kept."""
Fit = Literal["cut", "hold"]
"""What becomes of a voice that outlasts the picture: cut it, or hold the last frame for it."""


class Segment(msgspec.Struct, frozen=True):
    """A stretch of the clip that is dubbed."""

    range: TimeRange
    """In seconds of the clip."""
    face: int = 0
    """Which person, 0 the most prominent."""
    reference: Fraction | None = None
    """Time in the clip of the frame that shows the network the face; None lets the engine choose."""


class Project(msgspec.Struct, frozen=True):
    """A clip, a voice and how the one is dubbed to the other."""

    clip: str
    """Path of the video file."""
    voice: str
    """Path of the new voice."""
    offset: Fraction = Fraction(0)
    """Seconds of the clip at which the voice's first sample sounds; may be negative."""
    segments: tuple[Segment, ...] = ()
    """In order of time, not overlapping; none means all of the clip with the two fields below."""
    face: int = 0
    reference: Fraction | None = None
    original_audio: OriginalAudio = "drop"
    fit: Fit = "cut"

    def __post_init__(self) -> None:
        """Refuses segments that overlap or are out of order with ValueError."""
        for one, other in zip(self.segments, self.segments[1:], strict=False):
            if one.range.stop > other.range.start:
                raise ValueError("segments are in order of time and do not overlap")

    def segments_of(self, whole: TimeRange) -> tuple[Segment, ...]:
        """The segments, or one over `whole` where there are none."""
        return self.segments or (Segment(whole, self.face, self.reference),)
