"""Decoding sound: streamed, checked, in step with the picture of the same file."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import av.error
import msgspec
import numpy as np
import soundfile
from numpy.typing import NDArray

from app.core.errors import MediaError
from app.core.timebase import format_time, to_pts
from app.engine.media.content import content_hash
from app.engine.media.mono import StoredSound
from app.engine.media.opening import damaged, open_input
from app.engine.media.probe import MediaInfo, require_audio
from app.engine.replacing import replacing

Samples = NDArray[np.float32]
"""n x channels, in [-1, 1]."""

NETWORK_RATE = 16_000
"""Samples per second that the network's mel spectrogram is made from."""

SHORTEST = Fraction(1, 10)
"""Seconds of sound below which a file is no voice."""

_GAP = Fraction(1, 50)
"""Seconds by which a time stamp may run ahead of the samples before silence fills the hole; below it is jitter."""

_CACHE_VERSION = 1


class Wav(msgspec.Struct, frozen=True):
    """A decoded file of sound."""

    path: Path
    rate: int
    channels: int
    samples: int
    """Per channel."""

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return Fraction(self.samples, self.rate)


def network_audio(path: Path, cache_dir: Path) -> StoredSound:
    """The sound as 16 kHz mono, read from a cache file that is made once per content.

    Sample 0 is the file's origin (`probe.MediaInfo.origin`). Raises MediaError for what is no sound, holds
    NaN or infinite samples, or is shorter than `SHORTEST`.
    """
    cached = cache_dir / f"{content_hash(path)}-{NETWORK_RATE}-v{_CACHE_VERSION}.f32"
    if not cached.exists():
        with whole_file(cached) as temporary, temporary.open("wb") as file:
            for block in decode_blocks(path, NETWORK_RATE, 1):
                file.write(block.tobytes())
    return StoredSound(cached)


@contextmanager
def whole_file(target: Path) -> Generator[Path]:
    """A temporary name beside `target` that takes its place when all went well and vanishes otherwise.

    The folder is made where it is missing. Raises MediaError where the disk refuses.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:
            yield temporary
    except (OSError, soundfile.LibsndfileError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(
            f'"{target}" cannot be written ({reason}): free some room or name another cache folder in REDUB_CACHE.'
        ) from error


def decode_blocks(path: Path, rate: int, channels: int) -> Iterator[Samples]:
    """A file's sound from its origin on, in blocks of n x channels (1 or 2) at `rate`.

    Holes between time stamps are filled with silence. Raises MediaError as `network_audio` does.
    """
    info = require_audio(path)
    layout = "mono" if channels == 1 else "stereo"
    total = 0
    for block in _resampled(path, info, rate, layout):
        total += len(block)
        yield block
    if not total:
        raise MediaError(f'"{path}" holds no sound: its track is empty; give another recording.')
    if Fraction(total, rate) < SHORTEST:
        raise MediaError(f'"{path}" is too short ({total / rate:.3f} s): give at least {float(SHORTEST)} s of sound.')


def _resampled(path: Path, info: MediaInfo, rate: int, layout: str) -> Iterator[Samples]:
    """Blocks of the sound as it is stored, converted; silence in front and in holes."""
    assert info.audio is not None
    resampler = av.AudioResampler("flt", layout, rate)
    width = 1 if layout == "mono" else 2
    position = 0
    for frame in _decoded(path, info):
        gap = _gap_before(frame, info, position)
        for silence in _silence(frame, gap):
            yield from _blocks(resampler, silence, position, width)
            position += silence.samples
        samples = frame.samples
        yield from _blocks(resampler, frame, position, width)
        position += samples
    if position:
        yield from _blocks(resampler, None, position, width)


def _blocks(resampler: av.AudioResampler, frame: av.AudioFrame | None, position: int, width: int) -> Iterator[Samples]:
    """What the resampler gives for a frame; stamps are replaced by a running count, which has no jitter."""
    if frame is not None:
        frame.pts = position
        frame.time_base = Fraction(1, frame.sample_rate)
    for out in resampler.resample(frame):
        yield np.asarray(out.to_ndarray(), np.float32).reshape(-1, width)


def _gap_before(frame: av.AudioFrame, info: MediaInfo, position: int) -> int:
    """Samples of silence between what was decoded so far and this frame; 0 where there are none to fill."""
    assert info.audio is not None
    if frame.pts is None or frame.time_base is None:
        return 0
    time = frame.pts * frame.time_base - info.origin
    ahead = time - Fraction(position, info.audio.rate)
    if position and not _GAP < ahead < info.duration:
        return 0
    return max(0, to_pts(ahead, Fraction(1, info.audio.rate)))


def _silence(like: av.AudioFrame, count: int) -> Iterator[av.AudioFrame]:
    """Frames of silence, at most a second each, in the format of `like`."""
    while count > 0:
        size = min(count, like.sample_rate)
        frame = av.AudioFrame(like.format.name, like.layout.name, size)
        # Unsigned 8-bit samples are silent at 128, all others at 0.
        level = b"\x80" if like.format.name.startswith("u8") else b"\0"
        for plane in frame.planes:
            plane.update(level * plane.buffer_size)
        frame.sample_rate = like.sample_rate
        yield frame
        count -= size


def _decoded(path: Path, info: MediaInfo) -> Iterator[av.AudioFrame]:
    """The stored sound, checked: one rate and layout throughout, finite samples."""
    assert info.audio is not None
    with open_input(path) as container:
        stream = container.streams[info.audio.stream]
        first: tuple[int, str, str] | None = None
        try:
            for frame in container.decode(stream):
                assert isinstance(frame, av.AudioFrame)
                form = frame.sample_rate, frame.layout.name, frame.format.name
                first = first or form
                if form != first or frame.sample_rate != info.audio.rate:
                    raise MediaError(f'"{path}" changes its kind of sound midway: convert it to WAV first.')
                _check_finite(path, frame)
                yield frame
        except av.error.FFmpegError as error:
            raise damaged(path, "its sound cannot be decoded to the end") from error


def _check_finite(path: Path, frame: av.AudioFrame) -> None:
    if not frame.format.name.startswith(("flt", "dbl")):
        return
    if not np.isfinite(frame.to_ndarray()).all():
        where = format_time(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else "some place"
        raise MediaError(f'"{path}" holds NaN or infinite samples at {where}: export the recording anew.')
