"""The thread that keeps the project for recovery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.core.project import Project
from app.engine.files.recovery import Recovery
from app.workers.autosave import AutosaveThread

HOUR = 3600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recovery"


@pytest.fixture
def autosave(qtbot: QtBot, folder: Path) -> Iterator[AutosaveThread]:
    recovery = Recovery(folder)
    thread = AutosaveThread(recovery, HOUR)
    thread.start()
    yield thread
    thread.stop()
    recovery.close()


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.autosave"))


def version(number: int) -> Project:
    return Project(clip=f"/films/{number}.mp4")


def test_the_latest_of_several_changes_is_kept(autosave: AutosaveThread, folder: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(autosave.kept, timeout=20_000):
        for number in range(3):
            autosave.changed(version(number), None)
        assert kept(folder) == [], "not before its time"
        autosave.keep_now()
    (file,) = kept(folder)
    assert b"/films/2.mp4" in file.read_bytes()


def test_it_comes_by_itself_after_its_time(autosave: AutosaveThread, folder: Path, qtbot: QtBot) -> None:
    autosave.set_seconds(0)
    with qtbot.waitSignal(autosave.kept, timeout=20_000):
        autosave.changed(version(1), None)
    with qtbot.waitSignal(autosave.kept, timeout=20_000):
        autosave.changed(version(2), None)
    assert len(kept(folder)) == 2


def test_after_a_save_nothing_is_left_to_recover(autosave: AutosaveThread, folder: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(autosave.kept, timeout=20_000):
        autosave.changed(version(1), None)
        autosave.keep_now()
    autosave.changed(version(2), None)
    autosave.saved()
    qtbot.waitUntil(lambda: kept(folder) == [], timeout=20_000)


def test_stopping_clears_what_was_saved_and_drops_what_waits(
    autosave: AutosaveThread, folder: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(autosave.kept, timeout=20_000):
        autosave.changed(version(1), None)
        autosave.keep_now()
    autosave.saved()
    autosave.changed(version(2), None)
    autosave.stop()
    assert autosave.isFinished() and kept(folder) == []


def test_a_failure_is_told_and_the_next_change_tries_again(
    autosave: AutosaveThread, folder: Path, qtbot: QtBot
) -> None:
    folder.write_text("in the way")
    autosave.set_seconds(0)
    with qtbot.waitSignal(autosave.failed, timeout=20_000) as told:
        autosave.changed(version(1), None)
    assert "Autosaves cannot be written" in told.args[0]
    folder.unlink()
    with qtbot.waitSignal(autosave.kept, timeout=20_000):
        autosave.changed(version(2), None)
