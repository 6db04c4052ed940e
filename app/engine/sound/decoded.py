"""Decoded sound kept on disk: one WAV for each content and rate, shared by the waveform, the player and exports."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import soundfile

from app.core.streams import AUTOMATIC, Streams
from app.engine.media.audio import DecodeLog, Samples, Wav, check_whole, decode_blocks
from app.engine.media.content import content_hash
from app.engine.media.probe import require_audio
from app.engine.media.sealed import Draft, Seal, make_whole, place_of, seal_of
from app.engine.progress import CancelToken

BLOCK = 65_536
"""Samples per channel in one block read back from a WAV."""

_RF64_BYTES = 3_500_000_000  # a plain WAV ends at 4 GB
_WAIT = 0.05
_VERSION = 2

_locks: dict[Path, threading.Lock] = {}
_locks_guard = threading.Lock()

OnBlock = Callable[[Samples], None]
"""Receives the sound in order, n x channels at a time."""


class SoundForm(msgspec.Struct, frozen=True):
    """What a file's decoded sound looks like before it is decoded."""

    rate: int
    """Samples per second."""
    channels: int
    """1 or 2."""
    duration: float
    """Seconds, as the file's header has it."""
    warnings: tuple[str, ...] = ()
    """Sentences on which of a file's sounds it is."""


def sound_form(path: Path, rate: int | None = None, streams: Streams = AUTOMATIC) -> SoundForm:
    """How a file is decoded: at its own rate unless another is asked for. Raises MediaError for what is no sound."""
    info = require_audio(path, streams)
    assert info.audio is not None
    channels = 1 if info.audio.channels == 1 else 2
    return SoundForm(rate or info.audio.rate, channels, float(info.duration), info.sound_warnings)


def decoded_path(cache: Path, key: str, rate: int) -> Path:
    """Where a sound at a rate is kept; `key` is as in `Streams.sound_key`."""
    return cache / f"{key}-{rate}-v{_VERSION}.wav"


def decode_cached(
    path: Path,
    cache: Path,
    rate: int | None = None,
    sha256: str = "",
    on_block: OnBlock | None = None,
    cancel: CancelToken | None = None,
    tolerant: bool = False,
    streams: Streams = AUTOMATIC,
) -> Wav:
    """A file's sound as a 32-bit float WAV in `cache`, decoded once for each content and rate.

    At the file's own rate unless another is asked for; mono stays mono, all else becomes stereo (see `downmix`). Sample
    0 is the file's origin, so that a place in the WAV means the same time as in the picture: sound that starts later is
    preceded by silence. `on_block` sees all of the sound, while it is decoded or, where it was already, as it is read
    back. `sha256` spares the hashing where it is known. Two threads that want the same file decode it once. With
    `tolerant`, meant for a clip's own sound, what cannot be decoded is silent and counted, and any length will do.
    Raises MediaError for what is no sound or cannot be written, Cancelled when asked to stop; then nothing is left
    behind.
    """
    cancel = cancel or CancelToken()
    form = sound_form(path, rate, streams)
    target = decoded_path(cache, streams.sound_key(sha256 or content_hash(path, cancel)), form.rate)
    with _alone(target, cancel):
        if seal_of(place_of(target)) is None:
            return _decode(path, target, form, on_block, cancel, tolerant, streams)
    wav = read_back(place_of(target), on_block, cancel)
    if not tolerant:
        check_whole(path, wav.duration, wav.skipped)
    return wav


def read_back(target: Path, on_block: OnBlock | None, cancel: CancelToken) -> Wav:
    """A WAV that was decoded before; its blocks go to `on_block`. Raises Cancelled when asked to stop."""
    seal = seal_of(target) or Seal()
    with soundfile.SoundFile(target) as file:
        wav = Wav(target, file.samplerate, file.channels, file.frames, seal.first)
        while on_block is not None:
            cancel.check()
            block = np.asarray(file.read(BLOCK, "float32", always_2d=True), np.float32)
            if not len(block):
                break
            on_block(block)
    return wav


def _decode(
    path: Path,
    target: Path,
    form: SoundForm,
    on_block: OnBlock | None,
    cancel: CancelToken,
    tolerant: bool,
    streams: Streams,
) -> Wav:
    told, logs = 0, list[DecodeLog]()
    kind = "RF64" if form.duration * form.rate * form.channels * 4 > _RF64_BYTES else "WAV"

    def make(draft: Draft) -> None:
        nonlocal told
        log = DecodeLog()
        with soundfile.SoundFile(draft.path, "w", form.rate, form.channels, "FLOAT", format=kind) as file:
            for block in decode_blocks(path, form.rate, form.channels, tolerant, log, streams=streams):
                cancel.check()
                file.write(block)
                if on_block is not None and log.samples > told:  # the disk may have refused what was told already
                    on_block(block)
                    told = log.samples
        draft.seal = Seal(log.skipped)
        logs.append(log)

    place = make_whole(target, make)
    return Wav(place, form.rate, form.channels, logs[-1].samples, logs[-1].skipped)


@contextmanager
def _alone(target: Path, cancel: CancelToken) -> Generator[None]:
    """Waits until no other thread of this program makes `target`. Raises Cancelled when asked to stop meanwhile."""
    with _locks_guard:
        lock = _locks.setdefault(target, threading.Lock())
    while not lock.acquire(timeout=_WAIT):
        cancel.check()
    try:
        yield
    finally:
        lock.release()
