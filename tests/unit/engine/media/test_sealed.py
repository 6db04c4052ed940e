"""Cached files are whole or made anew."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from app.core.errors import MediaError
from app.engine.media import sealed
from app.engine.media.audio import Samples, network_audio
from app.engine.media.sealed import Seal, seal_file, seal_of, whole_file
from app.engine.replacing import replacing
from app.engine.sound.decoded import decode_cached
from app.engine.sound.peaks import PeakPyramid, build_peaks
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


def read_only(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be made in the folder."""

    @contextmanager
    def refusing(target: Path, **how: Any) -> Generator[Path]:
        if target.is_relative_to(cache):
            raise OSError(errno.EROFS, "Read-only file system")
        with replacing(target, **how) as temporary:
            yield temporary

    monkeypatch.setattr(sealed, "replacing", refusing)


def full(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are refused when they are nearly done."""

    def failing(path: Path, seal: Seal) -> None:
        if path.is_relative_to(cache):
            raise OSError(errno.ENOSPC, "No space left on device")
        seal_file(path, seal)

    monkeypatch.setattr(sealed, "seal_file", failing)


def a_file(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a file where the folder should be."""
    cache.write_bytes(b"x")


def shape(peaks: PeakPyramid) -> NDArray[np.float32]:
    """The whole sound as 100 extremes."""
    return np.stack(peaks.read(0, 0.0, 3.0, 20))


@pytest.mark.parametrize("refusal", [read_only, full, a_file])
def test_a_folder_that_takes_nothing_is_said_once_and_done_without(
    refusal: Callable[[Path, pytest.MonkeyPatch], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = make_wav(tmp_path / "in.wav", SOUND, 16000)
    wanted = build_peaks(source, tmp_path / "good", lambda part: None)
    cache = tmp_path / "cache"
    refusal(cache, monkeypatch)
    blocks: list[Samples] = []
    for _ in range(2):
        assert np.array_equal(network_audio(source, cache)[0:48000], SOUND)
        blocks.clear()
        wav = decode_cached(source, cache, on_block=blocks.append)
        assert wav.samples == 48000 and np.array_equal(np.concatenate(blocks)[:, 0], SOUND)
        found = build_peaks(source, cache, lambda part: None)
        assert found.samples == wanted.samples and np.array_equal(shape(found), shape(wanted))
    (said,) = (record.message for record in caplog.records if "cannot be written" in record.message)
    assert ("made anew next time" in said and not cache.is_dir()) or not list(cache.iterdir())


def test_a_damaged_file_that_cannot_be_removed_is_made_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, cache = make_wav(tmp_path / "in.wav", SOUND, 16000), tmp_path / "cache"
    network_audio(source, cache)
    (kept,) = cache.iterdir()
    kept.write_bytes(flipped(kept.read_bytes()))
    read_only(cache, monkeypatch)

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        sound = network_audio(source, cache)
    assert np.array_equal(sound[0:48000], SOUND)
