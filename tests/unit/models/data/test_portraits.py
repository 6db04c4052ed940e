"""Prepared portraits are read as they were written, and what is no such folder is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.data.portraits import FORMAT, Portraits, load_portraits
from models.errors import ModelError


def made_up(count: int, canvas: int = 20, seed: int = 0) -> Portraits:
    """Portraits of noise."""
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 256, (count, canvas, canvas, 3), dtype=np.uint8)
    return Portraits(pictures, rng.uniform(0, 1, (count, 68, 3)).astype(np.float32))


def write(root: Path, portraits: Portraits, **meta: object) -> None:
    """The folder that `prepare --portraits` leaves."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    np.save(root / "pictures.npy", portraits.pictures)
    np.save(root / "points.npy", portraits.points)
    (root / "portraits.json").write_text(json.dumps({"format": FORMAT, "portraits": []} | meta))


@given(count=st.integers(1, 5), canvas=st.sampled_from([20, 80]), seed=st.integers(0, 2**31))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_portraits_are_read_as_they_were_written(tmp_path: Path, count: int, canvas: int, seed: int) -> None:
    """Pictures stay on the disk."""
    written = made_up(count, canvas, seed)
    write(tmp_path / "portraits", written)
    read = load_portraits(tmp_path / "portraits")
    assert len(read) == count
    assert np.array_equal(read.pictures, written.pictures) and read.pictures.dtype == np.uint8
    assert np.array_equal(read.points, written.points) and read.points.dtype == np.float32
    assert isinstance(read.pictures, np.memmap)


@pytest.mark.parametrize("name", ["portraits.json", "pictures.npy", "points.npy"])
def test_a_folder_that_lacks_anything_is_said(tmp_path: Path, name: str) -> None:
    """With the folder and what to do."""
    root = tmp_path / "portraits"
    write(root, made_up(2))
    (root / name).unlink()
    with pytest.raises(ModelError, match=r"portraits holds no prepared portraits .*; run `prepare --portraits` first"):
        load_portraits(root)


def test_no_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere holds no prepared portraits"):
        load_portraits(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["portraits.json", "pictures.npy", "points.npy"])
def test_a_damaged_folder_is_said(tmp_path: Path, name: str) -> None:
    root = tmp_path / "portraits"
    write(root, made_up(2))
    (root / name).write_bytes(b"{ no such thing")
    with pytest.raises(ModelError, match="holds no prepared portraits"):
        load_portraits(root)


@pytest.mark.parametrize("other", [FORMAT - 1, FORMAT + 1, None, str(FORMAT)])
def test_another_format_is_said(tmp_path: Path, other: object) -> None:
    write(tmp_path / "portraits", made_up(1), format=other)
    with pytest.raises(ModelError, match="prepared by another version of Redub; run `prepare --portraits` again"):
        load_portraits(tmp_path / "portraits")
