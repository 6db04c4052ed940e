"""Decoding a clip by presentation time: forward and at random, exact to the frame."""

from __future__ import annotations

from bisect import bisect_left
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
from app.core.timebase import floor_pts, format_time
from app.engine.media.canonical import Canonicaliser, check_unchanged
from app.engine.media.frame import VideoFrame
from app.engine.media.probe import SHORTFALL, MediaInfo, VideoStream, damaged, open_input, require_video

FORWARD = Fraction(1)
"""Seconds ahead up to which decoding on is taken to be quicker than seeking to a key frame."""

# Decoders that give exactly one frame for each packet, so that a missing one means damage.
_ONE_TO_ONE = {"h264", "hevc", "prores", "mjpeg", "dnxhd", "ffv1", "av1", "libdav1d", "rawvideo"}


class VideoReader:
    """A clip opened for decoding; a context manager.

    Frames come in presentation order as `VideoFrame`. One reader serves one thread and one use at a time:
    `frames` and `frame_at` share the decoder, and either makes an earlier `frames` iterator stop with
    RuntimeError. Raises MediaError for what `probe.require_video` refuses and, on the way, for data that
    cannot be decoded: a damaged clip is never silently shortened.
    """

    def __init__(self, path: Path, timestamps: Sequence[int] | None = None) -> None:
        """`timestamps`: every frame's `pts` where they are known already, as `Clip.pts` has them."""
        self.path = path
        self.info: MediaInfo = require_video(path)
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
        self._stamps = timestamps

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the clip."""
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
    def timestamps(self) -> Sequence[int]:
        """Every frame's `pts`, ascending: read from the packets once, without decoding (8 bytes or so a frame)."""
        if self._stamps is None:
            self._stamps = _read_timestamps(self.path, self.info)
        return self._stamps

    def frames(self, start: Fraction | None = None, stop: Fraction | None = None) -> Iterator[VideoFrame]:
        """Every frame with start <= time < stop in order; from the first and to the last where they are None.

        Raises MediaError where the clip cannot be decoded to its end.
        """
        turn = self._take_turn()
        first = 0
        if start is not None and start > 0:
            first = -(-start // self.video.time_base)  # the first tick at or after `start`
            index = bisect_left(self.timestamps, first)
            walk = self._decode_from(first)
        else:
            index = 0
            walk = self._decode_from(None)
        for raw in walk:
            frame = self._wrap(raw, index)
            if frame.pts < first and start is not None:
                continue
            if stop is not None and frame.time >= stop:
                return
            yield frame
            if turn != self._turn:
                raise RuntimeError("the reader was used for something else in between")
            index += 1

    def frame_at(self, time: Fraction) -> VideoFrame:
        """The frame on screen at `time`: the last that is not later; before the first one, the first.

        Raises MediaError where `time` lies outside the clip.
        """
        # a variable-rate clip may declare to end before its last frame begins
        end = max(self.info.duration, (self.timestamps[-1] + 1) * self.video.time_base)
        if time < 0 or time >= end:
            length = format_time(end)
            raise MediaError(f'"{self.path}" has nothing at {format_time(time)}: it lasts from 0 to {length}.')
        target = floor_pts(time, self.video.time_base)
        if not self._near(target):
            self._start_walk(target)
        frame = self._advance(target)
        stamps = self.timestamps
        assert frame.pts is not None
        return self._wrap(frame, bisect_left(stamps, frame.pts - self.info.origin_pts))

    def _take_turn(self) -> int:
        """Makes earlier iterators stop; the number of this use."""
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

    def _wrap(self, frame: av.VideoFrame, index: int) -> VideoFrame:
        return VideoFrame(frame, self._relative(frame), self.video.time_base, index)

    def _decode_from(self, target: int | None) -> Iterator[av.VideoFrame]:
        """Canonical frames from a key frame at or before `target` (ticks from the origin); None: from the start."""
        if target is None or target + self.info.origin_pts <= self.video.start / self.video.time_base:
            self._reopen()
            yield from self._canonical_frames(self._decoded(None))
            return
        back = Fraction(0)
        while True:
            wanted = target - floor_pts(back, self.video.time_base)
            if wanted + self.info.origin_pts <= self.video.start / self.video.time_base:
                self._reopen()
                walk = self._decoded(None)
                break
            self._seek(wanted)
            walk = self._decoded(wanted)
            first = next(walk, None)
            if first is not None and self._relative(first) <= target:
                walk = _prepend(first, walk)
                break
            # The container's index counts decoding times or knows no key frame there: look further back.
            back = max(2 * back, Fraction(1))
        yield from self._canonical_frames(walk)

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

    def _decoded(self, sought: int | None) -> Iterator[av.VideoFrame]:
        """Decoded frames with every check on them; after a seek, from the first key frame on.

        Frames that lead a key frame refer to pictures before it, which were not decoded, so they are dropped.
        """
        started = sought is None
        waiting: set[int] = set()
        exact = self.video.codec in _ONE_TO_ONE
        last: int | None = None
        for packet in self._packets():
            if exact and packet.size and packet.pts is not None and not packet.is_discard:
                waiting.add(packet.pts)
            for frame in self._decode(packet, last):
                started = started or frame.key_frame
                if frame.pts is not None:
                    waiting.discard(frame.pts)
                if not started:
                    continue
                self._check(frame, last)
                if last is None and frame.pts is not None:
                    waiting = {stamp for stamp in waiting if stamp > frame.pts}
                last = frame.pts
                yield frame
        lost = [stamp for stamp in waiting if last is not None and stamp >= (0 if sought is None else last)]
        if lost or (sought is None and self._too_short(last)):
            raise self._broken(last)

    def _packets(self) -> Iterator[av.Packet[av.VideoStream]]:
        try:
            yield from self._container.demux(self._stream)
        except av.error.FFmpegError as error:
            raise damaged(self.path, "its data cannot be read to the end") from error

    def _decode(self, packet: av.Packet[av.VideoStream], last: int | None) -> list[av.VideoFrame]:
        if packet.is_corrupt:
            raise self._broken(last)
        try:
            return packet.decode()
        except av.error.FFmpegError as error:
            raise self._broken(last) from error

    def _check(self, frame: av.VideoFrame, last: int | None) -> None:
        """Refuses frames that are broken, carry no or a backward time stamp, or differ in form from the first."""
        if frame.pts is None or frame.is_corrupt or (last is not None and frame.pts <= last):
            raise self._broken(last)
        if not check_unchanged(self.video, frame):
            raise MediaError(
                f'"{self.path}" changes its picture size or format at '
                f"{format_time(self._relative(frame) * self.video.time_base)}: re-encode it to one size first."
            )

    def _too_short(self, last: int | None) -> bool:
        """Whether the picture ended clearly before the file said it would."""
        if self.video.duration is None or last is None:
            return last is None
        end = last * self.video.time_base + 1 / self.video.fps
        return self.video.start + self.video.duration - end >= SHORTFALL

    def _broken(self, last: int | None) -> MediaError:
        where = "at its start"
        if last is not None:
            where = f"after {format_time((last - self.info.origin_pts) * self.video.time_base)}"
        return damaged(self.path, f"its picture cannot be decoded {where}")


def _prepend(first: av.VideoFrame, rest: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    yield first
    yield from rest


def _read_timestamps(path: Path, info: MediaInfo) -> list[int]:
    """The presentation time stamps of all packets that are shown, from the origin, ascending."""
    assert info.video is not None
    with open_input(path) as container:
        stream = container.streams[info.video.stream]
        try:
            stamps = [
                packet.pts - info.origin_pts
                for packet in container.demux(stream)
                if packet.size and packet.pts is not None and not packet.is_discard
            ]
        except av.error.FFmpegError as error:
            raise damaged(path, "its data cannot be read to the end") from error
    return sorted(stamps)
