"""Decoding a clip one frame at a time towards the frame that is wanted, and keeping what was decoded."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

from app.engine.media.clip import Clip
from app.engine.media.file_check import check_file
from app.engine.media.frame import VideoFrame
from app.engine.media.opening import damaged
from app.engine.media.reader import VideoReader
from app.engine.preview.key_frames import finish, key_before, scan_key_frames

STRIDE = 12
"""Frames ahead up to which decoding on is taken to be quicker than looking for a key frame."""


def frame_bytes(frame: VideoFrame) -> int:
    """The memory that a decoded frame takes."""
    return sum(plane.buffer_size for plane in frame.yuv.planes)


class DecodedFrames:
    """Frames by index, never more than `limit` bytes of them: those farthest from the playhead go first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._frames: dict[int, VideoFrame] = {}
        self._centre, self._direction = 0, 0

    def __contains__(self, index: int) -> bool:
        """Whether frame `index` is there."""
        return index in self._frames

    def __len__(self) -> int:
        """How many there are."""
        return len(self._frames)

    @property
    def room(self) -> int:
        """How many frames like those in it the cache holds; 1 while it is empty."""
        return self.limit * len(self._frames) // self.used if self.used else 1

    def get(self, index: int) -> VideoFrame | None:
        """Frame `index`; None where it is not there."""
        return self._frames.get(index)

    def aim(self, centre: int, direction: int) -> None:
        """Where the playhead is and which way it goes (-1, 0 or 1): what lies behind it counts as twice as far."""
        self._centre, self._direction = centre, direction

    def put(self, frame: VideoFrame) -> None:
        """Keeps a frame, unless nearer ones fill the room."""
        self._drop(frame.index)
        self._frames[frame.index] = frame
        self.used += frame_bytes(frame)
        while self.used > self.limit:
            self._drop(max(self._frames, key=self._distance))

    def nearest(self, index: int, reach: int) -> VideoFrame | None:
        """The frame nearest to `index`, at most `reach` frames away; the earlier one of two."""
        within = [known for known in self._frames if abs(known - index) <= reach]
        return self._frames[min(within, key=lambda known: (abs(known - index), known))] if within else None

    def _drop(self, index: int) -> None:
        frame = self._frames.pop(index, None)
        if frame is not None:
            self.used -= frame_bytes(frame)

    def _distance(self, index: int) -> int:
        ahead = index - self._centre
        return abs(ahead) * (2 if ahead * self._direction < 0 else 1)


class ClipDecoder:
    """A clip decoded one frame a step, from key frames on; closed by `close`.

    Raises MediaError where the clip is gone or damaged; the next step then starts anew.
    """

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._reader: VideoReader | None = None
        self._walk: Iterator[VideoFrame] | None = None
        self._keys: tuple[int, ...] | None = None
        self._scan: Generator[None, None, tuple[int, ...]] | None = None
        self.position = 0
        """Index of the frame that decoding on would give; of no meaning before the first step."""

    @property
    def keys(self) -> tuple[int, ...]:
        """The clip's key frames; looked for once, which takes up to a second for a long clip."""
        if self._keys is None:
            scan, self._scan = self._scan, None
            self._keys = finish(scan_key_frames(self._clip) if scan is None else scan)
        return self._keys

    def warm(self) -> bool:
        """Looks for key frames in small pieces, so that no later step has to; whether there is more to do."""
        if self._keys is not None:
            return False
        if self._scan is None:
            self._scan = scan_key_frames(self._clip)
        try:
            next(self._scan)
        except StopIteration as end:
            self._keys, self._scan = end.value, None
        except BaseException:
            self._scan = None
            raise
        return self._keys is None

    def steps_to(self, index: int) -> int | None:
        """How many steps there are to frame `index`, without seeking; None where it lies behind."""
        return index - self.position + 1 if self._walk is not None and index >= self.position else None

    def step(self, target: int) -> VideoFrame:
        """The next frame on the way to frame `target`: decoded on, or from the nearest key frame before it."""
        try:
            if self._walk is None or not self._on_the_way(target):
                self._start(key_before(self.keys, target) if target else 0)
            assert self._walk is not None
            frame = next(self._walk, None)
            if frame is None or frame.index > target:
                raise damaged(Path(self._clip.path), f"its frame {target} is missing")
        except BaseException:
            self.rest()
            raise
        self.position = frame.index + 1
        return frame

    def rest(self) -> None:
        """Gives the decoder back; the next step opens the clip again."""
        self._walk = None
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def close(self) -> None:
        """The same, for good."""
        self.rest()
        if self._scan is not None:
            self._scan.close()

    def _on_the_way(self, target: int) -> bool:
        """Whether decoding on gets to `target` at least as soon as starting from a key frame."""
        if not self.position <= target:
            return False
        return target - self.position < STRIDE or key_before(self.keys, target) <= self.position

    def _start(self, key: int) -> None:
        # A deleted file stays readable through what is open of it; the user is to learn that it is gone.
        check_file(Path(self._clip.path))
        if self._reader is None:
            self._reader = VideoReader(Path(self._clip.path), self._clip.times, self._clip.streams)
        self._walk = self._reader.frames(self._clip.time_of(key))
