"""The offer to recover, with real autosaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidget, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.core import edits
from app.core.errors import UserError
from app.core.project import Project
from app.core.timebase import TimeRange
from app.engine.files.recovery import Recovered, Recovery
from app.ui.dialogs.recovery import RecoveryDialog, describe, when

FILM = edits.add_segment(Project(clip="/films/a.mp4"), TimeRange(Fraction(1), Fraction(2)))


@pytest.fixture
def recovery(tmp_path: Path) -> Iterator[Recovery]:
    """Two sessions ended badly: one had a file, the other had none."""
    for project, file in ((FILM, tmp_path / "show.redub"), (Project(clip="/films/b.mp4", segments=()), None)):
        ended = Recovery(tmp_path / "recovery")
        ended.write(project, file)
        ended.close()
    made = Recovery(tmp_path / "recovery")
    yield made
    made.close()


@pytest.fixture
def dialog(qtbot: QtBot, recovery: Recovery) -> RecoveryDialog:
    made = RecoveryDialog(recovery.pending(), recovery.discard)
    qtbot.addWidget(made)
    made.show()
    return made


def rows(dialog: RecoveryDialog) -> list[str]:
    work = dialog.findChild(QListWidget, "recovery_list")
    return [work.item(row).text() for row in range(work.count())]


def press(qtbot: QtBot, dialog: RecoveryDialog, name: str) -> None:
    qtbot.mouseClick(dialog.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def sure(monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    monkeypatch.setattr(RecoveryDialog, "is_sure", lambda *_: answer)


def test_all_work_is_listed_the_latest_first(dialog: RecoveryDialog, tmp_path: Path) -> None:
    latest, earlier = rows(dialog)
    assert latest.startswith("Unsaved project (b.mp4)\nkept today") or "yesterday" in latest
    assert latest.endswith("0 segments · never saved")
    assert earlier.startswith("show.redub\n") and earlier.endswith(f"1 segment · {tmp_path}")


def test_recovering_gives_the_chosen_work(dialog: RecoveryDialog, qtbot: QtBot) -> None:
    dialog.findChild(QListWidget, "recovery_list").setCurrentRow(1)
    press(qtbot, dialog, "recover")
    assert dialog.result() == dialog.DialogCode.Accepted
    assert dialog.chosen is not None and dialog.chosen.project == FILM


def test_enter_recovers_and_escape_leaves(dialog: RecoveryDialog, recovery: Recovery, qtbot: QtBot) -> None:
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.chosen is None and dialog.result() == dialog.DialogCode.Rejected
    assert len(recovery.pending()) == 2
    again = RecoveryDialog(recovery.pending(), recovery.discard)
    qtbot.addWidget(again)
    again.show()
    qtbot.keyClick(again, Qt.Key.Key_Return)
    assert again.chosen is not None


def test_work_is_thrown_away_only_when_the_user_is_sure(
    dialog: RecoveryDialog, recovery: Recovery, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure(monkeypatch, False)
    press(qtbot, dialog, "throw_away")
    assert len(rows(dialog)) == 2 and len(recovery.pending()) == 2
    sure(monkeypatch, True)
    press(qtbot, dialog, "throw_away")
    assert [row.split("\n")[0] for row in rows(dialog)] == ["show.redub"]
    assert [left.name for left in recovery.pending()] == ["show.redub"]
    assert dialog.isVisible()
    press(qtbot, dialog, "throw_away")
    assert not dialog.isVisible() and recovery.pending() == [] and dialog.chosen is None


def test_what_cannot_be_thrown_away_is_said(recovery: Recovery, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_recovered: Recovered) -> None:
        raise UserError("The folder is read-only: allow writing to it.")

    sure(monkeypatch, True)
    dialog = RecoveryDialog(recovery.pending(), refuse)
    qtbot.addWidget(dialog)
    dialog.show()
    press(qtbot, dialog, "throw_away")
    problem = dialog.findChild(QLabel, "recovery_problem")
    assert problem.isVisible() and "read-only" in problem.text() and len(rows(dialog)) == 2


@pytest.mark.parametrize(("button", "answer"), [("Cancel", False), ("&Throw away", True)])
def test_the_question(
    dialog: RecoveryDialog, recovery: Recovery, monkeypatch: pytest.MonkeyPatch, button: str, answer: bool
) -> None:
    asked: list[str] = []

    def answer_it(box: QMessageBox) -> int:
        asked.append(box.text())
        assert box.defaultButton().text() == "Cancel"
        next(one for one in box.buttons() if one.text() == button).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", answer_it)
    assert dialog.is_sure(recovery.pending()[1]) is answer
    assert asked == ['Throw away what was not saved of "show.redub"?']


def test_times_are_the_users() -> None:
    now = datetime(2026, 3, 5, 12, 0).astimezone()
    assert when(now.astimezone(UTC), now).startswith("today at ")
    assert when(now - timedelta(days=1), now).startswith("yesterday at ")
    assert "2026" in when(now - timedelta(days=9), now)


def test_all_of_the_clip_is_no_segment(tmp_path: Path) -> None:
    recovered = Recovered(Project(), None, datetime.now(UTC), "x")
    assert "all of the clip" in describe(recovered)
