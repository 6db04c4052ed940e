"""Decoding sound: streamed, checked, in step with the picture of the same file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import MediaError
from app.core.streams import AUTOMATIC, Streams
from app.core.timebase import format_time, to_pts
from app.engine.media.content import content_hash
from app.engine.media.downmix import PhaseWatch, Weights, mono_weights, stereo_weights
from app.engine.media.mono import StoredSound
from app.engine.media.opening import damaged, open_input
from app.engine.media.probe import MediaInfo, require_audio
from app.engine.media.sealed import SEAL_BYTES, Draft, Seal, make_whole, place_of, seal_of

Samples = NDArray[np.float32]
"""n x channels, in [-1, 1]."""

NETWORK_RATE = 16_000
"""Samples per second that the network's mel spectrogram is made from."""

SHORTEST = Fraction(1, 10)
"""Shortest voice, in seconds, that a dub accepts."""

_GAP = Fraction(1, 50)
"""Seconds by which a time stamp may run ahead of the samples before silence fills the hole; below it is jitter."""

SILENT = 1e-4
"""The largest sample of a sound that nobody hears: -80 dB."""

_CACHE_VERSION = 2
_PIECE = 1 << 20


class Wav(msgspec.Struct, frozen=True):
    """A decoded file of sound."""

    path: Path
    rate: int
    channels: int
    samples: int
    """How many samples there are per channel."""
    skipped: int = 0
    """How many places could not be decoded and are silent; only a clip's own sound may have any."""

    @property
    def duration(self) -> Fraction:
        """How long the sound lasts, in seconds."""
        return Fraction(self.samples, self.rate)


class DecodeLog:
    """Counts what was decoded and what had to be skipped."""

    def __init__(self) -> None:
        self.skipped = 0
        """Packets that could not be decoded, and blocks with NaN or infinite samples."""
        self.samples = 0
        """Samples per channel that were decoded."""
        self.watch = PhaseWatch()


def network_audio(path: Path, cache_dir: Path, tolerant: bool = False, streams: Streams = AUTOMATIC) -> StoredSound:
    """The sound as 16 kHz mono, read from a cache file that is made once per content.

    Sample 0 is the file's origin (`probe.MediaInfo.origin`). The channels are mixed; where they cancel one another
    the loudest of them is heard alone (`StoredSound.channel`). Raises MediaError for what is no sound and, unless
    `tolerant`, for what is damaged, holds NaN or infinite samples, or is shorter than `SHORTEST`.
    """
    cached = cache_dir / f"{streams.sound_key(content_hash(path))}-{NETWORK_RATE}-v{_CACHE_VERSION}.f32"
    seal = seal_of(place_of(cached)) or _make_network_audio(path, cached, tolerant, streams)
    sound = StoredSound(place_of(cached), SEAL_BYTES, seal.second - 1 if seal.second else None)
    if not tolerant:
        check_whole(path, Fraction(len(sound), NETWORK_RATE), seal.first)
    return sound


def _make_network_audio(path: Path, cached: Path, tolerant: bool, streams: Streams) -> Seal:
    """The seal of the new file: skipped places, and 1 + the channel that is heard alone."""

    def make(draft: Draft) -> None:
        log = _write_mono(path, draft.path, tolerant, None, streams)
        channel = log.watch.channel_to_hear()
        if channel is not None:
            log = _write_mono(path, draft.path, tolerant, channel, streams)
        draft.seal = Seal(log.skipped, 0 if channel is None else channel + 1)
        seals.append(draft.seal)

    seals: list[Seal] = []
    make_whole(cached, make)
    return seals[-1]


def _write_mono(path: Path, target: Path, tolerant: bool, channel: int | None, streams: Streams) -> DecodeLog:
    log = DecodeLog()
    with target.open("wb") as file:
        for block in decode_blocks(path, NETWORK_RATE, 1, tolerant, log, channel, streams):
            file.write(block.tobytes())
    return log


def heard_note(path: Path, sound: StoredSound) -> str:
    """What a user should know of how the network hears a voice; empty for an ordinary one."""
    if sound.channel is not None:
        return (
            f'The channels of "{path}" are in opposite phase and cancel each other out: '
            f"the network hears channel {sound.channel + 1} alone."
        )
    pieces = (sound[first : first + _PIECE] for first in range(0, len(sound), _PIECE))
    if all(np.abs(piece).max(initial=0) < SILENT for piece in pieces):
        return f'"{path}" is silent throughout, so the mouth would stay shut: check that it is the right recording.'
    return ""


def check_whole(path: Path, duration: Fraction, skipped: int) -> None:
    """Raises MediaError where a voice of so many seconds, with so many `skipped` places, is no whole recording."""
    if skipped:
        raise damaged(path, "its sound cannot be decoded to the end")
    if not duration:
        raise MediaError(f'"{path}" holds no sound: its track is empty; choose another recording.')
    if duration < SHORTEST:
        raise MediaError(
            f'"{path}" is too short ({float(duration):.3f} s): give at least {float(SHORTEST)} s of sound.'
        )


def decode_blocks(
    path: Path,
    rate: int,
    channels: int,
    tolerant: bool = False,
    log: DecodeLog | None = None,
    only: int | None = None,
    streams: Streams = AUTOMATIC,
) -> Iterator[Samples]:
    """A file's sound from its origin on, in blocks of n x channels (1 or 2) at `rate`.

    Holes between time stamps are filled with silence; with `tolerant`, so is what cannot be decoded. Rate and layout
    may change on the way. `only` takes a single channel of the file instead of the mix. Raises MediaError as
    `network_audio` does.
    """
    info = require_audio(path, streams)
    log = log or DecodeLog()

    def weights(layout: av.AudioLayout) -> Weights:
        if only is not None and only < layout.nb_channels:
            return np.eye(layout.nb_channels)[only : only + 1]
        return mono_weights(layout) if channels == 1 else stereo_weights(layout)

    for block in _at_rate(_mixed(_channels(path, info, tolerant, log), weights, log), rate, channels):
        log.samples += len(block)
        yield block
    if not tolerant:
        check_whole(path, Fraction(log.samples, rate), 0)


class _Block(msgspec.Struct, frozen=True):
    """A stretch of sound as it is stored, n x channels."""

    samples: Samples
    rate: int
    layout: av.AudioLayout


def _mixed(
    blocks: Iterable[_Block], weights_of: Callable[[av.AudioLayout], Weights], log: DecodeLog
) -> Iterator[tuple[Samples, int]]:
    """The channels of each block mixed; (n x width, rate)."""
    for block in blocks:
        weights = weights_of(block.layout)
        if len(weights) == 1:
            log.watch.add(block.samples, weights)
        plain = np.array_equal(weights, np.eye(block.samples.shape[1]))
        yield block.samples if plain else (block.samples @ weights.T).astype(np.float32), block.rate


def _at_rate(blocks: Iterable[tuple[Samples, int]], rate: int, width: int) -> Iterator[Samples]:
    """The blocks at one rate; a change of theirs is no cut."""
    layout = "mono" if width == 1 else "stereo"
    resampler, of_rate, position = None, rate, 0
    for samples, own in blocks:
        if own != of_rate:
            yield from _resample(resampler, None, width)
            resampler = av.AudioResampler("flt", layout, rate) if own != rate else None
            of_rate, position = own, 0
        if resampler is None:
            yield samples
            continue
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), "flt", layout)
        frame.sample_rate, frame.pts, frame.time_base = own, position, Fraction(1, own)
        position += len(samples)
        yield from _resample(resampler, frame, width)
    yield from _resample(resampler, None, width)


def _resample(resampler: av.AudioResampler | None, frame: av.AudioFrame | None, width: int) -> Iterator[Samples]:
    """What the resampler gives for a frame, or at the end for None."""
    for out in resampler.resample(frame) if resampler is not None else ():
        yield np.asarray(out.to_ndarray(), np.float32).reshape(-1, width)


def _channels(path: Path, info: MediaInfo, tolerant: bool, log: DecodeLog) -> Iterator[_Block]:
    """The sound as it is stored, as floats; silence in front and in holes."""
    position, skipped = Fraction(0), 0
    for frame in _decoded(path, info, tolerant, log):
        gap = _gap_before(frame, info, position, log.skipped > skipped)
        skipped = log.skipped
        for size in _parts(gap, frame.sample_rate):
            yield _Block(np.zeros((size, frame.layout.nb_channels), np.float32), frame.sample_rate, frame.layout)
        yield _Block(_finite(path, frame, tolerant, log), frame.sample_rate, frame.layout)
        position += Fraction(gap + frame.samples, frame.sample_rate)


def _parts(count: int, most: int) -> Iterator[int]:
    """Splits `count` into parts of at most `most`."""
    while count > 0:
        yield min(count, most)
        count -= most


def _gap_before(frame: av.AudioFrame, info: MediaInfo, position: Fraction, lost: bool) -> int:
    """Samples of silence between what was decoded so far (seconds) and this frame; 0 where there are none to fill.

    `lost`: what lay between could not be decoded, so that even a small hole is one.
    """
    if frame.pts is None or frame.time_base is None:
        return 0
    ahead = frame.pts * frame.time_base - info.origin - position
    if position and not (0 if lost else _GAP) < ahead < info.duration:
        return 0
    return max(0, to_pts(ahead, Fraction(1, frame.sample_rate)))


def _decoded(path: Path, info: MediaInfo, tolerant: bool, log: DecodeLog) -> Iterator[av.AudioFrame]:
    """The stored sound; what cannot be decoded is counted where that is tolerated, MediaError elsewhere."""
    assert info.audio is not None
    with open_input(path) as container:
        packets = container.demux(container.streams[info.audio.stream])
        while True:
            frames: list[av.AudioFrame] = []
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as error:
                _skip(path, tolerant, log, error)
                return
            if packet is None:
                return
            try:
                frames = [frame for frame in packet.decode() if isinstance(frame, av.AudioFrame)]
            except av.error.FFmpegError as error:
                _skip(path, tolerant, log, error)
            yield from frames


def _skip(path: Path, tolerant: bool, log: DecodeLog, error: av.error.FFmpegError) -> None:
    if not tolerant:
        raise damaged(path, "its sound cannot be decoded to the end") from error
    log.skipped += 1


def _finite(path: Path, frame: av.AudioFrame, tolerant: bool, log: DecodeLog) -> Samples:
    """The frame's samples, n x channels; NaN and infinite ones are refused, or silent where that is tolerated."""
    channels, pts = frame.layout.nb_channels, frame.pts
    # Interleaved: PyAV reads no more than eight planes.
    packed = av.AudioResampler("flt", frame.layout, frame.sample_rate).resample(frame)
    arrays = [np.asarray(part.to_ndarray(), np.float32).reshape(-1, channels) for part in packed]
    samples = np.concatenate(arrays) if arrays else np.zeros((0, channels), np.float32)
    good = np.isfinite(samples)
    if good.all():
        return samples
    if not tolerant:
        where = format_time(pts * frame.time_base) if pts is not None and frame.time_base else "some place"
        raise MediaError(f'"{path}" holds NaN or infinite samples at {where}: export the recording again.')
    log.skipped += 1
    return np.where(good, samples, np.float32(0))
