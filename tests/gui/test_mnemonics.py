"""Alt and a letter mean one thing: in the menus, and in every dialog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel, QMenu, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.core.project import Project
from app.core.settings import Settings
from app.engine.files.recovery import Recovered
from app.ui.actions import MENUS, ActionSpec
from app.ui.dialogs.cache_manager import CacheManager
from app.ui.dialogs.cut import CutDialog
from app.ui.dialogs.edit_keys import KeysDialog
from app.ui.dialogs.error import ErrorDialog
from app.ui.dialogs.export.dialog import ExportDialog
from app.ui.dialogs.media_properties import MediaProperties
from app.ui.dialogs.recovery import RecoveryDialog
from app.ui.dialogs.relink import RelinkDialog
from app.ui.dialogs.settings import SettingsDialog
from app.ui.dialogs.shortcuts import ShortcutSheet
from app.ui.session import Session
from tests.gui.shell_bench import Bench

LOST = Recovered(Project(), None, datetime(2024, 1, 1, tzinfo=UTC), "gone")
DIALOGS: dict[str, Callable[[], QDialog]] = {
    "error": lambda: ErrorDialog("No.", "Traceback"),
    "settings": lambda: SettingsDialog(Settings()),
    "export": lambda: ExportDialog(Session(), Settings()),
    "relink": lambda: RelinkDialog(Project(clip="/gone/a.mp4", voice="/gone/b.wav")),
    "recovery": lambda: RecoveryDialog([LOST], lambda _lost: None),
    "properties": lambda: MediaProperties(None, None),
    "shortcuts": lambda: ShortcutSheet(),
    "cut": lambda: CutDialog(Path("a.otio"), []),
    "keys": lambda: KeysDialog(),
    "cache": lambda: CacheManager(Path("/gone"), Settings()),
}


def letter(text: str) -> str:
    """What Alt presses in a text; empty where there is none."""
    place = text.replace("&&", "").find("&")
    return "" if place < 0 else text.replace("&&", "")[place + 1].lower()


def letters(root: QWidget) -> list[str]:
    """Of all labels and buttons of a window."""
    labels = [each.text() for each in root.findChildren(QLabel) if each.buddy()]
    texts = [*labels, *(each.text() for each in root.findChildren(QAbstractButton))]
    return [found for text in texts if (found := letter(text))]


def doubled(found: list[str]) -> list[str]:
    return [one for one, count in Counter(found).items() if count > 1]


@pytest.mark.parametrize("menu", MENUS)
def test_no_letter_twice_in_a_menu(menu: str) -> None:
    found = [letter(item.text) for item in MENUS[menu] if isinstance(item, ActionSpec) and not item.held]
    assert doubled([one for one in found if one]) == []


@pytest.mark.parametrize("name", DIALOGS)
def test_no_letter_twice_in_a_dialog(qtbot: QtBot, name: str) -> None:
    dialog = DIALOGS[name]()
    qtbot.addWidget(dialog)
    assert doubled(letters(dialog)) == []
    dialog.reject()


def test_no_letter_twice_in_the_window(qtbot: QtBot) -> None:
    bench = Bench(qtbot)
    bench.window.show_editor()
    titles = [letter(action.text()) for action in bench.window.menuBar().actions()]
    assert doubled([*titles, *letters(bench.window)]) == []
    for menu in bench.window.menuBar().findChildren(QMenu):
        assert doubled([one for action in menu.actions() if (one := letter(action.text()))]) == [], menu.title()
    bench.editor.close()


def test_questions_have_no_letter_twice(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.ui.window.questions import Questions

    seen: list[list[str]] = []

    def answer(box: QMessageBox) -> int:
        seen.append(letters(box))
        return int(QMessageBox.StandardButton.Cancel.value)

    monkeypatch.setattr(QMessageBox, "exec", answer)
    parent = QWidget()
    qtbot.addWidget(parent)
    questions = Questions(parent)
    questions.save_changes("a")
    questions.replace_clip("a", "b")
    questions.stop_work(["a"])
    assert len(seen) == 3 and all(doubled(found) == [] for found in seen)
