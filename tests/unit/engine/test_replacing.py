"""Files and folders that are whole or absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.engine.replacing import replacing, replacing_folder, temporary_beside


@pytest.mark.parametrize(("keep_suffix", "suffix"), [(True, ".mp4"), (False, ".part")])
def test_temporary_names_are_hidden_beside_the_target_and_unlike(
    tmp_path: Path, keep_suffix: bool, suffix: str
) -> None:
    names = {temporary_beside(tmp_path / "out.mp4", keep_suffix) for _ in range(5)}
    assert len(names) == 5
    assert all(name.parent == tmp_path and name.name.startswith(".out.") and name.suffix == suffix for name in names)


@pytest.mark.parametrize("durable", [True, False])
def test_a_whole_file_takes_the_place_of_the_old_one(tmp_path: Path, durable: bool) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with replacing(target, durable=durable) as temporary:
        temporary.write_bytes(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new" and list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt(), ValueError("no")])
def test_whatever_goes_wrong_leaves_the_old_file_alone(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with pytest.raises(type(error)), replacing(target) as temporary:
        temporary.write_bytes(b"ne")
        raise error
    assert target.read_bytes() == b"old" and list(tmp_path.iterdir()) == [target]


def test_the_disk_has_the_new_file_before_the_old_one_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk that shows only in fsync must not cost a backup."""
    done: list[str] = []
    monkeypatch.setattr("app.engine.replacing.os.fsync", lambda _handle: done.append("sync"))
    with replacing(tmp_path / "file", durable=True, before_replace=lambda _target: done.append("before")) as temporary:
        temporary.touch()
    assert done[:2] == ["sync", "before"] and done[2:] == (["sync"] if os.name == "posix" else [])


def test_what_is_done_before_may_refuse(tmp_path: Path) -> None:
    def refuse(_target: Path) -> None:
        raise OSError("no backup")

    with pytest.raises(OSError, match="no backup"), replacing(tmp_path / "file", before_replace=refuse) as temporary:
        temporary.touch()
    assert not list(tmp_path.iterdir())


def test_a_whole_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "a" / "folder"
    for content in ("old", "new"):
        with replacing_folder(target) as temporary:
            (temporary / content).touch()
    assert [file.name for file in target.iterdir()] == ["new"] and list(target.parent.iterdir()) == [target]


def test_a_folder_that_fails_leaves_the_old_one_and_a_kill_s_rest_is_cleared(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    (target / "old").touch()
    (tmp_path / ".folder.part").mkdir()
    (tmp_path / ".folder.part" / "rest").touch()
    with pytest.raises(KeyboardInterrupt), replacing_folder(target) as temporary:
        assert not list(temporary.iterdir())
        raise KeyboardInterrupt
    assert [file.name for file in target.iterdir()] == ["old"] and list(tmp_path.iterdir()) == [target]
