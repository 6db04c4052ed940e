"""What `probe` tells of a media file."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from app.core.timebase import floor_pts
from app.engine.media.carried import Carried, Kind, Track
from app.engine.media.colour import ColourTags
from app.engine.media.orientation import Orientation


class VideoStream(msgspec.Struct, frozen=True):
    """The picture of a clip."""

    stream: int
    """Its number in the file."""
    codec: str
    width: int
    """Width of the frames that the reader returns: upright, with square pixels, even."""
    height: int
    coded_width: int
    """Width of the frames as stored, before rotation and pixel aspect."""
    coded_height: int
    fps: Fraction
    """The average number of frames per second."""
    variable: bool
    """Whether the gaps between frames differ by more than the rounding of time stamps."""
    orientation: Orientation
    """How the stored picture is put upright."""
    pixel_format: str
    bit_depth: int
    colour: ColourTags
    """As stored; `reader` gives wide-gamut and HDR clips as BT.709."""
    sample_aspect_ratio: Fraction
    """Width of a stored pixel over its height."""
    interlaced: bool
    frame_count: int | None
    """Where the file says it or it was counted."""
    time_base: Fraction
    start: Fraction
    """The first time stamp as stored, in seconds (not from the clip's origin)."""
    duration: Fraction | None
    """Seconds of picture, where the file says it or it was counted."""

    @property
    def rotation(self) -> int:
        """Degrees clockwise by which the stored picture is turned to be upright."""
        return self.orientation.degrees

    @property
    def hdr(self) -> bool:
        """Whether it is PQ or HLG."""
        return self.colour.hdr


class AudioStream(msgspec.Struct, frozen=True):
    """The sound of a file."""

    stream: int
    """Its number in the file."""
    codec: str
    rate: int
    """Sampling rate in samples per second."""
    channels: int
    layout: str
    start: Fraction
    """The first time stamp as stored, in seconds (not from the file's origin)."""
    duration: Fraction | None
    """Seconds of sound, where the file says it."""


class MediaInfo(msgspec.Struct, frozen=True):
    """A media file, looked at without decoding more than its first frames."""

    path: str
    container: str
    duration: Fraction
    """Seconds from the origin to the end of the longest stream."""
    origin: Fraction
    """The earliest start of picture and sound as stored, in seconds: what the engine counts as time 0.

    It is a whole number of the picture's ticks, so that picture time stamps stay exact.
    """
    video: VideoStream | None
    audio: AudioStream | None
    warnings: tuple[str, ...]
    """Plain sentences on what differs from an ordinary clip and what is done about it."""
    sound_warnings: tuple[str, ...] = ()
    """Those of them that are about which sound is used: all that matters of a voice."""
    carried: Carried = Carried()
    """What there is beside the picture and the sound."""

    @property
    def pictures(self) -> tuple[Track, ...]:
        """The pictures among which one may choose, the one in use among them; in order of their numbers."""
        used = () if self.video is None else (Track(self.video.stream, "picture", self.video.codec),)
        return self._choices(used, "picture")

    @property
    def sounds(self) -> tuple[Track, ...]:
        """Likewise the sounds."""
        audio = self.audio
        language = self.carried.sound_language
        used = () if audio is None else (Track(audio.stream, "sound", audio.codec, language),)
        return self._choices(used, "sound")

    def _choices(self, used: tuple[Track, ...], kind: Kind) -> tuple[Track, ...]:
        others = (track for track in self.carried.tracks if track.kind == kind and track.codec)
        return tuple(sorted((*used, *others), key=lambda track: track.stream))

    @property
    def origin_pts(self) -> int:
        """The origin in ticks of the picture. Raises ValueError where there is no picture."""
        if self.video is None:
            raise ValueError("a file without a picture has no picture ticks")
        return floor_pts(self.origin, self.video.time_base)
