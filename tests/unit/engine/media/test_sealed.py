"""Cached files are whole or made anew."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.core.errors import MediaError
from app.engine.media.audio import network_audio
from app.engine.media.sealed import Seal, seal_of, whole_file
from app.engine.sound.decoded import decode_cached
from app.engine.sound.peaks import build_peaks
from tests.unit.engine.media.synth import make_wav

SOUND = np.random.default_rng(3).uniform(-0.5, 0.5, 48000).astype(np.float32)


def empty(content: bytes) -> bytes:
    return b""


def zeroed(content: bytes) -> bytes:
    return bytes(len(content))


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    place = len(content) // 3
    return content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :]


def foreign(content: bytes) -> bytes:
    return b"<html>" * 30


DAMAGES = (empty, zeroed, truncated, flipped, foreign)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_removed_and_said_once(
    damage: Callable[[bytes], bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target = tmp_path / "folder" / "kept.bin"
    with whole_file(target) as draft:
        draft.path.write_bytes(bytes(range(200)) * 9)
        draft.seal = Seal(7, -2)
    assert seal_of(target) == Seal(7, -2)
    target.write_bytes(damage(target.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert seal_of(target) is None
        assert seal_of(target) is None
    assert not target.exists()
    assert [record.message for record in caplog.records] == ['"kept.bin" in the cache was damaged: it is made anew.']


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="cannot be written"), whole_file(tmp_path / "kept.bin") as draft:
        draft.path.write_bytes(b"half")
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_sound_and_peaks_are_made_anew(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    source, cache = make_wav(tmp_path / "in.wav", SOUND, 16000), tmp_path / "cache"

    def made() -> tuple[bytes, ...]:
        network_audio(source, cache)
        decode_cached(source, cache)
        build_peaks(source, cache, lambda part: None)
        return tuple(content(file) for file in sorted(cache.iterdir()))

    def content(file: Path) -> bytes:
        # a WAV of floats holds the time at which it was written
        return soundfile.read(file)[0].tobytes() if file.suffix == ".wav" else file.read_bytes()

    whole = made()
    assert len(whole) == 3
    for file in sorted(cache.iterdir()):
        file.write_bytes(damage(file.read_bytes()))
        assert made() == whole
