"""Where an export may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import MediaError
from app.engine.media.output import check_output, check_room, estimate_bytes, publish


def _refused(target: Path, **more: object) -> str:
    with pytest.raises(MediaError) as caught:
        check_output(target, **{"overwrite": False, **more})  # type: ignore[arg-type]
    return str(caught.value)


def test_refusals(tmp_path: Path) -> None:
    there = tmp_path / "there.mp4"
    there.write_bytes(b"x")
    link = tmp_path / "link.mp4"
    link.symlink_to(there)
    assert "exists already" in _refused(there)
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
