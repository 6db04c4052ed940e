"""The list of markers, with a real session."""

from __future__ import annotations

from fractions import Fraction

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from app.core.project import Marker, Project
from app.ui.panels.markers import MarkersPanel
from app.ui.session import Session
from tests.gui.shell_bench import Bench
from tests.gui.timeline_material import make_clip, segment

F = Fraction


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    made = Session()
    made.open(Project("film.mp4", markers=(Marker(F(3), "Door slams"), Marker(F(12)))), None)
    made.set_clip(make_clip())
    return made


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> MarkersPanel:
    made = MarkersPanel(session)
    qtbot.addWidget(made)
    made.resize(260, 300)
    with qtbot.waitExposed(made):
        made.show()
    return made


def item(panel: MarkersPanel, number: int) -> QTreeWidgetItem:
    found = panel.list.topLevelItem(number)
    assert found is not None
    return found


def rows(panel: MarkersPanel) -> list[tuple[str, str]]:
    items = [item(panel, number) for number in range(panel.list.topLevelItemCount())]
    return [(each.text(0), each.text(1)) for each in items]


def notes(session: Session) -> list[tuple[Fraction, str]]:
    return [(marker.time, marker.note) for marker in session.project.markers]


def test_markers_are_listed_and_a_click_goes_there(panel: MarkersPanel, session: Session, qtbot: QtBot) -> None:
    assert rows(panel) == [("00:00:03:00", "Door slams"), ("00:00:12:00", "")]
    with qtbot.waitSignal(panel.chosen) as told:
        panel.list.setCurrentItem(item(panel, 1))
    assert told.args == [F(12)]


def test_a_note_is_written_in_place_and_is_one_step(panel: MarkersPanel, session: Session, qtbot: QtBot) -> None:
    panel.list.setFocus()
    panel.list.setCurrentItem(item(panel, 1))
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    field = panel.list.viewport().findChild(QLineEdit)
    qtbot.keyClicks(field, "Laughs")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: notes(session) == [(F(3), "Door slams"), (F(12), "Laughs")])
    assert session.undo_stack.undoText() == "Edit note" and session.undo_stack.count() == 1
    assert item(panel, 1) is panel.list.currentItem() and rows(panel)[1][1] == "Laughs", "it stays chosen"


def test_times_are_not_written_in(panel: MarkersPanel) -> None:
    panel.list.editItem(item(panel, 0), 0)
    assert panel.list.viewport().findChild(QLineEdit) is None


def test_markers_are_added_and_removed_here(panel: MarkersPanel, session: Session, qtbot: QtBot) -> None:
    session.set_playhead(F(5))
    panel.add.click()
    assert [time for time, _ in notes(session)] == [3, 5, 12]
    with qtbot.waitSignal(panel.problem):
        panel.add.click()
    panel.list.setCurrentItem(item(panel, 0))
    panel.remove.click()
    assert [time for time, _ in notes(session)] == [5, 12]
    assert not panel.remove.isEnabled()


def test_delete_is_about_a_marker_while_the_keyboard_is_in_the_list(qtbot: QtBot) -> None:
    bench = Bench(qtbot)
    session, window = bench.editor.session, bench.window
    session.open(Project("film.mp4", segments=(segment(1, 1, 5),), markers=(Marker(F(3)), Marker(F(12)))), None)
    session.set_clip(make_clip())
    window.actions_.set_clip_open(True)
    window.show_editor()
    window.go_to_panel("Markers")
    session.select(1)
    markers = bench.editor.panels.markers
    qtbot.waitUntil(markers.list.hasFocus)
    markers.list.setCurrentItem(item(markers, 0))
    qtbot.keyClick(markers.list, Qt.Key.Key_Delete)
    assert [marker.time for marker in session.project.markers] == [12]
    assert len(session.project.segments or ()) == 1
    bench.editor.close()


def test_without_markers_it_says_how_to_make_one(panel: MarkersPanel, session: Session) -> None:
    session.open(Project(), None)
    assert rows(panel) == [] and not panel.list.isVisible() and not panel.add.isEnabled()
