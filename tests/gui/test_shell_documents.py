"""The life of a document: new, open, save, changes that would be lost, recovery."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.core import edits
from app.core.project import Project
from app.core.settings import Settings
from app.engine.files.project_file import load_project, save_project
from app.ui.session import Session
from app.ui.window.controllers.documents import Documents
from tests.gui.shell_kit import Answers, Told

HASTY = Settings(autosave_seconds=5)


class Desk:
    """A session with its documents, as the window has them."""

    def __init__(self, folder: Path, window: QWidget) -> None:
        self.session, self.answers, self.told = Session(window), Answers(), Told(window)
        self.documents = Documents(self.session, folder, self.told, self.answers, lambda: HASTY, window)

    def edit(self, offset: int = 1) -> None:
        self.session.apply("Move voice", edits.set_offset(self.session.project, Fraction(offset)))


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def desk(tmp_path: Path, window: QWidget) -> Iterator[Desk]:
    made = Desk(tmp_path / "data", window)
    yield made
    made.documents.stop()


def test_what_is_saved_opens_again(desk: Desk, tmp_path: Path) -> None:
    desk.edit()
    desk.answers.to_save = tmp_path / "film"
    assert desk.documents.save()
    assert not desk.session.modified
    assert load_project(tmp_path / "film.redub").offset == 1
    desk.edit(2)
    assert desk.documents.save(), "no question the second time"
    assert desk.answers.asked == ["Save the project"]
    assert desk.documents.recent() == [tmp_path / "film.redub"]


def test_the_playhead_is_saved_without_being_a_change(desk: Desk, tmp_path: Path) -> None:
    desk.session.set_playhead(Fraction(3))
    assert not desk.session.modified
    desk.answers.to_save = tmp_path / "film.redub"
    desk.documents.save()
    assert load_project(tmp_path / "film.redub").view.playhead == 3


@pytest.mark.parametrize(("answer", "left"), [("cancel", False), ("discard", True)])
def test_changes_are_not_lost_unasked(desk: Desk, answer: str, left: bool) -> None:
    desk.edit()
    desk.answers.save = answer  # type: ignore[assignment]
    assert desk.documents.new() is left
    assert (desk.session.project.offset == 0) is left


def test_saving_on_the_way_out_that_fails_stays(desk: Desk, tmp_path: Path) -> None:
    desk.edit()
    desk.answers.save, desk.answers.to_save = "save", tmp_path / "no" / "folder.redub"
    assert not desk.documents.new()
    assert desk.session.modified
    assert len(desk.told.dialogs) == 1


def test_a_file_that_is_no_project_leaves_everything_as_it_was(desk: Desk, tmp_path: Path) -> None:
    desk.edit()
    (tmp_path / "bad.redub").write_text("{}")
    assert not desk.documents.open(tmp_path / "bad.redub")
    assert desk.session.project.offset == 1
    assert "bad.redub" in desk.told.dialogs[0]
    assert desk.answers.asked == [], "what cannot be opened is no reason to ask about changes"


def test_the_title_knows_name_and_changes(desk: Desk, tmp_path: Path) -> None:
    titles: list[tuple[Path | None, bool]] = []
    desk.documents.titled.connect(lambda file, changed: titles.append((file, changed)))
    desk.edit()
    assert titles[-1] == (None, True)
    desk.session.undo_stack.undo()
    assert titles[-1] == (None, False)
    desk.edit()
    desk.answers.to_save = tmp_path / "film.redub"
    desk.documents.save()
    assert titles[-1] == (tmp_path / "film.redub", False)


def test_work_survives_a_session_that_ended_badly(desk: Desk, tmp_path: Path, window: QWidget, qtbot: QtBot) -> None:
    file = tmp_path / "film.redub"
    save_project(Project(), file)
    desk.documents.open(file)
    desk.edit(4)
    with qtbot.waitSignal(desk.documents.autosave.kept, timeout=60_000):
        desk.documents.autosave.keep_now()
    desk.documents.autosave.stop()
    desk.documents._recovery.close()  # as if the process had been killed: nothing is cleared

    later = Desk(tmp_path / "data", window)
    try:
        (found,) = later.documents.pending()
        assert (found.file, found.project.offset) == (file, 4)
        later.documents.recover(found)
        assert later.session.project.offset == 4
        assert later.session.modified, "it is not in the user's file yet"
        assert later.session.file == file
        assert later.documents.save()
        assert load_project(file).offset == 4
        assert later.documents.pending() == []
    finally:
        later.documents.stop()


def test_what_was_saved_or_thrown_away_is_not_offered(
    desk: Desk, tmp_path: Path, window: QWidget, qtbot: QtBot
) -> None:
    desk.edit()
    with qtbot.waitSignal(desk.documents.autosave.kept, timeout=60_000):
        desk.documents.autosave.keep_now()
    desk.answers.save = "discard"
    desk.documents.new()
    desk.documents.stop()
    later = Desk(tmp_path / "data", window)
    assert later.documents.pending() == []
    later.documents.stop()


def test_a_full_disk_is_told_once(desk: Desk) -> None:
    for _ in range(3):
        desk.documents.autosave.failed.emit("No room.")
    assert desk.told.notices == ["No room."]


def test_started_projects_have_no_name(desk: Desk) -> None:
    opened: list[int] = []
    desk.documents.opened.connect(lambda: opened.append(1))
    assert desk.documents.start(replace(Project(), clip="/a.mp4"))
    assert desk.session.file is None
    assert opened == [1]
