"""Where an export may go."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from app.core.errors import MediaError
from app.engine.media.output import check_output, check_room, estimate_bytes, publish
from app.engine.replacing import claim, sweep, temporary_beside


def _refused(target: Path, **more: object) -> str:
    with pytest.raises(MediaError) as caught:
        check_output(target, **{"overwrite": False, **more})  # type: ignore[arg-type]
    return str(caught.value)


def test_refusals(tmp_path: Path) -> None:
    there = tmp_path / "there.mp4"
    there.write_bytes(b"x")
    link = tmp_path / "link.mp4"
    link.symlink_to(there)
    assert "already exists" in _refused(there)
    assert "is the input itself" in _refused(there, overwrite=True, inputs=[there])
    assert "is the input itself" in _refused(link, overwrite=True, inputs=[there])
    assert "does not exist" in _refused(tmp_path / "no" / "out.mp4")
    assert ".mp4, .m4v or .mov" in _refused(tmp_path / "out.avi")
    assert "B left" in _refused(tmp_path / "out.mp4", need_bytes=10**18)
    (tmp_path / "folder.mp4").mkdir()
    assert "is a folder" in _refused(tmp_path / "folder.mp4", overwrite=True)
    assert there.read_bytes() == b"x"


def test_a_folder_that_takes_no_file_is_refused() -> None:
    assert "cannot be written to" in _refused(Path("/proc/out.mp4"))


def test_what_is_allowed_leaves_nothing(tmp_path: Path) -> None:
    check_output(tmp_path / "out.mp4", False, [tmp_path / "in.mp4"], estimate_bytes(1280, 720, 100, 4.0))
    assert not list(tmp_path.iterdir())


def test_publishing_replaces(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"new")
    (tmp_path / "b").write_bytes(b"old")
    publish(tmp_path / "a", tmp_path / "b")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]
    with pytest.raises(MediaError, match="cannot be written"):
        publish(tmp_path / "gone", tmp_path / "b")


def test_room_is_asked_for_by_itself(tmp_path: Path) -> None:
    check_room(tmp_path, 1)
    with pytest.raises(MediaError, match="B left and the output needs about"):
        check_room(tmp_path, 10**18)


def test_a_long_name_leaves_room_for_the_temporary_one(tmp_path: Path) -> None:
    for stem in ("n" * 251, "ü" * 125):
        target = tmp_path / f"{stem}.mp4"
        temporary = temporary_beside(target)
        temporary.write_bytes(b"new")
        publish(temporary, target)
        assert target.read_bytes() == b"new"


def test_a_name_that_no_disk_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="cannot be written"):
        check_output(tmp_path / ("n" * 300 + ".mp4"), overwrite=True)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    old, new = tmp_path / "real" / "old.mp4", tmp_path / "real" / "new.mp4"
    old.write_bytes(b"old")
    for name, target in (("a.mp4", old), ("b.mp4", new)):
        link = tmp_path / name
        link.symlink_to(target)
        check_output(link, overwrite=True)
        temporary = temporary_beside(link)
        assert temporary.parent == target.parent
        temporary.write_bytes(b"new")
        publish(temporary, link)
        assert link.is_symlink() and target.read_bytes() == b"new"
    circle = tmp_path / "c.mp4"
    circle.symlink_to(circle)
    with pytest.raises(MediaError, match="cannot be written"):
        check_output(circle, overwrite=True)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
def test_a_pipe_is_no_output(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.mp4")
    with pytest.raises(MediaError, match="pipe or a device"):
        check_output(tmp_path / "p.mp4", overwrite=True)


def test_what_a_killed_run_left_is_swept_and_what_is_written_stays(tmp_path: Path) -> None:
    left, mine = temporary_beside(tmp_path / "o.mp4"), temporary_beside(tmp_path / "o.mp4")
    others = tmp_path / ".holiday.part.mp4"
    left.write_bytes(b"half")
    others.write_bytes(b"not ours")
    lock = claim(mine)
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([mine, others])
    if lock is not None:
        lock.release()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [others]
