"""The history panel, with a real session."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QUndoView
from pytestqt.qtbot import QtBot

from app.core import edits
from app.ui.panels.history import HistoryPanel, saved_sign
from app.ui.session import Session


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    return Session()


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> HistoryPanel:
    made = HistoryPanel(session)
    qtbot.addWidget(made)
    made.resize(260, 300)
    made.show()
    return made


def move(session: Session, *offsets: int) -> None:
    for offset in offsets:
        session.apply(f"Move voice to {offset}", edits.set_offset(session.project, Fraction(offset)))


def steps(panel: HistoryPanel) -> QUndoView:
    return panel.findChild(QUndoView, "history_steps")


def saved(panel: HistoryPanel) -> str:
    return panel.findChild(QLabel, "history_saved").text()


def test_it_says_that_there_is_nothing_yet(panel: HistoryPanel, session: Session) -> None:
    label = panel.findChild(QLabel, "history_empty")
    assert panel.is_empty and label.isVisible() and "Nothing was changed" in label.text()
    move(session, 1)
    assert not panel.is_empty and steps(panel).isVisible() and not label.isVisible()


def test_steps_are_listed_by_name_and_a_click_goes_back(panel: HistoryPanel, session: Session, qtbot: QtBot) -> None:
    move(session, 1, 2, 3)
    view = steps(panel)
    model = view.model()
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names == ["As it was opened", "Move voice to 1", "Move voice to 2", "Move voice to 3"]
    where = view.visualRect(model.index(1, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert session.project.offset == 1 and session.undo_stack.index() == 1
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert session.project.offset == 2
    qtbot.keyClick(view, Qt.Key.Key_Up)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert session.project.offset == 0


def test_the_saved_step_is_marked(panel: HistoryPanel, session: Session) -> None:
    move(session, 1, 2)
    assert saved(panel) == "2 steps after what is saved (✓)."
    session.mark_saved(Path("/films/a.redub"))
    assert saved(panel) == "This step is saved (✓)."
    model = steps(panel).model()
    marks = [model.index(row, 0).data(Qt.ItemDataRole.DecorationRole) is not None for row in range(3)]
    assert marks[2] and not steps(panel).cleanIcon().isNull()
    session.undo_stack.undo()
    assert saved(panel) == "1 step before what is saved (✓)."
    move(session, 5)
    assert saved(panel) == "The saved version is none of these steps."


def test_another_document_has_no_history(panel: HistoryPanel, session: Session) -> None:
    move(session, 1)
    session.open(session.project, None)
    assert panel.is_empty


def test_the_tick_is_drawn(qtbot: QtBot) -> None:
    picture = saved_sign().pixmap(QSize(24, 24)).toImage()
    assert any(picture.pixelColor(x, y).alpha() > 200 for x in range(24) for y in range(24))


def test_a_session_that_goes_first_does_no_harm(qtbot: QtBot) -> None:
    session = Session()
    panel = HistoryPanel(session)
    qtbot.addWidget(panel)
    move(session, 1)
    with qtbot.captureExceptions() as raised:
        del session.undo_stack
        session.deleteLater()
        qtbot.wait(0)
    assert raised == []
