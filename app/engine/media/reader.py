"""Decoding a clip by presentation time: forward and at random, exact to the frame."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
from av.container import InputContainer

from app.core.errors import MediaError
from app.core.streams import AUTOMATIC, Streams
from app.core.timebase import floor_pts, format_time
from app.engine.media.canonical import Canonicaliser, check_unchanged
from app.engine.media.decoded_pictures import decoded_pictures, stamp_of
from app.engine.media.frame import VideoFrame
from app.engine.media.frame_times import FrameTimes, read_times
from app.engine.media.opening import damaged, open_input
from app.engine.media.probe import MediaInfo, VideoStream, require_video

FORWARD = Fraction(1)
"""Seconds ahead up to which decoding on is taken to be quicker than seeking to a key frame."""


class VideoReader:
    """A clip opened for decoding; a context manager.

    Frames come in presentation order as `VideoFrame`. One reader serves one thread and one use at a time:
    `frames` and `frame_at` share the decoder, and either makes an earlier `frames` iterator stop with
    RuntimeError. Raises MediaError for what `probe.require_video` refuses and, on the way, for data that
    cannot be decoded: a damaged clip is never silently shortened.
    """

    def __init__(self, path: Path, times: FrameTimes | None = None, streams: Streams = AUTOMATIC) -> None:
        """`times`: of every frame, where they are known already, as `Clip.times` has them."""
        self.path = path
        self.streams = streams
        """Which of the clip's streams were asked for."""
        self.info: MediaInfo = require_video(path, streams)
        assert self.info.video is not None
        self.video: VideoStream = self.info.video
        self._stack = ExitStack()
        self._container: InputContainer = self._stack.enter_context(open_input(path))
        stream = self._container.streams[self.video.stream]
        assert isinstance(stream, av.VideoStream)
        self._stream = stream
        self._stream.thread_type = "AUTO"
        self._canonical = Canonicaliser(self.video)
        self._turn = 0
        self._walk: Iterator[av.VideoFrame] | None = None
        self._shown: av.VideoFrame | None = None
        self._next: av.VideoFrame | None = None
        self._times = times
        self._reached: int | None = None

    def __enter__(self) -> Self:
        """Returns the reader itself, so that `with` closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the clip, whatever happened."""
        self.close()

    def close(self) -> None:
        """Gives decoder and file back; afterwards the reader is of no use."""
        self._turn += 1
        self._walk = self._shown = self._next = None
        self._stack.close()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of every frame."""
        return self.video.width, self.video.height

    @property
    def times(self) -> FrameTimes:
        """Every frame's time, found out once: see `read_times`."""
        if self._times is None:
            self._times = read_times(self.path, self.info)
        return self._times

    @property
    def timestamps(self) -> Sequence[int]:
        """Every frame's `pts`, ascending."""
        return self.times.pts

    def frames(self, start: Fraction | None = None, stop: Fraction | None = None) -> Iterator[VideoFrame]:
        """Every frame with start <= time < stop in order; from the first and to the last where they are None.

        Raises MediaError where the clip cannot be decoded to its end.
        """
        turn = self._take_turn()
        # the first tick at or after `start`
        first = -(-start // self.video.time_base) if start is not None and start > 0 else None
        for raw in self._decode_from(first):
            frame = self._wrap(raw)
            if first is not None and frame.pts < first:
                continue
            if stop is not None and frame.time >= stop:
                return
            yield frame
            if turn != self._turn:
                raise RuntimeError("the reader was used for something else in between")

    def frame_at(self, time: Fraction) -> VideoFrame:
        """The frame on screen at `time`: the last that is not later; before the first one, the first.

        Raises MediaError where `time` lies outside the clip.
        """
        # a variable-rate clip may declare to end before its last frame begins
        end = max(self.info.duration, (self.timestamps[-1] + 1) * self.video.time_base)
        if time < 0 or time >= end:
            length = format_time(end)
            raise MediaError(f'"{self.path}" has no frame at {format_time(time)}: it lasts from 0 to {length}.')
        target = floor_pts(time, self.video.time_base)
        if not self._near(target):
            self._start_walk(target)
        frame = self._advance(target)
        return self._wrap(frame)

    def _take_turn(self) -> int:
        """Stops earlier iterators and returns the number of this use."""
        self._turn += 1
        self._walk = self._shown = self._next = None
        return self._turn

    def _near(self, target: int) -> bool:
        """Whether decoding on from where we are reaches `target` soon."""
        if self._walk is None or self._shown is None:
            return False
        ahead = (target - self._relative(self._shown)) * self.video.time_base
        return 0 <= ahead <= FORWARD

    def _start_walk(self, target: int) -> None:
        self._take_turn()
        self._walk = self._decode_from(target)
        self._shown = next(self._walk, None)
        self._next = next(self._walk, None)

    def _advance(self, target: int) -> av.VideoFrame:
        """Moves on until the frame after the shown one is later than `target`."""
        assert self._walk is not None
        while self._next is not None and self._relative(self._next) <= target:
            self._shown, self._next = self._next, next(self._walk, None)
        if self._shown is None:
            raise damaged(self.path, "no frame can be decoded there")
        return self._shown

    def _relative(self, frame: av.VideoFrame) -> int:
        """A frame's ticks from the clip's origin."""
        assert frame.pts is not None
        return frame.pts - self.info.origin_pts

    def _wrap(self, frame: av.VideoFrame) -> VideoFrame:
        pts = self._relative(frame)
        return VideoFrame(frame, pts, self.video.time_base, bisect_left(self.timestamps, pts))

    def _decode_from(self, target: int | None) -> Iterator[av.VideoFrame]:
        """Canonical frames from a key frame at or before `target` (ticks from the origin); None: from the start."""
        yield from self._canonical_frames(self._sought(target) or self._from_start())

    def _sought(self, target: int | None) -> Iterator[av.VideoFrame] | None:
        """Decoded frames from a key frame at or before `target`; None where that is best reached from the start."""
        if target is None:
            return None
        times, back = self.times, Fraction(0)
        # the file is searched by its own stamps
        number = max(0, bisect_right(times.pts, target) - 1)
        wanted = times.pts[number] if times.stored is None else times.stored[number]
        while wanted is not None and number:
            place = wanted - floor_pts(back, self.video.time_base)
            if place + self.info.origin_pts <= self.video.start / self.video.time_base:
                break
            self._seek(place)
            walk = self._decoded(None)
            first = next(walk, None)
            if first is not None and self._relative(first) <= target:
                return _prepend(first, walk)
            # The container's index counts decoding times or knows no key frame there: look further back.
            back = max(2 * back, Fraction(1))
        return None

    def _from_start(self) -> Iterator[av.VideoFrame]:
        self._reopen()
        return self._decoded(0)

    def _reopen(self) -> None:
        """Back to the very first frame, which a seek does not reach in every container."""
        self._stack.close()
        self._container = self._stack.enter_context(open_input(self.path))
        stream = self._container.streams[self.video.stream]
        assert isinstance(stream, av.VideoStream)
        self._stream = stream
        self._stream.thread_type = "AUTO"
        self._canonical.reset()

    def _seek(self, target: int) -> None:
        self._canonical.reset()
        try:
            self._container.seek(target + self.info.origin_pts, stream=self._stream, backward=True)
        except av.error.FFmpegError as error:
            raise damaged(self.path, "it cannot be searched") from error

    def _canonical_frames(self, walk: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
        canonical = self._canonical
        for frame in walk:
            yield from canonical.push(frame)
        yield from canonical.flush()

    def _decoded(self, number: int | None) -> Iterator[av.VideoFrame]:
        """Decoded frames with every check on them and the clip's own time stamps.

        `number` is that of the first one; None after a seek, where the first key frame that is known by its stamp
        tells it.
        """
        times = self.times
        self._reached = None
        for frame in decoded_pictures(self._packets(), self._broken):
            stored = stamp_of(frame)
            stored = None if stored is None else stored - self.info.origin_pts
            if number is None:
                number = times.number_of(stored) if frame.key_frame else None
                if number is None:
                    continue
            if frame.is_corrupt or not times.fits(number, stored):
                raise self._broken()
            frame.pts = times.pts[number] + self.info.origin_pts
            self._check_form(frame)
            self._reached = frame.pts
            yield frame
            number += 1
        if number is not None and number < len(times):
            raise self._broken()

    def _packets(self) -> Iterator[av.Packet[av.VideoStream]]:
        try:
            yield from self._container.demux(self._stream)
        except av.error.FFmpegError as error:
            raise damaged(self.path, "its data cannot be read to the end") from error

    def _check_form(self, frame: av.VideoFrame) -> None:
        """Refuses frames that differ in form from the first."""
        if not check_unchanged(self.video, frame):
            raise MediaError(
                f'"{self.path}" changes its picture size or format at '
                f"{format_time(self._relative(frame) * self.video.time_base)}: re-encode it to one size first."
            )

    def _broken(self) -> MediaError:
        where = "at its start"
        if self._reached is not None:
            where = f"after {format_time((self._reached - self.info.origin_pts) * self.video.time_base)}"
        return damaged(self.path, f"its picture cannot be decoded {where}")


def _prepend(first: av.VideoFrame, rest: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    yield first
    yield from rest
