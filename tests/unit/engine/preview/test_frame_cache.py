"""Patches in files, and the two tiers that keep them."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.render_plan import frame_name
from app.engine.files.cache_usage import FRESH
from app.engine.preview.frame_cache import FrameCache
from app.engine.preview.frame_disk import WAITING_BYTES
from app.engine.preview.frame_tiers import SUFFIX, write_file
from app.engine.preview.patch import EMPTY, DamagedPatchError, Patch, decode_patch, encode_patch
from app.engine.replacing import claim

PLENTY = 1 << 30


def patch(seed: int, height: int = 8, width: int = 12) -> Patch:
    """A patch of noise, which a PNG cannot make smaller."""
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Patch(2 * seed, 4, rgb)


def same(one: Patch | None, other: Patch) -> bool:
    return one is not None and (one.left, one.top) == (other.left, other.top) and np.array_equal(one.rgb, other.rgb)


def key(index: int, digest: str = "d0") -> str:
    return frame_name(digest, index)


@pytest.mark.parametrize("one", [patch(1), patch(2, 1, 1), EMPTY], ids=["noise", "pixel", "empty"])
def test_a_patch_survives_a_file(one: Patch) -> None:
    assert same(decode_patch(encode_patch(one)), one)


def test_a_damaged_patch_is_known() -> None:
    data = encode_patch(patch(3))
    for broken in (b"", data[:10], data[:-1], data[:-20] + bytes(20), b"x" + data[1:], data + b"more"):
        with pytest.raises(DamagedPatchError):
            decode_patch(broken)
    for place in range(0, 8 * len(data), 7):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(DamagedPatchError):
            decode_patch(bytes(flipped))


def test_memory_alone() -> None:
    cache = FrameCache(PLENTY)
    assert key(1) not in cache and cache.get(key(1)) is None
    cache.put(key(1), patch(1))
    assert key(1) in cache and same(cache.get(key(1)), patch(1)) and cache.disk_used == 0
    cache.clear()
    assert key(1) not in cache and cache.memory_used == 0


def test_what_was_used_last_stays() -> None:
    cache = FrameCache(3 * patch(0).nbytes)
    for index in range(3):
        cache.put(key(index), patch(index))
    cache.get(key(0))
    cache.put(key(3), patch(3))
    assert [key(index) in cache for index in range(4)] == [True, False, True, True]
    cache.touch([key(2)])
    cache.put(key(4), patch(4))
    assert [key(index) in cache for index in range(5)] == [False, False, True, True, True]
    assert cache.ready("d0") == {2, 3, 4}


def test_disk_outlasts_memory_and_a_restart(tmp_path: Path) -> None:
    cache = FrameCache(patch(0).nbytes, tmp_path, PLENTY)
    for index in range(5):
        cache.put(key(index), patch(index))
    cache.flush()
    assert cache.memory_used == patch(0).nbytes
    assert all(same(cache.get(key(index)), patch(index)) for index in range(5))
    again = FrameCache(PLENTY, tmp_path, PLENTY)
    assert not again.is_open and again.disk_used == cache.disk_used and again.is_open
    assert again.ready("d0") == {0, 1, 2, 3, 4}
    assert all(same(again.get(key(index)), patch(index)) for index in range(5))


def test_a_restart_remembers_the_order(tmp_path: Path) -> None:
    cache = FrameCache(PLENTY, tmp_path, PLENTY)
    for index in range(4):
        cache.put(key(index), patch(index))
    cache.flush()
    for age, index in enumerate([2, 0, 3, 1]):
        os.utime(tmp_path / "d0" / f"{index}{SUFFIX}", (1000 + age, 1000 + age))
    each = cache.disk_used // 4
    again = FrameCache(PLENTY, tmp_path, 2 * each + each // 2)
    again.open()
    assert again.ready("d0") == {3, 1}
    again.flush()
    assert sorted(path.stem for path in tmp_path.rglob(f"*{SUFFIX}")) == ["1", "3"]


def test_a_damaged_file_is_dropped_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = FrameCache(0, tmp_path, PLENTY)
    lost: list[int] = []
    cache.on_lost(lambda: lost.append(1))
    cache.put(key(1), patch(1))
    cache.put(key(2), patch(2))
    cache.flush()
    file = tmp_path / "d0" / f"1{SUFFIX}"
    file.write_bytes(file.read_bytes()[:-4])
    (tmp_path / "d0" / f"2{SUFFIX}").unlink()
    with caplog.at_level(logging.WARNING):
        assert cache.get(key(1)) is None and cache.get(key(2)) is None
    assert len(caplog.records) == 2 and "rendered again" in caplog.text and str(file) in caplog.text
    assert key(1) not in cache and not file.exists() and cache.disk_used == 0 and len(lost) == 2


def test_left_overs_and_strangers_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "d0").mkdir()
    (tmp_path / "d0" / "7.part").write_bytes(b"half")
    (tmp_path / "d0" / "notes.txt").write_text("mine")
    (tmp_path / "stray.patch").write_bytes(b"?")
    left = time.time() - FRESH - 10
    os.utime(tmp_path / "d0" / "7.part", (left, left))
    cache = FrameCache(PLENTY, tmp_path, PLENTY)
    assert cache.disk_used == 0
    cache.clear()
    cache.flush()
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["notes.txt", "stray.patch"]


def test_another_editors_work_in_progress_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "d0").mkdir()
    names = ["7.part", f".8.0a1b2c3d.part{SUFFIX}"]
    for name in names:
        (tmp_path / "d0" / name).write_bytes(b"half")
    lock = claim(tmp_path / "d0" / names[1])
    cache = FrameCache(PLENTY, tmp_path, PLENTY)
    cache.open()
    cache.put(key(7), patch(7))
    cache.flush()
    if lock is not None:
        lock.release()
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == sorted([*names, f"7{SUFFIX}"])


def test_two_editors_write_the_same_frame_under_names_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[str] = []
    true = Path.replace

    def watched(self: Path, target: Path) -> Path:
        used.append(self.name)
        return true(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    for _ in range(2):
        write_file(tmp_path / "d0" / f"7{SUFFIX}", b"whole")
    assert len(set(used)) == 2 and all(name.startswith(".") for name in used)


def test_a_file_that_vanishes_while_the_folder_is_looked_at_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = FrameCache(PLENTY, tmp_path, PLENTY)
    for index in range(3):
        first.put(key(index), patch(index))
    first.put(key(1, "locked"), patch(1))
    first.flush()
    true = os.scandir

    class Listed:
        """Folder d0 as it was before another editor removed frame 1; folder "locked" may not be read."""

        def __init__(self, folder: Path) -> None:
            if Path(folder).name == "locked":
                raise PermissionError(13, "Permission denied", str(folder))
            self._entries = true(folder)

        def __enter__(self) -> list[os.DirEntry[str]]:
            entries = list(self._entries)
            (tmp_path / "d0" / f"1{SUFFIX}").unlink(missing_ok=True)
            return entries

        def __exit__(self, *_: object) -> None:
            self._entries.close()

    monkeypatch.setattr("app.engine.preview.frame_tiers.os.scandir", Listed)
    again = FrameCache(PLENTY, tmp_path, PLENTY)
    again.open()
    assert again.ready("d0") == {0, 2} and again.ready("locked") == set() and not again.disk_problem


def test_a_folder_that_cannot_be_listed_leaves_memory_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(folder: Path) -> object:
        raise PermissionError(13, "Permission denied", str(folder))

    with monkeypatch.context() as context:
        context.setattr("app.engine.preview.frame_tiers.os.scandir", refuse)
        cache = FrameCache(PLENTY, tmp_path, PLENTY)
        cache.open()
        assert cache.is_open and f'"{tmp_path}" (Permission denied)' in cache.disk_problem
        cache.put(key(1), patch(1))
        cache.flush()
    assert same(cache.get(key(1)), patch(1)) and not list(tmp_path.iterdir()) and len(caplog.records) == 1
    cache.set_limits(PLENTY, PLENTY)  # another try
    cache.put(key(2), patch(2))
    cache.flush()
    assert not cache.disk_problem and (tmp_path / "d0" / f"2{SUFFIX}").is_file()


def test_a_folder_that_is_removed_while_a_file_is_written_to_it_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, removed = Path.write_bytes, [False]

    def late(self: Path, data: bytes) -> int:
        if not removed[0]:
            removed[0] = True
            shutil.rmtree(self.parent)
        return true(self, data)

    monkeypatch.setattr(Path, "write_bytes", late)
    cache = FrameCache(0, tmp_path, PLENTY)
    cache.put(key(1), patch(1))
    cache.flush()
    assert not cache.disk_problem and same(cache.get(key(1)), patch(1))


@pytest.mark.parametrize("limit", ["limit 0", "no folder"])
def test_without_a_disk_memory_alone_tells_the_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    def refuse(_patch: Patch) -> bytes:
        raise AssertionError("encoded for nothing")

    monkeypatch.setattr("app.engine.preview.frame_disk.encode_patch", refuse)
    cache = FrameCache(10 * patch(0).nbytes, tmp_path if limit == "limit 0" else None, 0 if limit == "limit 0" else 99)
    for index in range(8):
        cache.put(key(index), patch(index))
    cache.flush()
    assert cache.room == 9 and cache.crowded and not cache.disk_problem
    assert not list(tmp_path.iterdir())


def refusal(error: BaseException) -> Callable[[Patch], bytes]:
    def refuse(_patch: Patch) -> bytes:
        raise error

    return refuse


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [ValueError("no PNG"), MemoryError(), ZeroDivisionError("a bug")])
def test_a_writer_that_fails_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("app.engine.preview.frame_disk.encode_patch", refusal(error))
    cache = FrameCache(0, tmp_path, PLENTY)
    lost: list[int] = []
    cache.on_lost(lambda: lost.append(1))
    large = patch(1, 2048, 4096)
    done = threading.Event()

    def put_all() -> None:
        for index in range(2 + 2 * WAITING_BYTES // large.nbytes):
            cache.put(key(index), large)
        cache.flush()
        done.set()

    threading.Thread(target=put_all, daemon=True).start()
    assert done.wait(60)
    assert "cannot be kept" in cache.disk_problem and lost and cache.ready("d0") == set()


def test_limits_and_clearing_may_come_before_the_folder_was_looked_at(tmp_path: Path) -> None:
    first = FrameCache(PLENTY, tmp_path, PLENTY)
    for index in range(10):
        first.put(key(index), patch(index))
        first.flush()
        os.utime(tmp_path / "d0" / f"{index}{SUFFIX}", (1000 + index, 1000 + index))
    each = first.disk_used // 10
    again = FrameCache(PLENTY, tmp_path, PLENTY)
    again.set_limits(1234, 3 * each + 1)
    assert (again.memory_bytes, again.disk_bytes) == (1234, 3 * each + 1)
    again.open()
    again.flush()
    assert again.ready("d0") == {7, 8, 9} and len(list(tmp_path.rglob(f"*{SUFFIX}"))) == 3
    third = FrameCache(PLENTY, tmp_path, PLENTY)
    third.clear()
    third.open()
    third.flush()
    assert third.ready("d0") == set() and third.disk_used == 0 and not list(tmp_path.iterdir())


def test_limits_and_clearing_touch_no_file_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = FrameCache(PLENTY, tmp_path, PLENTY)
    for index in range(10):
        cache.put(key(index), patch(index))
    cache.flush()
    true, threads = Path.unlink, set[int]()

    def watched(self: Path, missing_ok: bool = False) -> None:
        threads.add(threading.get_ident())
        true(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", watched)
    lost: list[int] = []
    cache.on_lost(lambda: lost.append(len(cache.ready("d0"))))
    cache.set_limits(0, cache.disk_used // 2)
    cache.flush()
    assert len(list(tmp_path.rglob(f"*{SUFFIX}"))) == 5 and lost[-1] == 5
    cache.clear()
    cache.flush()
    assert not list(tmp_path.iterdir()) and threads and threading.get_ident() not in threads


def test_a_disk_that_cannot_be_written_to_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = FrameCache(PLENTY, tmp_path / "file", PLENTY)
    with caplog.at_level(logging.WARNING):
        for index in range(3):
            cache.put(key(index), patch(index))
            cache.flush()
    assert len(caplog.records) == 1 and "cannot be kept" in cache.disk_problem
    assert cache.ready("d0") == {0, 1, 2}


def test_clearing_removes_the_files(tmp_path: Path) -> None:
    cache = FrameCache(PLENTY, tmp_path, PLENTY)
    for index in range(20):
        cache.put(key(index, f"d{index % 2}"), patch(index))
    cache.clear()
    assert cache.memory_used == cache.disk_used == 0
    cache.flush()
    assert not list(tmp_path.iterdir())
    cache.put(key(1), patch(1))
    cache.flush()
    assert same(FrameCache(0, tmp_path, PLENTY).get(key(1)), patch(1))


def test_smaller_limits_hold_in_memory_at_once_and_on_disk_soon(tmp_path: Path) -> None:
    cache = FrameCache(PLENTY, tmp_path, PLENTY)
    for index in range(10):
        cache.put(key(index), patch(index))
    cache.flush()
    each = cache.disk_used // 10
    cache.set_limits(2 * patch(0).nbytes, 3 * each + 1)
    assert cache.memory_used <= 2 * patch(0).nbytes
    cache.flush()
    assert cache.disk_used <= 3 * each + 1
    assert cache.ready("d0") == {7, 8, 9}
    assert cache.room == 2


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "get", "touch", "clear", "limit"]), st.integers(0, 6), st.integers(1, 30), st.booleans()
    ),
    max_size=40,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.booleans())
def test_the_bounds_always_hold(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int, bool]], disk: bool
) -> None:
    """Whatever is done: no tier exceeds its bound, and what is said to be there can be had, as it was put in."""
    folder = tmp_path_factory.mktemp("cache")
    cache = FrameCache(4000, folder if disk else None, 5000)
    put: dict[str, Patch] = {}
    trimmed = True
    for what, index, size, wait in steps:
        name = key(index)
        if what == "put" and name not in cache:
            put[name] = patch(index, size, size)
            cache.put(name, put[name])
        elif what == "get":
            found = cache.get(name)
            assert found is None or same(found, put[name])
        elif what == "touch":
            cache.touch([name])
        elif what == "clear":
            cache.clear()
        elif what == "limit":
            cache.set_limits(size * 200, size * 200)
            trimmed = False
        if wait:
            cache.flush()
            trimmed = True
        assert cache.memory_used <= cache.memory_bytes
        assert not trimmed or cache.disk_used <= cache.disk_bytes
    cache.flush()
    files = list(folder.rglob(f"*{SUFFIX}"))
    assert sum(file.stat().st_size for file in files) == cache.disk_used <= cache.disk_bytes
    for index in cache.ready("d0"):
        assert same(cache.get(key(index)), put[key(index)])
    assert cache.ready("d0") >= {int(file.stem) for file in files}


def test_many_threads_at_once(tmp_path: Path) -> None:
    cache = FrameCache(20 * patch(0).nbytes, tmp_path, 8000)
    wrong: list[str] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for index in rng.integers(0, 40, 150):
            found = cache.get(key(int(index)))
            if found is None:
                cache.put(key(int(index)), patch(int(index)))
            elif not same(found, patch(int(index))):
                wrong.append(key(int(index)))
            if cache.memory_used > cache.memory_bytes or cache.disk_used > cache.disk_bytes:
                wrong.append("bound")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cache.flush()
    assert not wrong
    assert sum(file.stat().st_size for file in tmp_path.rglob(f"*{SUFFIX}")) == cache.disk_used
