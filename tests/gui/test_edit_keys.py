"""Keys of the user's own: the dialog, what it refuses, and that menus, tooltips and panels follow at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.engine.files.settings_file import load_settings
from app.ui.actions import keys_of, own_keys, shortcut, use_keys
from app.ui.dialogs.edit_keys import KeysDialog, objection
from tests.gui.shell_bench import Bench

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def usual_keys() -> Iterator[None]:
    yield
    use_keys({})


@pytest.fixture
def dialog(qtbot: QtBot) -> KeysDialog:
    made = KeysDialog()
    qtbot.addWidget(made)
    made.show()
    return made


def choose(dialog: KeysDialog, label: str) -> QTreeWidgetItem:
    found = dialog.list.findItems(label, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    assert len(found) == 1
    dialog.list.setCurrentItem(found[0])
    return found[0]


def test_a_key_that_is_taken_is_refused_with_its_owner(dialog: KeysDialog, qtbot: QtBot) -> None:
    choose(dialog, "Split segment")
    qtbot.keyClick(dialog.key, Qt.Key.Key_S, CONTROL)
    assert dialog.refusal.text().startswith('Ctrl+S is the key of "Save"') and not dialog.add.isEnabled()
    qtbot.keyClick(dialog.key, Qt.Key.Key_K, CONTROL)
    assert dialog.refusal.text() == "" and dialog.add.isEnabled()
    dialog.add.click()
    assert dialog.own == {"split": ("Ctrl+K", "S")}


def test_a_key_that_was_taken_away_can_be_given(dialog: KeysDialog, qtbot: QtBot) -> None:
    choose(dialog, "Save")
    dialog.take.click()
    choose(dialog, "Split segment")
    dialog.take.click()
    qtbot.keyClick(dialog.key, Qt.Key.Key_S, CONTROL)
    dialog.add.click()
    assert dialog.own == {"save": (), "split": ("Ctrl+S",)}
    choose(dialog, "Save")
    dialog.usual.click()
    assert "Split segment" in dialog.refusal.text() and dialog.own["save"] == ()
    dialog._reset_all()
    assert dialog.own == {}


@pytest.mark.parametrize(("key", "word"), [("Tab", "control"), ("Return", "button"), ("Alt+F", "File menu")])
def test_keys_that_mean_something_everywhere_are_refused(qapp: object, key: str, word: str) -> None:
    assert word in objection(key, "split", {})


def test_the_list_is_filtered_by_word_and_key(dialog: KeysDialog) -> None:
    dialog.filter.setText("ctrl+z")
    shown = [item.text(0) for item in dialog._items() if not item.isHidden()]
    assert shown == ["Undo"]
    assert dialog._chosen == "undo", "so that a key can be pressed at once"


def test_other_keys_hold_at_once_and_are_kept(qtbot: QtBot) -> None:
    bench = Bench(qtbot)
    window, looks = bench.window, bench.editor.view_settings
    looks.ask_keys()
    dialog = bench.dialog(KeysDialog)
    choose(dialog, "Set in")
    dialog.take.click()
    qtbot.keyClick(dialog.key, Qt.Key.Key_B)
    dialog.add.click()
    dialog.accept()
    assert window.actions_["mark_in"].shortcuts() == [QKeySequence("B")]
    assert window.actions_["mark_in"].toolTip().endswith("[B]")
    assert shortcut("mark_in") == "B"
    assert load_settings(bench.editor.folders.config).shortcuts == {"mark_in": ("B",)}
    looks.take(Settings(proxies=False))
    assert keys_of("mark_in") == ("I",) and window.actions_["mark_in"].shortcuts() == [QKeySequence("I")]
    bench.editor.close()


def test_tooltips_of_panels_follow(qtbot: QtBot) -> None:
    bench = Bench(qtbot)
    bench.editor.view_settings.take(Settings(proxies=False, shortcuts={"go_to": ("Ctrl+J",), "marker": ()}))
    assert bench.editor.panels.transport.field.toolTip().endswith("[Ctrl+J]")
    markers = bench.editor.panels.markers
    assert markers.add.toolTip() == "Puts a marker at the playhead"
    assert '"Add marker" puts one' in markers._empty.text()
    bench.editor.close()


def test_keys_of_a_file_that_clash_or_are_none_are_passed_over(qapp: object) -> None:
    use_keys({"split": ("Ctrl+S",), "no such command": ("B",), "marker": ("no key",), "undo": ("F9",)})
    assert own_keys() == {"undo": ("F9",)}
    assert keys_of("split") == ("S",)
