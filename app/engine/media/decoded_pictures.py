"""The pictures of a stream as the decoder gives them, from the first one that stands by itself on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import av
import av.error
from av.packet import Packet

from app.core.errors import MediaError

Broken = Callable[[], MediaError]
"""Makes the error for data that cannot be decoded."""


_JOINT = 1
"""Packets between a mark of corruption and the key frame of the next part: a parser is one behind."""


def decoded_pictures(packets: Iterator[Packet[av.VideoStream]], broken: Broken) -> Iterator[av.VideoFrame]:
    """Frames in the order in which they are shown, beginning with a key frame.

    What comes before the first key frame, or is shown before it, refers to pictures that are not there (a clip that
    was cut at an open group of pictures, or a place that was sought): it is never fed, or dropped. Raises `broken()`
    for packets behind that which cannot be decoded, and for those that are marked as corrupt unless a key frame comes
    right after them: in joined transport streams the last packets of each part bear that mark.
    """
    fed = started = False
    since_mark: int | None = None
    for packet in packets:
        fed = fed or packet.is_keyframe
        if not fed:
            continue
        since_mark = None if packet.is_keyframe or since_mark is None else since_mark + 1
        if since_mark is not None and (since_mark > _JOINT or not packet.size):
            raise broken()
        if packet.is_corrupt and since_mark is None:
            since_mark = 0
        try:
            frames = packet.decode()
        except av.error.FFmpegError as error:
            raise broken() from error
        for frame in frames:
            started = started or frame.key_frame
            if started:
                yield frame


def stamp_of(frame: av.VideoFrame) -> int | None:
    """The time stamp in ticks as the decoder knows it: of showing, else of decoding."""
    return frame.dts if frame.pts is None else frame.pts
