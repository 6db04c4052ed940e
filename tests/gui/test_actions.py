"""The table of actions: complete, without two actions on one key, and known to menus, tooltips and the F1 sheet."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from pytestqt.qtbot import QtBot

from app.ui.actions import (
    MENUS,
    PANELS,
    Actions,
    ActionSpec,
    KeyMap,
    all_actions,
    first_key,
    key_text,
    shortcut,
    tooltip,
)
from app.ui.dialogs.shortcuts import ShortcutSheet, sheet_html

# item of shared/design/editor.md: keys that it names, with what they are to do
EXPECTED = {
    "Space": "play",
    "J": "play_back",
    "K": "pause",
    "L": "play_on",
    "Left": "frame_back",
    "Right": "frame_on",
    "Shift+Left": "second_back",
    "Shift+Right": "second_on",
    ",": "frame_back",
    ".": "frame_on",
    "Home": "to_start",
    "End": "to_end",
    "Up": "previous_edge",
    "Down": "next_edge",
    "I": "mark_in",
    "O": "mark_out",
    "Shift+I": "to_in",
    "Shift+O": "to_out",
    "G": "clear_marks",
    "Shift+Space": "play_range",
    "+": "zoom_in",
    "-": "zoom_out",
    "\\": "zoom_fit",
    "M": "marker",
    "S": "split",
    "Delete": "delete",
    "F1": "shortcuts",
    "Ctrl+Z": "undo",
    "Ctrl+Shift+Z": "redo",
    "Ctrl+S": "save",
    "Ctrl+Shift+S": "save_as",
    "Ctrl+O": "open",
    "Ctrl+N": "new",
}


def of_key(key: str) -> list[str]:
    wanted = QKeySequence(key)
    return [spec.id for spec in all_actions() for own in spec.keys if QKeySequence(own) == wanted]


@pytest.mark.parametrize(("key", "id"), EXPECTED.items())
def test_every_key_an_editor_expects_is_there(key: str, id: str) -> None:
    assert of_key(key) == [id]


def test_no_key_has_two_meanings() -> None:
    specs = (*all_actions(), *PANELS)
    keys = Counter(QKeySequence(key).toString() for spec in specs for key in spec.keys)
    assert "" not in keys, "a key that Qt does not know"
    assert [key for key, count in keys.items() if count > 1] == []


def test_no_id_is_there_twice() -> None:
    ids = [spec.id for spec in all_actions()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("menu", MENUS)
def test_no_menu_has_a_mnemonic_twice(menu: str) -> None:
    texts = [item.text for item in MENUS[menu] if isinstance(item, ActionSpec) and "&" in item.text]
    letters = Counter(text[text.index("&") + 1].lower() for text in texts)
    assert [letter for letter, count in letters.items() if count > 1] == []


def test_menus_themselves_have_different_mnemonics() -> None:
    letters = [menu[menu.index("&") + 1] for menu in MENUS]
    assert len(set(letters)) == len(letters)


@pytest.mark.parametrize("spec", list(all_actions()), ids=lambda spec: spec.id)
def test_tooltips_name_the_key(spec: ActionSpec, qapp: object) -> None:
    assert tooltip(spec).strip()
    if spec.keys:
        assert key_text(spec.keys) in tooltip(spec)


def test_actions_carry_what_the_table_says(qtbot: QtBot) -> None:
    owner = QObject()
    actions = Actions(owner)
    assert actions["redo"].shortcuts() == [QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")]
    assert actions["loop"].isCheckable()
    assert actions["frame_on"].autoRepeat()
    assert not actions["split"].autoRepeat()


def test_a_key_map_runs_what_the_table_says(qapp: object) -> None:
    ids = [spec.id for spec in (*all_actions(), *PANELS) if spec.keys]
    told: list[str] = []
    keys = KeyMap({id: partial(told.append, id) for id in ids})
    for spec in (*all_actions(), *PANELS):
        for key in spec.keys:
            pressed = QKeySequence(key)[0]
            event = QKeyEvent(QEvent.Type.KeyPress, pressed.key(), pressed.keyboardModifiers())
            assert keys.run(event)
            assert told.pop() == spec.id


@pytest.mark.parametrize(
    ("key", "modifiers", "id"),
    [
        (Qt.Key.Key_Plus, Qt.KeyboardModifier.ShiftModifier, "zoom_in"),
        (Qt.Key.Key_Plus, Qt.KeyboardModifier.KeypadModifier, "zoom_in"),
        (Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier, None),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier, None),
    ],
)
def test_a_sign_may_be_typed_with_shift(
    qapp: object, key: Qt.Key, modifiers: Qt.KeyboardModifier, id: str | None
) -> None:
    told: list[str] = []
    keys = KeyMap({id: partial(told.append, id) for id in ("zoom_in", "split", "frame_back")})
    assert keys.run(QKeyEvent(QEvent.Type.KeyPress, key, modifiers)) == (id is not None)
    assert told == ([] if id is None else [id])


def test_a_key_map_knows_no_command_that_is_not_in_the_table() -> None:
    with pytest.raises(KeyError):
        KeyMap({"no such command": lambda: None})


def test_a_commands_first_key_is_shown() -> None:
    assert shortcut("redo") == key_text(("Ctrl+Shift+Z",))
    held = first_key("hold_original")
    assert held is not None and held.key() == Qt.Key.Key_H


def test_what_needs_a_clip_waits_for_one(qtbot: QtBot) -> None:
    owner = QObject()
    actions = Actions(owner)
    assert not actions["play"].isEnabled()
    assert actions["open_clip"].isEnabled()
    actions.set_clip_open(True)
    assert actions["play"].isEnabled()


def test_a_bound_slot_runs_without_arguments_unless_it_can_be_checked(qtbot: QtBot) -> None:
    owner, told = QObject(), []
    actions = Actions(owner)
    actions.bind({"new": lambda: told.append("new"), "loop": lambda on: told.append(on)})
    actions["new"].trigger()
    actions["loop"].trigger()
    assert told == ["new", True]
    assert actions.bound == {"new", "loop"}


def test_the_sheet_lists_every_key(qapp: object) -> None:
    html = sheet_html()
    for spec in (*all_actions(), *PANELS):
        if spec.keys:
            assert key_text(spec.keys).replace("&", "&amp;") in html


def test_the_sheet_can_be_filtered(qtbot: QtBot) -> None:
    sheet = ShortcutSheet()
    qtbot.addWidget(sheet)
    field, browser = sheet._filter, sheet._sheet
    field.setText("voice one frame")
    text = browser.toPlainText()
    assert "Alt+Left" in text
    assert "Ctrl+S" not in text
    field.setText("no such thing")
    assert "No key" in browser.toPlainText()
