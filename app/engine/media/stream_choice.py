"""Which of several pictures or sounds in a file is the one: by what can be decoded, disposition and length."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, TypeVar

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition, Stream

LOOKED_AT = 3000
"""Packets that are read to see what can be decoded."""

ENOUGH = 2
"""Frames after which a stream is known to be no single picture."""

S = TypeVar("S", bound=Stream)


class _Rank(NamedTuple):
    """What makes a stream preferable, most important first."""

    decodes: bool
    moves: bool
    """Whether it has more than one frame."""
    default: bool
    seconds: Fraction
    area: int
    first: int


_WHY = (
    "it can be decoded",
    "it is more than a single picture",
    "it is the default",
    "it is the longest",
    "it is the largest",
    "it is the first",
)
"""For each field of a rank, what is said where it decides."""


class Chosen(NamedTuple):
    """The index of a stream in the file, and why it was chosen."""

    stream: int
    why: str
    """The reason in words, such as "it is the default"."""


def choose(fresh: InputContainer, streams: Sequence[Stream]) -> Chosen | None:
    """The one of `streams` that is meant; None where there are none.

    `fresh` is a container from which nothing was read yet; a single stream is taken without a look at it.
    """
    if len(streams) < 2:
        return Chosen(streams[0].index, "it is the only one") if streams else None
    counts = _decoded_counts(fresh, [stream.index for stream in streams])
    ranks = sorted(((_rank(stream, counts), stream.index) for stream in streams), reverse=True)
    (best, index), (second, _) = ranks[:2]
    place = next(place for place in range(len(best)) if best[place] != second[place])
    return Chosen(index, _WHY[place])


def _rank(stream: Stream, counts: dict[int, int]) -> _Rank:
    count, area = counts[stream.index], 0
    if isinstance(stream, av.VideoStream) and count:
        area = stream.width * stream.height
    moves = count >= ENOUGH or not isinstance(stream, av.VideoStream)
    default = bool(stream.disposition & Disposition.default)
    return _Rank(count > 0, moves, default, _seconds(stream), area, -stream.index)


def _seconds(stream: Stream) -> Fraction:
    """To whole seconds: tracks of one film differ by a frame or two."""
    if stream.duration is None or stream.time_base is None:
        return Fraction(0)
    return Fraction(round(stream.duration * stream.time_base))


def _decoded_counts(container: InputContainer, indices: Sequence[int]) -> dict[int, int]:
    """How many frames of each stream can be decoded, up to `ENOUGH`."""
    counts = dict.fromkeys(indices, 0)
    streams = [container.streams[index] for index in indices]
    known = [stream for stream in streams if has_decoder(stream)]
    failed: set[int] = set()
    try:
        for number, packet in enumerate(container.demux(known) if known else ()):
            index = packet.stream.index
            if index in failed or counts[index] >= ENOUGH:
                continue
            try:
                counts[index] += len(packet.decode())
            except av.error.FFmpegError:
                failed.add(index)
            open_ones = [stream.index for stream in known if counts[stream.index] < ENOUGH]
            if number >= LOOKED_AT or set(open_ones) <= failed:
                break
    except av.error.FFmpegError:
        pass  # whoever reads on from there is told
    return counts


def has_decoder(stream: Stream) -> bool:
    """Whether this FFmpeg knows the codec (the stubs do not say that there may be none)."""
    return getattr(stream, "codec_context", None) is not None
