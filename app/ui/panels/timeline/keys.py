"""The timeline's own keys, for when it has the keyboard and the window has no command on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent

_K, _M = Qt.Key, Qt.KeyboardModifier
_NONE, _SHIFT, _CONTROL = _M.NoModifier, _M.ShiftModifier, _M.ControlModifier

KEYS: Mapping[str, tuple[tuple[Qt.KeyboardModifier, Qt.Key], ...]] = {
    "zoom_in": ((_NONE, _K.Key_Plus), (_SHIFT, _K.Key_Plus), (_NONE, _K.Key_Equal)),
    "zoom_out": ((_NONE, _K.Key_Minus),),
    "fit": ((_NONE, _K.Key_Backslash),),
    "next_edge": ((_NONE, _K.Key_Down),),
    "previous_edge": ((_NONE, _K.Key_Up),),
    "next_segment": ((_CONTROL, _K.Key_Right),),
    "previous_segment": ((_CONTROL, _K.Key_Left),),
    "nudge_later": ((_CONTROL | _SHIFT, _K.Key_Right),),
    "nudge_earlier": ((_CONTROL | _SHIFT, _K.Key_Left),),
    "trim_start": ((_NONE, _K.Key_BracketLeft),),
    "trim_stop": ((_NONE, _K.Key_BracketRight),),
    "split": ((_NONE, _K.Key_S),),
    "delete_selected": ((_NONE, _K.Key_Delete), (_NONE, _K.Key_Backspace)),
    "add_marker": ((_NONE, _K.Key_M),),
    "set_in": ((_NONE, _K.Key_I),),
    "set_out": ((_NONE, _K.Key_O),),
    "go_in": ((_SHIFT, _K.Key_I),),
    "go_out": ((_SHIFT, _K.Key_O),),
    "clear_marks": ((_NONE, _K.Key_G),),
    "cancel": ((_NONE, _K.Key_Escape),),
}
"""Command and what presses it."""


class KeyMap:
    """Which command a key runs."""

    def __init__(self, commands: Mapping[str, Callable[[], object]]) -> None:
        """Commands by the names of `KEYS`. Raises KeyError where one is missing."""
        pairs = [(keys, commands[name]) for name, keys in KEYS.items()]
        self._slots = {QKeyCombination(modifier, key): slot for keys, slot in pairs for modifier, key in keys}

    def run(self, event: QKeyEvent) -> bool:
        """Runs the command on this key; whether there is one."""
        modifiers = event.modifiers() & ~_M.KeypadModifier
        slot = self._slots.get(QKeyCombination(modifiers, Qt.Key(event.key())))
        if slot is not None:
            slot()
        return slot is not None
