"""The frozen project: what is to be dubbed, with what, where. Every edit makes a new one."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Literal

import msgspec

from app.core.timebase import TimeRange

OriginalAudio = Literal["keep", "duck", "drop"]
"""What becomes of the original sound inside the dubbed ranges; outside it is kept."""
Fit = Literal["cut", "hold"]
"""What becomes of a voice that outlasts the picture: cut it, or hold the last frame for it."""
Silence = Literal["network", "close", "keep"]
"""The mouth where the new voice is silent: as the network has it, shut, or as it was filmed."""


class Segment(msgspec.Struct, frozen=True):
    """A stretch of the clip that is dubbed."""

    range: TimeRange
    """In seconds of the clip."""
    face: int = 0
    """Which person, 0 the most prominent."""
    reference: Fraction | None = None
    """Time in the clip of the frame that shows the network the face; None lets the engine choose."""
    offset: Fraction | None = None
    """Seconds of the clip at which the voice's first sample sounds, for this segment alone; None: the project's."""
    feather: float = 1.0
    """Width of the transition around the mouth, as a multiple of the usual one; 0.25 to 3."""
    strength: float = 1.0
    """How much of the new mouth is pasted: 0 (the original) to 1."""
    silence: Silence = "network"
    id: int = 0
    """Names the segment through its changes; unlike any other of its project that the editor made."""


class Marker(msgspec.Struct, frozen=True):
    """A place that somebody wants to find again."""

    time: Fraction
    """Seconds of the clip."""
    note: str = ""


class Mix(msgspec.Struct, frozen=True):
    """How loud one of the two sounds is."""

    gain_db: float = 0.0
    """Decibels, -60 to 12; holds for the export too."""
    mute: bool = False
    """While listening; an export follows `Project.original_audio`."""
    solo: bool = False
    """While listening: mutes the other one."""


class View(msgspec.Struct, frozen=True):
    """Where the user was; no step of undoing."""

    playhead: Fraction = Fraction(0)
    """Seconds of the clip."""
    scroll: float = 0.0
    """Seconds of the clip at the timeline's left edge."""
    zoom: float = 0.0
    """The timeline's pixels a second; 0 fits the clip into it."""


class Project(msgspec.Struct, frozen=True):
    """A clip, a voice and how the one is dubbed to the other.

    Raises ValueError for segments that overlap or are out of order.
    """

    clip: str = ""
    """Path of the video file; empty where none is chosen yet."""
    voice: str = ""
    """Path of the new voice; likewise."""
    offset: Fraction = Fraction(0)
    """Seconds of the clip at which the voice's first sample sounds; may be negative."""
    segments: tuple[Segment, ...] | None = None
    """In order of time, not overlapping; None means all of the clip with the two fields below."""
    face: int = 0
    reference: Fraction | None = None
    original_audio: OriginalAudio = "drop"
    fit: Fit = "cut"
    clip_sha256: str = ""
    """Content hashes, by which media that moved are known again; empty where nobody looked."""
    voice_sha256: str = ""
    weights: str = "radio-starter"
    """A name from the catalogue of weights, or a file's path."""
    markers: tuple[Marker, ...] = ()
    """In order of time."""
    mark_in: Fraction | None = None
    """Seconds of the clip; where a range to play or export begins."""
    mark_out: Fraction | None = None
    """Seconds of the clip; where it ends."""
    original_mix: Mix = Mix()
    voice_mix: Mix = Mix()
    view: View = View()

    def __post_init__(self) -> None:
        """Refuses segments that overlap or are out of order with ValueError."""
        segments = self.segments or ()
        for one, other in pairwise(segments):
            if one.range.stop > other.range.start:
                raise ValueError("segments are in order of time and do not overlap")

    def segments_of(self, whole: TimeRange) -> tuple[Segment, ...]:
        """The segments, or one over `whole` where none are given."""
        if self.segments is not None:
            return self.segments
        return (Segment(whole, self.face, self.reference),)

    def offset_of(self, segment: Segment) -> Fraction:
        """Seconds of the clip at which the voice's first sample sounds for `segment`."""
        return self.offset if segment.offset is None else segment.offset

    def segment(self, id: int) -> Segment | None:
        """The segment of that name; None where there is none."""
        return next((segment for segment in self.segments or () if segment.id == id), None)

    def segment_at(self, time: Fraction) -> Segment | None:
        """The segment that dubs the moment `time`; None where there is none."""
        return next((segment for segment in self.segments or () if segment.range.contains(time)), None)
