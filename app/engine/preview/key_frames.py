"""Where a clip's key frames lie, and whether showing any frame of it at once needs a proxy."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import av
import av.error

from app.engine.media.clip import Clip
from app.engine.media.opening import damaged, open_input

T = TypeVar("T")

EASY = 12_000_000
"""Pixels that a plain computer decodes within some 40 ms, seeking included."""


PIECE = 500
"""Packets that are looked at in one piece of `scan_key_frames`: some ten milliseconds."""


def find_key_frames(clip: Clip) -> tuple[int, ...]:
    """Indices of the frames at which decoding can start, ascending; the first frame is always among them.

    Reads the packets without decoding. Raises MediaError where the clip cannot be read.
    """
    return finish(scan_key_frames(clip))


def scan_key_frames(clip: Clip) -> Generator[None, None, tuple[int, ...]]:
    """`find_key_frames` in small pieces, for who has other things to do in between."""
    found, times = {0}, clip.times
    path = Path(clip.path)
    with open_input(path) as container:
        assert clip.info.video is not None
        stream = container.streams[clip.info.video.stream]
        try:
            for number, packet in enumerate(container.demux(stream), 1):
                if packet.is_keyframe and packet.pts is not None and packet.size:
                    index = times.number_of(packet.pts - clip.info.origin_pts)
                    found.update(() if index is None else (index,))
                if number % PIECE == 0:
                    yield
        except av.error.FFmpegError as error:
            raise damaged(path, "its data cannot be read to the end") from error
    return tuple(sorted(found))


def finish(work: Generator[None, None, T]) -> T:
    """Does all that is left of work in pieces; its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def key_before(keys: tuple[int, ...], index: int) -> int:
    """The last of `keys` that is not later than `index`."""
    return keys[max(0, bisect_right(keys, index) - 1)]


def proxy_helps(clip: Clip, keys: tuple[int, ...] | None = None) -> bool:
    """Whether some frames of the clip take so long to decode that scrubbing needs a proxy.

    `keys` are its key frames where they are known. Raises MediaError where the clip cannot be read.
    """
    known = find_key_frames(clip) if keys is None else keys
    longest = max(stop - start for start, stop in pairwise((*known, clip.count)))
    return longest * clip.size[0] * clip.size[1] > EASY
