"""Dialogs that open by themselves: one at a time, none over one that is in use, one message for one fault."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui.dialogs.error import ErrorDialog
from app.ui.window.notice import NoticeBar
from app.ui.window.reports import Reports
from app.ui.window.status_bar import StatusBar


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def reports(window: QWidget) -> Reports:
    return Reports(window, NoticeBar(window), StatusBar(window))


def shown(window: QWidget) -> list[str]:
    return [dialog.sentence for dialog in window.findChildren(ErrorDialog) if dialog.isVisible()]


def test_an_error_waits_for_the_dialog_in_use(qtbot: QtBot, window: QWidget, reports: Reports) -> None:
    in_use = QDialog(window)
    in_use.open()
    reports.dialog("The export failed.")
    assert shown(window) == [] and in_use.isVisible()
    in_use.accept()
    qtbot.waitUntil(lambda: shown(window) == ["The export failed."])


def test_errors_come_one_after_another_and_none_twice(qtbot: QtBot, window: QWidget, reports: Reports) -> None:
    for sentence in ("One.", "Two.", "One.", "Two."):
        reports.dialog(sentence)
    assert shown(window) == ["One."]
    for sentence in ("One.", "Two."):
        qtbot.waitUntil(lambda sentence=sentence: shown(window) == [sentence])
        next(dialog for dialog in window.findChildren(ErrorDialog) if dialog.isVisible()).reject()
    qtbot.wait(20)
    assert shown(window) == []


def test_one_fault_is_one_message(window: QWidget, reports: Reports) -> None:
    reports.dialog("The clip is gone.")
    reports.notice("The clip is gone.")
    assert reports._notice.notices == ()
    reports.notice("The voice is gone.")
    reports.say("The voice is gone.")
    assert reports._status.currentMessage() == ""


def test_a_dialog_that_is_given_up_before_its_turn_never_opens(qtbot: QtBot, window: QWidget, reports: Reports) -> None:
    first, second = QDialog(window), QDialog(window)
    reports.turns.open(first)
    reports.turns.open(second)
    second.reject()
    first.accept()
    qtbot.wait(20)
    assert reports.turns.waiting == ()


@pytest.mark.parametrize("details", ["", "Traceback"])
def test_enter_closes_an_error_box(qtbot: QtBot, window: QWidget, details: str) -> None:
    dialog = ErrorDialog("The clip is gone.", details, window)
    dialog.open()
    qtbot.waitUntil(dialog.isActiveWindow)
    (default,) = [button for button in dialog.findChildren(QPushButton) if button.isDefault()]
    assert default.text().replace("&", "") == "Close"
    qtbot.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()
