"""When each picture of a clip is shown: one numbering, by decoded pictures, for reading in order and at random.

The stamps of the packets tell it where they can be believed, which costs no decoding. Where they cannot (none at all,
the order of decoding in place of the order of showing as in AVI, parts that were joined), every picture is decoded
once and its stamp as the decoder has it is put right by `increasing`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple

import av
import av.error
import msgspec
from av.packet import Packet

from app.core.errors import MediaError
from app.core.timebase import floor_pts, frame_ticks
from app.engine.media.decoded_pictures import decoded_pictures, stamp_of
from app.engine.media.opening import damaged, open_input
from app.engine.media.probe import MediaInfo
from app.engine.progress import CancelToken

REORDERED = 16
"""Pictures over which a codec may change the order: a stamp that falls back further begins another part."""

CHECKED = 32
"""Pictures that are decoded to see whether the packets' stamps can be believed."""

_INTRA = {"prores", "mjpeg", "dnxhd", "ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo", "dvvideo", "png", "qtrle"}
_ONE_TO_ONE = _INTRA | {"h264", "hevc", "mpeg2video", "mpeg1video", "vp9", "av1", "libdav1d", "libaom-av1"}
"""Codecs that give one picture for each packet."""

_REMEMBERED = 4
_known: OrderedDict[tuple[str, int, int, int, int, int], FrameTimes] = OrderedDict()


class FrameTimes(msgspec.Struct, frozen=True, dict=True):
    """The time of every frame of a clip, by frame number."""

    pts: Sequence[int]
    """In ticks since the clip's origin, ascending."""
    stored: Sequence[int | None] | None = None
    """The decoder's own stamps, since the origin too; None where they are the same."""

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.pts)

    def number_of(self, stored: int | None) -> int | None:
        """The number of the frame that the decoder gives this stamp; None where none or several have it."""
        if stored is None:
            return None
        if self.stored is not None:
            return self._numbers.get(stored)
        number = bisect_left(self.pts, stored)
        return number if number < len(self.pts) and self.pts[number] == stored else None

    def fits(self, number: int, stored: int | None) -> bool:
        """Whether the decoder may give frame `number` this stamp."""
        if number >= len(self.pts):
            return False
        known = self.pts[number] if self.stored is None else self.stored[number]
        return stored is None or known is None or stored == known

    @cached_property
    def _numbers(self) -> dict[int, int]:
        """Frame numbers by time stamp, of the stamps that only one frame has."""
        stamps = self.stored or ()
        counts = Counter(stamps)
        return {stamp: number for number, stamp in enumerate(stamps) if stamp is not None and counts[stamp] == 1}


def increasing(stamps: Sequence[int | None], step: int) -> list[int]:
    """One time for each stamp, in the same order, strictly ascending; ascending stamps stay as they are.

    `step` is how many ticks a frame lasts on average. A picture without a stamp follows the one before it. Stamps in
    another order within a few pictures are put in order. A part that begins again further back (clips that were
    joined) follows the part before it. Pictures that share a stamp share the time until the next one.
    """
    placed: list[int] = []
    for part in _parts(_filled(stamps, step), step):
        ordered = sorted(part)
        shift = max(0, placed[-1] + step - ordered[0]) if placed and ordered[0] < placed[-1] else 0
        placed += [stamp + shift for stamp in ordered]
    return _spread(placed, step)


def _filled(stamps: Sequence[int | None], step: int) -> list[int]:
    """Fills in missing time stamps."""
    filled: list[int] = []
    first = next((stamp for stamp in stamps if stamp is not None), 0)
    for stamp in stamps:
        filled.append(stamp if stamp is not None else filled[-1] + step if filled else first - step)
    return filled


def _parts(stamps: Sequence[int], step: int) -> Iterator[list[int]]:
    """Splits the stamps where they start over."""
    part: list[int] = []
    top = 0
    for stamp in stamps:
        again = part and (stamp < part[0] or top - stamp > REORDERED * step or (stamp == part[0] < top - 2 * step))
        if again:
            yield part
            part = []
        part.append(stamp)
        top = stamp if again or len(part) == 1 else max(top, stamp)
    if part:
        yield part


def _spread(stamps: Sequence[int], step: int) -> list[int]:
    """Makes ascending stamps strictly ascending."""
    spread: list[int] = []
    first = 0
    while first < len(stamps):
        stop = first + 1
        while stop < len(stamps) and stamps[stop] == stamps[first]:
            stop += 1
        count, start = stop - first, stamps[first]
        room = stamps[stop] - start if stop < len(stamps) else count * step
        for place in range(count):
            wanted = start + place * room // count
            spread.append(max(wanted, spread[-1] + 1) if spread else wanted)
        first = stop
    return spread


def read_times(path: Path, info: MediaInfo, cancel: CancelToken | None = None) -> FrameTimes:
    """The times of all frames of a clip.

    Raises MediaError where it cannot be read or decoded to its end, Cancelled when asked to stop. A clip that had to
    be decoded for it is not decoded again for the same question.
    """
    assert info.video is not None
    state = path.stat()
    key = (str(path.absolute()), info.video.stream, state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)
    if key in _known:
        return _known[key]
    times = _times(path, info, cancel or CancelToken())
    if times.stored is not None:
        _known[key] = times
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return times


def _times(path: Path, info: MediaInfo, cancel: CancelToken) -> FrameTimes:
    """Does the work of `read_times`, without its cache."""
    assert info.video is not None
    step = frame_ticks(info.video.time_base, info.video.fps)
    packets = _packets(path, info)
    begin = _pictures(path, info, CHECKED, cancel)
    if not begin:
        raise damaged(path, "it holds no frame that can be decoded")
    stamps = _of_packets(info, packets, begin)
    stored = stamps if stamps is not None else _pictures(path, info, None, cancel)
    known = [stamp for stamp in stored if stamp is not None]
    if len(known) == len(stored) and all(earlier < later for earlier, later in pairwise(known)):
        return FrameTimes(known)
    even = _pace_of_decoding(info, packets) if info.container == "avi" else None
    shown = increasing(stored, step) if even is None or len(even) != len(stored) else even
    return FrameTimes(shown, stored)


def _pace_of_decoding(info: MediaInfo, packets: Sequence[_Stamps]) -> list[int] | None:
    """The times of decoding as those of showing: all that AVI stores. None where one is missing or repeated."""
    assert info.video is not None
    stamps = sorted(packet.dts for packet in packets if packet.dts is not None)
    if len(stamps) != len(packets) or any(earlier == later for earlier, later in pairwise(stamps)):
        return None
    first = floor_pts(info.video.start, info.video.time_base) - info.origin_pts
    return [stamp - stamps[0] + first for stamp in stamps]


class _Stamps(NamedTuple):
    pts: int | None
    dts: int | None


def _packets(path: Path, info: MediaInfo) -> list[_Stamps]:
    """The stamps of all packets that are shown, from the origin, in the order of decoding."""
    with _stream(path, info) as packets:
        return [
            _Stamps(*(None if stamp is None else stamp - info.origin_pts for stamp in (packet.pts, packet.dts)))
            for packet in packets
            if packet.size and not packet.is_discard
        ]


def _of_packets(info: MediaInfo, packets: Sequence[_Stamps], begin: Sequence[int | None]) -> list[int] | None:
    """What the packets tell of all frames, ascending; None where they cannot be believed.

    That is the case where one has no stamp, parts begin again, or the pictures that `begin` the clip are not the
    packets' first. Packets before the first picture are of those that cannot be decoded.
    """
    assert info.video is not None
    pts = [packet.pts for packet in packets if packet.pts is not None]
    decoding = [packet.dts for packet in packets if packet.dts is not None]
    believed = _INTRA if info.container == "avi" else _ONE_TO_ONE  # AVI stores no times of showing
    if info.video.codec not in believed or len(pts) != len(packets) or begin[0] is None:
        return None
    if any(later < earlier for earlier, later in pairwise(decoding)) or (not decoding and sorted(pts) != pts):
        return None
    stamps = sorted(stamp for stamp in pts if stamp >= begin[0])
    return stamps if stamps[: len(begin)] == list(begin) else None


def _pictures(path: Path, info: MediaInfo, count: int | None, cancel: CancelToken) -> list[int | None]:
    """The decoder's stamps of the first `count` pictures or of all, from the origin. Raises MediaError."""
    seen: list[int | None] = []

    def broken() -> MediaError:
        return damaged(path, f"its picture cannot be decoded after {len(seen)} frames")

    with _stream(path, info) as packets:
        for frame in islice(decoded_pictures(packets, broken), count):
            cancel.check()
            stamp = stamp_of(frame)
            seen.append(None if stamp is None else stamp - info.origin_pts)
    return seen


@contextmanager
def _stream(path: Path, info: MediaInfo) -> Generator[Iterator[Packet[av.VideoStream]]]:
    """The packets of the clip's picture. Raises MediaError where they cannot be read."""
    assert info.video is not None
    with open_input(path) as container:
        stream = container.streams[info.video.stream]
        assert isinstance(stream, av.VideoStream)
        stream.thread_type = "AUTO"
        try:
            yield container.demux(stream)
        except av.error.FFmpegError as error:
            raise damaged(path, "its data cannot be read to the end") from error
