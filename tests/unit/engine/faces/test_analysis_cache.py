"""Analyses come back from disk as they were, or are made anew."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from app.engine.faces import analysis_cache
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.faces.analysis_cache import (
    AnalysisCache,
    CacheState,
    DamagedCacheError,
    read_analysis,
    write_analysis,
)
from models import weights


def _track(number: int, start: int, count: int) -> FaceTrack:
    rng = np.random.default_rng(number)
    return FaceTrack(
        id=number,
        face=number % 2,
        start=start,
        points=rng.normal(size=(count, 68, 2)).astype(np.float32),
        scores=rng.random(count).astype(np.float32),
        interpolated=rng.random(count) < 0.3,
    )


def _analysis(tracks: int = 3) -> FaceAnalysis:
    return FaceAnalysis(
        size=(640, 360),
        times=tuple(Fraction(1001 * k, 30000) for k in range(90)),
        cuts=(30, 61),
        tracks=tuple(_track(k, 30 * k, 25 + k) for k in range(tracks)),
        detector="facemesh",
        detector_version="0.10.21",
    )


def _same(a: FaceAnalysis, b: FaceAnalysis) -> bool:
    heads = [(x.size, x.times, x.cuts, x.detector, x.detector_version, len(x.tracks)) for x in (a, b)]
    return heads[0] == heads[1] and all(
        (t.id, t.face, t.start) == (u.id, u.face, u.start)
        and np.array_equal(t.points, u.points)
        and np.array_equal(t.scores, u.scores)
        and np.array_equal(t.interpolated, u.interpolated)
        for t, u in zip(a.tracks, b.tracks, strict=True)
    )


def _never() -> FaceAnalysis:
    raise AssertionError("the detector was called")


@pytest.mark.parametrize("tracks", [0, 1, 3])
def test_round_trip(tmp_path: Path, tracks: int) -> None:
    """Exact times, arrays to the bit; also of a clip without a face."""
    write_analysis(tmp_path / "a.npz", _analysis(tracks))
    assert _same(read_analysis(tmp_path / "a.npz"), _analysis(tracks))
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_the_second_time_nothing_is_made(tmp_path: Path) -> None:
    """A folder that does not exist yet is made."""
    cache = AnalysisCache(tmp_path / "new" / "faces")
    made, state = cache.get_or_make("abc", "facemesh", _analysis)
    assert state is CacheState.MISSING
    found, state = cache.get_or_make("abc", "facemesh", _never)
    assert state is CacheState.FOUND and _same(made, found)


def test_other_clip_detector_or_version_is_another_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key holds all three."""
    cache = AnalysisCache(tmp_path)
    paths = {cache.path("abc", "facemesh"), cache.path("abd", "facemesh"), cache.path("abc", "face-alignment")}
    monkeypatch.setattr(analysis_cache, "ANALYSIS_VERSION", analysis_cache.ANALYSIS_VERSION + 1)
    assert len(paths | {cache.path("abc", "facemesh")}) == 4
    assert cache.path("../../etc/x", "a/b").parent == tmp_path


def test_other_networks_are_another_version() -> None:
    """Whoever changes the weights that faces are found with raises the version, and both here."""
    networks = weights.checked_file(weights.FACES).read_bytes()
    assert (analysis_cache.ANALYSIS_VERSION, hashlib.sha256(networks).hexdigest()[:8]) == (3, "320f0b8a")


@pytest.mark.parametrize("damage", ["truncated", "flipped", "text", "empty", "packed", "other arrays"])
def test_damaged_file_is_replaced_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    """By the returned state and in the log."""
    cache = AnalysisCache(tmp_path)
    cache.get_or_make("abc", "facemesh", _analysis)
    path = cache.path("abc", "facemesh")
    whole = path.read_bytes()
    middle, method = len(whole) // 2, whole.rfind(b"PK\x01\x02") + 10
    path.write_bytes(
        {
            "truncated": whole[:middle],
            "flipped": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
            "text": b"not an archive",
            "empty": b"",
            "packed": whole[:method] + b"M" + whole[method + 1 :],
            "other arrays": whole,
        }[damage]
    )
    if damage == "other arrays":
        np.savez(path, head=np.zeros(3, np.uint8))
    with pytest.raises(DamagedCacheError):
        read_analysis(path)
    _, state = cache.get_or_make("abc", "facemesh", _analysis)
    assert state is CacheState.DAMAGED
    assert "damaged" in caplog.text
    assert cache.get_or_make("abc", "facemesh", _never)[1] is CacheState.FOUND


def test_what_cannot_be_kept_is_still_returned(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file stands where the folder should be."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    analysis, state = AnalysisCache(blocked).get_or_make("abc", "facemesh", _analysis)
    assert state is CacheState.MISSING and _same(analysis, _analysis())
    assert "could not be kept" in caplog.text


def test_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a half file nor a temporary one."""

    def fail(*_args: object, **_arrays: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        write_analysis(tmp_path / "a.npz", _analysis())
    assert list(tmp_path.iterdir()) == []


def test_any_flipped_bit_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_analysis(path, _analysis(1))
    whole = path.read_bytes()
    for place in np.random.default_rng(3).integers(0, 8 * len(whole), 60):
        data = bytearray(whole)
        data[place // 8] ^= 1 << place % 8
        path.write_bytes(bytes(data))
        with pytest.raises(DamagedCacheError):
            read_analysis(path)
    for data in (b"", bytes(len(whole)), whole[:-1]):
        path.write_bytes(data)
        with pytest.raises(DamagedCacheError):
            read_analysis(path)
