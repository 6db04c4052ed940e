"""Recent projects."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.core.errors import UserError
from app.engine.files.recent import KEPT, Recent


@pytest.fixture
def recent(tmp_path: Path) -> Recent:
    return Recent(tmp_path / "settings" / "redub")


def made(tmp_path: Path, *names: str) -> list[Path]:
    files = [tmp_path / name for name in names]
    for file in files:
        file.touch()
    return files


def test_the_latest_comes_first_and_each_once(recent: Recent, tmp_path: Path) -> None:
    assert recent.list() == []
    a, b, c = made(tmp_path, "a.redub", "é b.redub", "c.redub")
    for path in (a, b, c, a):
        recent.add(path)
    assert recent.list() == [a, c, b]
    recent.remove(c)
    assert recent.list() == [a, b]
    recent.clear()
    assert recent.list() == []


def test_a_project_that_went_away_comes_back(recent: Recent, tmp_path: Path) -> None:
    (a,) = made(tmp_path, "a.redub")
    recent.add(a)
    a.unlink()
    assert recent.list() == []
    a.touch()
    assert recent.list() == [a]


def test_relative_paths_are_those_of_today(recent: Recent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (a,) = made(tmp_path, "a.redub")
    monkeypatch.chdir(tmp_path)
    recent.add(Path("a.redub"))
    monkeypatch.chdir("/")
    assert recent.list() == [a]


def test_the_list_ends_somewhere(recent: Recent, tmp_path: Path) -> None:
    files = made(tmp_path, *(f"{number}.redub" for number in range(KEPT + 3)))
    for file in files:
        recent.add(file)
    assert recent.list() == files[:2:-1]


@pytest.mark.parametrize("content", [b"", b"{}", b"[5]", b"\xff\xfe", b"[" * 99999])
def test_a_damaged_list_starts_anew(
    recent: Recent, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (a,) = made(tmp_path, "a.redub")
    recent.add(a)
    (tmp_path / "settings" / "redub" / "recent.json").write_bytes(content)
    assert recent.list() == []
    assert "a new list is started" in caplog.text
    recent.add(a)
    assert recent.list() == [a]


def test_names_that_are_no_text_are_left_out(recent: Recent, tmp_path: Path) -> None:
    a, odd = made(tmp_path, "a.redub", os.fsdecode(b"\xff.redub"))
    recent.add(a)
    recent.add(odd)
    assert recent.list() == [a]


def test_a_place_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be made"):
        Recent(tmp_path / "file" / "x").add(tmp_path / "a.redub")


def test_a_picture_goes_with_its_project(recent: Recent, tmp_path: Path) -> None:
    a, b = made(tmp_path, "a.redub", "b.redub")
    for path in (a, b):
        recent.add(path)
        recent.picture(path).parent.mkdir(parents=True, exist_ok=True)
        recent.picture(path).write_bytes(b"picture")
    assert recent.picture(a) != recent.picture(b)
    recent.remove(a)
    assert not recent.picture(a).exists() and recent.picture(b).exists()
