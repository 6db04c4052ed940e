"""Patches in files, and the two tiers that keep them."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.render_plan import frame_name
from app.engine.frame_cache import FrameCache
from app.engine.frame_tiers import SUFFIX
from app.engine.patch import EMPTY, DamagedPatchError, Patch, decode_patch, encode_patch

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


def test_a_patch_is_laid_on_a_copy() -> None:
    picture = np.zeros((20, 30, 3), np.uint8)
    one = patch(1)
    laid = one.laid_on(picture)
    assert np.array_equal(laid[4:12, 2:14], one.rgb)
    laid[4:12, 2:14] = 0
    assert not laid.any() and not picture.any()
    assert np.array_equal(EMPTY.laid_on(picture), picture)


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
    cache = FrameCache(PLENTY, tmp_path, PLENTY)
    assert cache.disk_used == 0
    cache.clear()
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["notes.txt", "stray.patch"]


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
    cache.flush()
    assert cache.memory_used == cache.disk_used == 0
    assert not list(tmp_path.iterdir())
    cache.put(key(1), patch(1))
    cache.flush()
    assert same(FrameCache(0, tmp_path, PLENTY).get(key(1)), patch(1))


def test_smaller_limits_hold_at_once(tmp_path: Path) -> None:
    cache = FrameCache(PLENTY, tmp_path, PLENTY)
    for index in range(10):
        cache.put(key(index), patch(index))
    cache.flush()
    each = cache.disk_used // 10
    cache.set_limits(2 * patch(0).nbytes, 3 * each + 1)
    assert cache.memory_used <= 2 * patch(0).nbytes and cache.disk_used <= 3 * each + 1
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
        if wait:
            cache.flush()
        assert cache.memory_used <= cache.memory_bytes
        assert cache.disk_used <= max(cache.disk_bytes, 0)
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
