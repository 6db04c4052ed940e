"""A clip and a voice as an editor sees them: what they are and when their frames come."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from pathlib import Path

import msgspec

from app.core.streams import AUTOMATIC, Streams
from app.core.timebase import TimeRange, floor_pts, frame_ticks
from app.engine.media.content import content_hash
from app.engine.media.frame_times import FrameTimes, read_times
from app.engine.media.probe import MediaInfo, require_audio
from app.engine.media.reader import VideoReader
from app.engine.progress import CancelToken


def picture_stop(info: MediaInfo, last: int, time_base: Fraction, fps: Fraction) -> Fraction:
    """Seconds at which the frame at tick `last`, a clip's last one, ends.

    That is a frame of average length after it begins, or what the file says where that is later.
    """
    counted = (last + frame_ticks(time_base, fps)) * time_base
    video = info.video
    if video is None or not video.duration:
        return counted
    return max(counted, video.start + video.duration - info.origin)


class Clip(msgspec.Struct, frozen=True):
    """A video file that was opened once, and all its frames' times."""

    path: str
    sha256: str
    """The hash of the file's content; see `content_hash`."""
    info: MediaInfo
    pts: tuple[int, ...]
    """Every frame's time stamp in ticks since the clip's origin, ascending."""
    time_base: Fraction
    """Length of a tick in seconds."""
    fps: Fraction
    """Frames per second; the average if the rate varies."""
    size: tuple[int, int]
    """Width and height as shown."""
    stored: tuple[int | None, ...] | None = None
    """The time stamps that the decoder gives, where they are others; see `FrameTimes`."""
    streams: Streams = AUTOMATIC
    """Which of the file's streams were asked for."""

    @property
    def picture_key(self) -> str:
        """Names what is cached about the picture."""
        return self.streams.picture_key(self.sha256)

    @property
    def times(self) -> FrameTimes:
        """Every frame's time, for a `VideoReader`."""
        return FrameTimes(self.pts, self.stored)

    @property
    def count(self) -> int:
        """The number of frames."""
        return len(self.pts)

    @property
    def stop(self) -> Fraction:
        """Seconds at which the last frame ends, as `picture_stop` has it."""
        return picture_stop(self.info, self.pts[-1], self.time_base, self.fps)

    @property
    def whole(self) -> TimeRange:
        """The clip's time range, from 0 to the end of the last frame."""
        return TimeRange(Fraction(0), self.stop)

    @property
    def has_sound(self) -> bool:
        """Whether the clip has sound of its own."""
        return self.info.audio is not None

    def time_of(self, index: int) -> Fraction:
        """Seconds at which frame `index` appears; the first or last frame's beyond the ends."""
        return self.pts[min(max(index, 0), self.count - 1)] * self.time_base

    def index_at(self, time: Fraction) -> int:
        """The frame on screen at `time`: the last that is not later; before the first one, the first."""
        return max(0, bisect_right(self.pts, floor_pts(time, self.time_base)) - 1)

    def indices_in(self, span: TimeRange) -> range:
        """The frames that appear within `span`."""
        ticks = [-(-time // self.time_base) for time in (span.start, span.stop)]
        first, stop = (bisect_right(self.pts, tick - 1) for tick in ticks)
        return range(first, stop)


class Voice(msgspec.Struct, frozen=True):
    """A sound file with what was found out when it was opened."""

    path: str
    sha256: str
    info: MediaInfo
    duration: Fraction
    """Seconds."""
    streams: Streams = AUTOMATIC
    """Which of the file's streams were asked for."""

    @property
    def sound_key(self) -> str:
        """Names what is cached about the sound."""
        return self.streams.sound_key(self.sha256)


def open_clip(path: Path, cancel: CancelToken | None = None, streams: Streams = AUTOMATIC) -> Clip:
    """Looks at a video, reads its time stamps and hashes it.

    Raises MediaError for what is no usable video, Cancelled when asked to stop.
    """
    with VideoReader(path, streams=streams) as reader:
        times = read_times(path, reader.info, cancel)
        return Clip(
            path=str(path),
            sha256=content_hash(path, cancel),
            info=reader.info,
            pts=tuple(times.pts),
            time_base=reader.video.time_base,
            fps=reader.video.fps,
            size=reader.size,
            stored=None if times.stored is None else tuple(times.stored),
            streams=streams,
        )


def open_voice(path: Path, cancel: CancelToken | None = None, streams: Streams = AUTOMATIC) -> Voice:
    """Looks at a sound file and hashes it. Raises MediaError for what holds no sound, Cancelled when asked to stop."""
    info = require_audio(path, streams)
    return Voice(str(path), content_hash(path, cancel), info, info.duration, streams)
