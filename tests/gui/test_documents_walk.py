"""What belongs to a document dies with it: new, open, discard and recover in all orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.core import edits
from app.core.project import Project
from app.core.settings import Settings
from app.engine.files.project_file import load_project, save_project
from app.engine.files.recovery import Recovery
from app.ui.panels.history import HistoryPanel
from app.ui.session import Session
from app.ui.window.controllers.documents import Documents
from app.ui.window.notice import NoticeBar
from app.ui.window.reports import Reports
from app.ui.window.status_bar import StatusBar
from tests.gui.shell_kit import Answers

LOST = Fraction(7)
"""The voice's place in the work that a dead session left."""


class Walker:
    """A session with its documents; each move is one of the user's, and leaves a document."""

    def __init__(self, folder: Path, window: QWidget) -> None:
        self.folder, self.window = folder, window
        self.file = folder / "film.redub"
        save_project(Project(offset=Fraction(3)), self.file)
        self.titles: list[bool] = []
        self.begin()

    def begin(self) -> None:
        """A start of the program."""
        window = self.window
        self.titles.clear()
        self.session, self.answers, self.notice = Session(window), Answers(), NoticeBar(window)
        self.answers.save = "discard"
        self.reports = Reports(window, self.notice, StatusBar(window))
        self.session.reset.connect(self.reports.forget_document)
        settings = Settings(autosave_seconds=5)
        self.documents = Documents(
            self.session, self.folder / "data", self.reports, self.answers, lambda: settings, window
        )
        self.documents.titled.connect(lambda _file, changed: self.titles.append(changed))
        self.history = HistoryPanel(self.session, window)

    def edit(self) -> None:
        """Work on the open document, with what goes with it."""
        self.session.apply("Move voice", edits.set_offset(self.session.project, self.session.project.offset + 1))
        self.reports.notice("The film has changed.")

    def new(self) -> bool:
        assert self.documents.new()
        return False

    def open(self) -> bool:
        assert self.documents.open(self.file)
        assert self.session.project.offset == 3
        return False

    def recover(self) -> bool:
        """Another session dies, and this one goes on with its work."""
        dead = Recovery(self.folder / "data" / "recovery")
        dead.write(Project(offset=LOST), None)
        dead.close()
        (lost,) = self.documents.pending()
        self.documents.recover(lost)
        assert self.session.project.offset == LOST
        return True

    def restart(self) -> bool:
        """The user closes the window, discards, and starts again."""
        assert self.documents.may_leave()
        self.documents.stop()
        self.begin()
        assert self.documents.pending() == []
        return False

    def save(self) -> bool:
        self.answers.to_save = self.folder / "other.redub"
        assert self.documents.save_as()
        assert self.documents.new()
        return False


MOVES: dict[str, Callable[[Walker], bool]] = {
    "new": Walker.new,
    "open": Walker.open,
    "recover": Walker.recover,
    "restart": Walker.restart,
    "save": Walker.save,
}
"""Each tells whether the document that it leaves is not saved yet."""


@pytest.fixture
def walker(tmp_path: Path, qtbot: QtBot) -> Iterator[Walker]:
    window = QWidget()
    qtbot.addWidget(window)
    made = Walker(tmp_path, window)
    yield made
    made.documents.stop()


def check(walker: Walker, unsaved: bool, told: str) -> None:
    """Nothing of the document before is left."""
    session = walker.session
    assert session.modified is unsaved, told
    assert not walker.titles or walker.titles[-1] is unsaved, told
    assert session.undo_stack.count() == 0 and not session.undo_stack.canUndo(), told
    assert walker.history.is_empty, told
    assert walker.notice.notices == () and walker.notice.isHidden(), told
    assert session.selection is None, told


@pytest.mark.parametrize("edited", [True, False], ids=["edited", "untouched"])
def test_nothing_outlives_its_document(walker: Walker, edited: bool) -> None:
    for order in permutations(("new", "open", "recover", "restart")):
        for move in order:
            if edited:
                walker.edit()
            check(walker, MOVES[move](walker), f"after {move} in {order}")
        walker.restart()  # which finds nothing that was discarded or saved
    assert load_project(walker.file).offset == 3


@pytest.mark.parametrize("before", ["recover", "open", "new"])
def test_nothing_outlives_a_document_that_was_saved(walker: Walker, before: str) -> None:
    MOVES[before](walker)
    walker.edit()
    check(walker, walker.save(), f"after {before} and save")
    walker.restart()


def test_work_that_was_recovered_and_lost_again_is_offered_once(walker: Walker, qtbot: QtBot) -> None:
    walker.recover()
    with qtbot.waitSignal(walker.documents.autosave.kept, timeout=60_000):
        walker.documents.autosave.keep_now()
    walker.documents.autosave.stop()
    walker.documents._recovery.close()  # as if the process had been killed
    walker.begin()
    (lost,) = walker.documents.pending()
    assert lost.project.offset == LOST
    walker.documents.discard(lost)


def test_work_that_was_recovered_and_interrupted_is_offered_once(walker: Walker) -> None:
    walker.recover()
    walker.edit()
    walker.documents.stop(keep=True)
    walker.begin()
    (lost,) = walker.documents.pending()
    assert lost.project.offset == LOST + 1
    walker.documents.discard(lost)


def test_what_is_not_of_the_document_stays(walker: Walker) -> None:
    walker.reports.notice("The settings cannot be kept.", lasting=True)
    walker.reports.notice("The film has changed.")
    walker.new()
    assert [notice.sentence for notice in walker.notice.notices] == ["The settings cannot be kept."]
    assert walker.notice.label.text() == "The settings cannot be kept."


def test_closing_a_notice_brings_the_one_before_back_and_none_is_doubled(walker: Walker) -> None:
    for sentence in ("One.", "Two.", "One."):
        walker.reports.notice(sentence)
    assert [notice.sentence for notice in walker.notice.notices] == ["Two.", "One."]
    walker.notice.close_newest()
    assert walker.notice.label.text() == "Two." and not walker.notice.isHidden()
    walker.notice.close_newest()
    assert walker.notice.isHidden()
