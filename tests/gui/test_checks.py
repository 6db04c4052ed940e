"""The panel of stretches to check, with a real session."""

from __future__ import annotations

from fractions import Fraction

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QTreeWidget
from pytestqt.qtbot import QtBot

from app.core import edits
from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.ui.panels.issues import ChecksPanel
from app.ui.session import Session
from tests.gui.timeline_material import make_analysis, make_clip

SECONDS = 16
FACELESS = Fraction(SECONDS * 3, 8)
"""Where face 0 leaves, see `make_analysis`."""


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    made = Session()
    made.open(Project(clip="film.mp4", segments=None), None)
    made.set_clip(make_clip(SECONDS))
    return made


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> ChecksPanel:
    made = ChecksPanel(session)
    qtbot.addWidget(made)
    made.resize(420, 300)
    made.show()
    return made


def rows(panel: ChecksPanel) -> list[list[str]]:
    tree = panel.findChild(QTreeWidget, "checks_list")
    items = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    return [[item.text(column) for column in range(4)] for item in items if item is not None]


def know_faces(session: Session) -> None:
    assert session.clip is not None
    session.set_analysis(make_analysis(session.clip))


def test_before_the_faces_are_known_it_says_so(panel: ChecksPanel) -> None:
    label = panel.findChild(QLabel, "checks_empty")
    assert label.isVisible() and "when the faces of the clip are known" in label.text()


def test_missing_and_uncertain_faces_are_listed_in_order(panel: ChecksPanel, session: Session, qtbot: QtBot) -> None:
    know_faces(session)
    qtbot.waitUntil(lambda: len(rows(panel)) == 3)
    assert [row[0][:11] for row in rows(panel)] == sorted(row[0][:11] for row in rows(panel))
    # face 1 comes in in the middle of the stretch without face 0
    assert [row[1] for row in rows(panel)] == ["Uncertain", "Others only", "Uncertain"]
    assert rows(panel)[1] == ["00:00:06:00", "Others only", "100", "1"]


def test_only_what_is_dubbed_is_listed(panel: ChecksPanel, session: Session, qtbot: QtBot) -> None:
    know_faces(session)
    span = TimeRange(FACELESS + 1, FACELESS + 2)
    session.apply("Draw", edits.set_clip(Project(segments=(Segment(id=1, range=span),)), "film.mp4", ""))
    qtbot.waitUntil(lambda: len(rows(panel)) == 1)
    assert rows(panel)[0][0::2] == ["00:00:07:00", "25"]
    session.apply("Draw", edits.set_clip(Project(segments=()), "film.mp4", ""))
    qtbot.waitUntil(lambda: panel.findChild(QLabel, "checks_empty").isVisible())
    assert "Nothing to check" in panel.findChild(QLabel, "checks_empty").text()


def test_a_click_and_the_arrow_keys_go_there(panel: ChecksPanel, session: Session, qtbot: QtBot) -> None:
    know_faces(session)
    qtbot.waitUntil(lambda: len(rows(panel)) > 1)
    gone: list[Fraction] = []
    panel.chosen.connect(gone.append)
    tree = panel.findChild(QTreeWidget, "checks_list")
    second = tree.topLevelItem(1)
    assert second is not None
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualItemRect(second).center())
    assert gone[-1] == FACELESS
    qtbot.keyClick(tree, Qt.Key.Key_Up)
    assert gone[-1] == Fraction(2)


def test_the_chosen_one_stays_chosen_while_others_change(panel: ChecksPanel, session: Session, qtbot: QtBot) -> None:
    know_faces(session)
    qtbot.waitUntil(lambda: len(rows(panel)) > 1)
    tree = panel.findChild(QTreeWidget, "checks_list")
    tree.setCurrentItem(tree.topLevelItem(1))
    gone: list[Fraction] = []
    panel.chosen.connect(gone.append)
    session.set_drop_frame(False)
    panel.refresh()
    assert tree.currentItem() is tree.topLevelItem(1) and gone == []
