"""The frozen project: what is to be dubbed, with what, where. Every edit makes a new one."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal

import msgspec

from app.core.fields import setting, specs_of
from app.core.streams import AUTOMATIC, Streams
from app.core.timebase import TimeRange

OriginalAudio = Literal["keep", "duck", "drop"]
"""What becomes of the original sound inside the dubbed ranges; outside it is kept."""
Fit = Literal["cut", "hold"]
"""What becomes of a voice that outlasts the picture: cut it, or hold the last frame for it."""
Silence = Literal["network", "close", "keep"]
"""The mouth where the new voice is silent: as the network has it, shut, or as it was filmed."""


FaceNumber = Annotated[
    int,
    setting(
        "Face",
        "Whose mouth is dubbed: the first face is the most prominent one of the clip.",
        "network",
        low=0,
        refusal="There is no such face: they count from 1, the most prominent.",
        label="Face",
        step="Change face",
    ),
]
ReferenceTime = Annotated[
    Fraction | None,
    setting(
        "Reference frame",
        "Time in the clip of the frame that shows the network the face; without one the engine chooses.",
        "network",
        low=0,
        refusal="The reference frame cannot be before the start of the clip: choose a time in the clip.",
        unit="s",
        label="Reference",
    ),
]


class Take(msgspec.Struct, frozen=True):
    """A voice of its own that a segment can be dubbed to, in the place of the project's."""

    path: str
    """Path of the sound file."""
    duration: Fraction
    """Seconds that it lasts."""
    sha256: str = ""
    """Content hash; empty where nobody looked."""
    streams: Streams = AUTOMATIC
    name: str = ""
    """What the user calls it; empty where the file's name does."""

    @property
    def sound_key(self) -> str:
        """Tells its sound from any other's: by content, or by the path where nobody looked."""
        return self.streams.sound_key(self.sha256 or self.path)


class Segment(msgspec.Struct, frozen=True):
    """A stretch of the clip that is dubbed, and how.

    All that is declared is a setting: a field and its declaration here are what a new one takes, at the end of the
    list, and the code that makes use of it. `range` says where the segment is and `id` which one it is.
    """

    range: TimeRange
    """Where the segment lies, in seconds of the clip."""
    face: FaceNumber = 0
    reference: ReferenceTime = None
    offset: Annotated[
        Fraction | None,
        setting(
            "Voice offset",
            "Seconds of the clip at which the voice's first sample sounds, for this segment alone; without one the "
            "project's.",
            "network",
            unit="s",
            label="Voice at",
            step="Move voice",
        ),
    ] = None
    feather: Annotated[
        float,
        setting(
            "Feather",
            "How wide the transition around the mouth is; 100 % is the usual width.",
            "paste",
            low=0.25,
            high=3.0,
            unit="%",
            label="Feather",
            step="Mask feather",
        ),
    ] = 1.0
    strength: Annotated[
        float,
        setting(
            "Strength",
            "How much of the new mouth is pasted: 0 % leaves the original.",
            "paste",
            low=0.0,
            high=1.0,
            unit="%",
            label="Strength",
            step="Mask strength",
        ),
    ] = 1.0
    silence: Annotated[
        Silence,
        setting(
            "Mouth in silence",
            "What the mouth does where the new voice is silent.",
            "network",
            label="In silence",
            labels={"network": "As the network draws it", "close": "Mouth shut", "keep": "As it was filmed"},
            same_to_network=("network", "keep"),  # "keep" is pasted otherwise; only "close" alters what is heard
        ),
    ] = "network"
    articulation: Annotated[
        float,
        setting(
            "Articulation",
            "How far the mouth opens; 100 % is as far as the voice asks for, 0 % keeps it shut.",
            "network",
            low=0.0,
            high=2.0,
            unit="%",
            label="Articulation",
            step="Articulation",
        ),
    ] = 1.0
    id: int = 0
    """Names the segment through its changes; unlike any other of its project that the editor made."""
    name: str = ""
    """What the user calls it; empty where it has its number alone."""
    speaker: str = ""
    """Who speaks in it, as subtitles say; empty where nobody does."""
    takes: tuple[Take, ...] = ()
    """Voices to choose from for this segment, beside the project's."""
    take: int | None = None
    """Which of them is heard, counted from 0; None for the project's voice."""

    @property
    def own_voice(self) -> Take | None:
        """The take that is heard; None where the project's voice is."""
        return None if self.take is None or not 0 <= self.take < len(self.takes) else self.takes[self.take]


class Marker(msgspec.Struct, frozen=True):
    """A place in the clip that the user marked, with a note."""

    time: Fraction
    """Seconds of the clip."""
    note: str = ""


class Mix(msgspec.Struct, frozen=True):
    """How loud one of the two sounds is."""

    gain_db: Annotated[
        float,
        setting("Volume", "Decibels; holds for the export too.", "none", low=-60.0, high=12.0, unit="dB"),
    ] = 0.0
    mute: bool = False
    """While listening; an export follows `Project.original_audio`."""
    solo: bool = False
    """While listening: mutes the other one."""


class View(msgspec.Struct, frozen=True):
    """Where the user was in the project; not part of the undo history."""

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
    """Path of the video file; empty if none is chosen yet."""
    voice: str = ""
    """Path of the new voice; empty if none is chosen yet."""
    offset: Fraction = Fraction(0)
    """Seconds of the clip at which the voice's first sample sounds; may be negative."""
    segments: tuple[Segment, ...] | None = None
    """In order of time, not overlapping; None means all of the clip with the two fields below."""
    face: FaceNumber = 0
    reference: ReferenceTime = None
    original_audio: Annotated[
        OriginalAudio,
        setting(
            "Original sound",
            "What becomes of the original sound where the clip is dubbed; elsewhere it is kept.",
            "none",
            label="Original sound",
            labels={"drop": "Drop it", "duck": "Duck it under the voice", "keep": "Keep it"},
        ),
    ] = "drop"
    fit: Annotated[
        Fit,
        setting(
            "Voice too long",
            "What happens where the voice outlasts the picture.",
            "none",
            label="Voice too long",
            labels={"cut": "Cut the voice off", "hold": "Hold the last frame"},
        ),
    ] = "cut"
    clip_sha256: str = ""
    """Content hashes, by which media that moved are known again; empty where nobody looked."""
    voice_sha256: str = ""
    clip_streams: Streams = AUTOMATIC
    """Which picture and sound of the clip are used."""
    voice_streams: Streams = AUTOMATIC
    """Likewise of the voice, whose picture does not matter."""
    weights: Annotated[
        str,
        setting(
            "Weights",
            "Which trained network draws the mouth.",
            "network",
            refusal="The weights have no name: choose weights from the list or a file.",
            label="Weights",
            step="Change weights",
        ),
    ] = "radio-starter"
    """A name from the catalogue of weights, or a file's path."""
    markers: tuple[Marker, ...] = ()
    """In order of time."""
    mark_in: Fraction | None = None
    """Seconds of the clip; where a range to play or export begins."""
    mark_out: Fraction | None = None
    """Seconds of the clip; where it ends."""
    cut: str = ""
    """Path of the timeline that the clip was chosen from; empty where it was opened by itself."""
    cut_clip: int = 0
    """Which clip of the cut it is, counted from 1 through its video tracks."""
    original_mix: Mix = Mix()
    voice_mix: Mix = Mix()
    view: View = View()
    consent: str = ""
    """Who agreed to the dub, and on what ground; empty where nobody said. Exports declare it."""

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

    def voice_seconds(self, segment: Segment, voice: Fraction) -> Fraction:
        """How long the voice of `segment` lasts, where the project's lasts `voice` seconds."""
        own = segment.own_voice
        return voice if own is None else own.duration

    def segment(self, id: int) -> Segment | None:
        """The segment with that id; None if there is none."""
        return next((segment for segment in self.segments or () if segment.id == id), None)

    def segment_at(self, time: Fraction) -> Segment | None:
        """The segment that dubs the moment `time`; None if there is none."""
        return next((segment for segment in self.segments or () if segment.range.contains(time)), None)


SEGMENT_FIELDS = specs_of(Segment)
"""The settings of a segment, by name."""
PROJECT_FIELDS = specs_of(Project)
"""What is declared for a project as a whole."""
MIX_FIELDS = specs_of(Mix)
"""What is declared for a sound."""
