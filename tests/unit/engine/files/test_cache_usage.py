"""Counting and clearing the cache."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.core.errors import Cancelled
from app.engine.files.cache_usage import FRESH, KINDS, clear_cache, count_cache
from app.engine.progress import CancelToken


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Three folders with files of known sizes, and one that is not ours."""
    cache = tmp_path / "cache"
    for name, size in (("faces/a.npz", 10), ("faces/b.npz", 20), ("frames/ab/1.png", 300), ("mine/diary.txt", 7)):
        file = cache / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
    return cache


def test_folders_are_counted_with_what_is_below_them(cache: Path) -> None:
    found = {usage.name: (usage.bytes, usage.files) for usage in count_cache(cache)}
    assert found == dict.fromkeys(KINDS, (0, 0)) | {"faces": (30, 2), "frames": (300, 1)}
    assert all(usage.title and usage.text for usage in count_cache(cache))


def test_a_cache_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert not any(usage.files for usage in count_cache(tmp_path / "none"))


def test_only_what_was_named_is_cleared(cache: Path) -> None:
    done = clear_cache(cache, ["faces"])
    assert (done.names, done.bytes, done.files, done.left) == (("faces",), 30, 2, 0)
    assert not list((cache / "faces").iterdir()) and (cache / "frames/ab/1.png").exists()
    clear_cache(cache, KINDS)
    assert not (cache / "frames/ab/1.png").exists() and (cache / "mine/diary.txt").exists()


def test_folders_of_others_are_never_touched(cache: Path) -> None:
    for name in ("mine", "..", "faces/..", ""):
        with pytest.raises(KeyError):
            clear_cache(cache, [name])
    assert (cache / "mine/diary.txt").exists()


def test_links_are_removed_and_not_followed(cache: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "film.mp4").write_bytes(b"x" * 5000)
    (cache / "faces/folder").symlink_to(outside)
    (cache / "faces/file").symlink_to(outside / "film.mp4")
    assert next(usage for usage in count_cache(cache) if usage.name == "faces").bytes < 5000
    clear_cache(cache, ["faces"])
    assert (outside / "film.mp4").exists() and not list((cache / "faces").iterdir())


def test_what_is_being_written_is_left(cache: Path) -> None:
    part, old = cache / "faces/.c.npz.part", cache / "faces/.d.npz.part"
    part.write_bytes(b"x")
    old.write_bytes(b"x")
    os.utime(old, (0, old.stat().st_mtime - FRESH - 10))
    done = clear_cache(cache, ["faces"])
    assert done.left == 1 and part.exists() and not old.exists()


@pytest.mark.parametrize("name", ["7.part", ".7.0a1b2c3d.part.patch", ".clip.0a1b2c3d.part.mp4"])
def test_what_is_being_written_is_left_under_any_of_our_names(cache: Path, name: str) -> None:
    file = cache / "frames/ab" / name
    file.write_bytes(b"x")
    assert clear_cache(cache, ["frames"]).left == 1 and file.exists()


def test_what_cannot_be_removed_is_counted_and_the_rest_goes(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink = Path.unlink

    def refuse(file: Path, missing_ok: bool = False) -> None:
        if file.name == "a.npz":
            raise PermissionError(13, "in use", str(file))
        unlink(file, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    done = clear_cache(cache, ["faces"])
    assert (done.left, done.files, done.bytes) == (1, 1, 20) and (cache / "faces/a.npz").exists()


def test_both_can_be_stopped(cache: Path) -> None:
    stop = CancelToken()
    stop.cancel()
    with pytest.raises(Cancelled):
        count_cache(cache, stop)
    with pytest.raises(Cancelled):
        clear_cache(cache, ["faces"], stop)
    assert (cache / "faces/a.npz").exists()
