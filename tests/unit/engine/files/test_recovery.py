"""What a session leaves behind, and who is offered it: with sessions in this process and in others that die."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from app.core.errors import UserError
from app.core.project import Project, Segment, View
from app.core.timebase import TimeRange
from app.engine.file_lock import FileLock
from app.engine.files.project_file import save_project
from app.engine.files.recovery import KEPT, Recovery
from tests.disk import full_disk

PROJECT = Project(clip="/films/a.mp4", segments=(Segment(TimeRange(Fraction(1), Fraction(2)), id=1),))


def version(number: int) -> Project:
    return Project(clip=f"/films/{number}.mp4")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "recovery"


@pytest.fixture
def session(folder: Path) -> Iterator[Recovery]:
    """The one that starts after others have ended."""
    recovery = Recovery(folder)
    yield recovery
    recovery.close()


def left_behind(folder: Path, *projects: Project, file: Path | None = None) -> None:
    """A session that keeps these, one after the other, and ends without clearing."""
    ended = Recovery(folder)
    for project in projects:
        ended.write(project, file)
    ended.close()


def test_a_first_start_finds_nothing(folder: Path, session: Recovery) -> None:
    assert session.pending() == []
    assert not folder.exists()


def test_work_that_was_not_saved_is_offered(folder: Path, session: Recovery, tmp_path: Path) -> None:
    left_behind(folder, version(1), PROJECT, file=tmp_path / "show.redub")
    (found,) = session.pending()
    assert (found.project, found.file, found.name) == (PROJECT, tmp_path / "show.redub", "show.redub")
    assert abs(datetime.now(UTC) - found.saved) < timedelta(minutes=5)
    assert not (tmp_path / "show.redub").exists(), "an autosave never goes into the user's file"


def test_unsaved_projects_have_a_name_too(folder: Path, session: Recovery) -> None:
    left_behind(folder, PROJECT)
    left_behind(folder, Project(voice="/v.wav"))
    assert {found.name for found in session.pending()} == {"Unsaved project (a.mp4)", "Unsaved project"}


def test_the_latest_comes_first(folder: Path, session: Recovery) -> None:
    for number in range(3):
        left_behind(folder, version(number))
    assert [found.project for found in session.pending()] == [version(2), version(1), version(0)]


def test_what_was_discarded_is_gone(folder: Path, session: Recovery) -> None:
    left_behind(folder, PROJECT)
    left_behind(folder, version(1))
    one, other = session.pending()
    session.discard(one)
    session.close()
    assert [found.project for found in Recovery(folder).pending()] == [other.project]


def test_a_clean_end_leaves_nothing(folder: Path) -> None:
    session = Recovery(folder)
    session.write(PROJECT, None)
    session.clear()
    session.close()
    assert list(folder.iterdir()) == []


def test_only_the_last_few_are_kept(folder: Path) -> None:
    left_behind(folder, *(version(number) for number in range(9)))
    assert len(list(folder.glob("*.autosave"))) == KEPT


def test_a_damaged_autosave_costs_one_step(folder: Path, session: Recovery, caplog: pytest.LogCaptureFixture) -> None:
    left_behind(folder, version(1), version(2), version(3))
    latest = max(folder.glob("*.autosave"))
    latest.write_bytes(latest.read_bytes()[:100])
    (found,) = session.pending()
    assert found.project == version(2)
    assert "put aside" in caplog.text and latest.name in caplog.text
    assert [file.name for file in folder.glob("*.unreadable")] == [f"{latest.name}.unreadable"]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 99, b'{"format": 1, "project": {}, "saved": 5}'])
def test_nothing_but_damage_is_put_aside_once(
    folder: Path, session: Recovery, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    left_behind(folder, version(1), version(2))
    for file in folder.glob("*.autosave"):
        file.write_bytes(content)
    left_behind(folder, PROJECT)
    assert [found.project for found in session.pending()] == [PROJECT]
    caplog.clear()
    assert [found.project for found in session.pending()] == [PROJECT]
    assert not caplog.records


def test_work_that_the_users_file_holds_is_not_offered(folder: Path, session: Recovery, tmp_path: Path) -> None:
    file = tmp_path / "show.redub"
    elsewhere = View(playhead=Fraction(5))
    save_project(Project(clip=PROJECT.clip, segments=PROJECT.segments, view=elsewhere), file)
    left_behind(folder, version(1), PROJECT, file=file)
    assert session.pending() == []
    assert list(folder.iterdir()) == []


def test_a_damaged_users_file_is_a_reason_to_offer(folder: Path, session: Recovery, tmp_path: Path) -> None:
    file = tmp_path / "show.redub"
    file.write_bytes(b"{")
    left_behind(folder, PROJECT, file=file)
    assert [found.project for found in session.pending()] == [PROJECT]


def test_live_sessions_are_left_alone(folder: Path, session: Recovery) -> None:
    live = Recovery(folder)
    live.write(PROJECT, None)
    assert session.pending() == []
    session.write(version(1), None)
    assert live.pending() == session.pending() == []
    live.close()
    assert [found.project for found in session.pending()] == [PROJECT]


def test_two_that_start_at_once_are_not_offered_the_same(folder: Path, session: Recovery) -> None:
    left_behind(folder, PROJECT)
    other = Recovery(folder)
    assert len(session.pending()) == 1
    assert other.pending() == []
    session.close()
    assert len(other.pending()) == 1
    other.close()


CHILD = """
import sys
from pathlib import Path
from app.core.project import Project
from app.engine.files.recovery import Recovery
recovery = Recovery(Path(sys.argv[1]))
recovery.write(Project(clip="/films/child.mp4"), None)
print("kept", flush=True)
sys.stdin.read()
"""


def test_a_killed_process_is_found_and_a_live_one_is_not(folder: Path, session: Recovery) -> None:
    command = [sys.executable, "-c", CHILD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"kept\n"
        assert session.pending() == []
        child.send_signal(signal.SIGKILL)
        child.wait()
    (found,) = session.pending()
    assert found.project == Project(clip="/films/child.mp4")


def test_a_full_disk_keeps_what_was_kept(folder: Path) -> None:
    session = Recovery(folder)
    session.write(PROJECT, None)
    with full_disk(100), pytest.raises(UserError, match="There is no space"):
        session.write(version(1), None)
    session.close()
    later = Recovery(folder)
    assert [found.project for found in later.pending()] == [PROJECT]
    later.close()


def test_a_place_where_nothing_can_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r'Autosaves cannot be written to ".*" \(.+\): make that folder'):
        Recovery(tmp_path / "file" / "recovery").write(PROJECT, None)


def test_an_autosave_can_be_opened_as_a_project_by_hand(folder: Path, tmp_path: Path) -> None:
    left_behind(folder, PROJECT, file=tmp_path / "show.redub")
    shutil.move(max(folder.glob("*.autosave")), tmp_path / "rescued.redub")
    raw = json.loads((tmp_path / "rescued.redub").read_text())
    assert raw["project"]["clip"] == "/films/a.mp4"


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    one, other = FileLock(tmp_path / "x.lock"), FileLock(tmp_path / "x.lock")
    assert one.acquire() and one.acquire() and one.held
    assert not other.acquire() and not other.held
    one.release()
    one.release()
    assert other.acquire()
    other.remove()
    assert not (tmp_path / "x.lock").exists()
