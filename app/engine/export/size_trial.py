"""How large an export will be, found out by encoding a little of it: no table knows how much a picture moves."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import av
import msgspec

from app.core.timebase import TimeRange, frame_ticks
from app.engine.media.clip import Clip
from app.engine.media.encoders import EncoderSettings
from app.engine.media.opening import ffmpeg_name
from app.engine.media.reader import VideoReader
from app.engine.media.writer import VideoWriter
from app.engine.progress import CancelToken

STRETCHES, FRAMES = 4, 24
"""So many stretches of so many frames are encoded, spread evenly; shorter clips as a whole."""
KEY_SPACING = 250
"""Frames from one key frame to the next where nothing is cut: the usual one of encoders for delivery."""


class SizeTrial(msgspec.Struct, frozen=True):
    """Bytes of an encoded picture, on average."""

    key: float
    """Of a key frame."""
    other: float
    """Of the frames between; 0 where all are key frames."""
    cuts: float
    """Key frames that the encoder set at cuts, for each frame."""

    def picture_bytes(self, frames: int) -> int:
        """Of so many frames."""
        keys = frames if not self.other else -(-frames // KEY_SPACING) + self.cuts * frames
        return round(keys * self.key + max(0.0, frames - keys) * self.other)


def try_size(clip: Clip, settings: EncoderSettings, span: TimeRange, cancel: CancelToken) -> SizeTrial:
    """Encodes a little of `span` (seconds of the clip) as the export would, without sound, and throws it away.

    Raises MediaError where it cannot be decoded or encoded, Cancelled when told to stop.
    """
    keys: list[int] = []
    others: list[int] = []
    pieces = _stretches(clip.indices_in(span))
    with VideoReader(Path(clip.path), clip.times) as reader, tempfile.TemporaryDirectory() as folder:
        for number, piece in enumerate(pieces):
            file = Path(folder) / f"{number}.mov"
            _encode(reader, clip, settings, piece, file, cancel)
            sizes = _packet_sizes(file)
            keys += [size for is_key, size in sizes if is_key]
            others += [size for is_key, size in sizes if not is_key]
    shown = len(keys) + len(others)
    return SizeTrial(
        key=sum(keys) / max(1, len(keys)),
        other=sum(others) / max(1, len(others)),
        cuts=max(0, len(keys) - len(pieces)) / max(1, shown),
    )


def _stretches(indices: range) -> list[range]:
    """Which frames are encoded."""
    if len(indices) <= STRETCHES * FRAMES:
        return [indices] if indices else []
    step = (len(indices) - FRAMES) / (STRETCHES - 1)
    return [indices[round(k * step) : round(k * step) + FRAMES] for k in range(STRETCHES)]


def _encode(
    reader: VideoReader, clip: Clip, settings: EncoderSettings, piece: range, file: Path, cancel: CancelToken
) -> None:
    base = reader.video.time_base
    start = clip.time_of(piece[0])
    stop = clip.time_of(piece[-1]) + Fraction(1, 2) * base
    with VideoWriter(file, reader.size, base, reader.video.fps, settings=settings) as writer:
        first: int | None = None
        for frame in reader.frames(start, stop):
            cancel.check()
            first = frame.pts if first is None else first
            writer.write(frame.yuv, frame.pts - first, frame_ticks(base, reader.video.fps))


def _packet_sizes(file: Path) -> list[tuple[bool, int]]:
    """(whether it is a key frame, bytes) of each picture."""
    with av.open(ffmpeg_name(file)) as container:
        return [(packet.is_keyframe, packet.size) for packet in container.demux(video=0) if packet.size]
