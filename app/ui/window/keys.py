"""Keys that are no shortcuts: what works while it is held, and what a focused widget keeps for itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)

from app.ui.actions import first_key

_ARROWS = frozenset(
    {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End}
)


def keeps_key(widget: QWidget | None, key: int) -> bool:
    """Whether the widget that has the keyboard needs this key (without modifiers) more than the window's shortcut."""
    if key == Qt.Key.Key_Space:
        return takes_text(widget)
    if key in _ARROWS and isinstance(widget, QAbstractButton):
        return bool(widget.group())  # the arrow keys choose among them
    if key in _ARROWS:
        return isinstance(widget, QAbstractItemView | QAbstractSlider | QComboBox | QTabBar | QAbstractSpinBox)
    return False


def press(widget: QWidget | None) -> bool:
    """Does what Return means to a control, for which Space is the player's; whether it means anything."""
    if isinstance(widget, QComboBox):
        widget.showPopup()
    elif isinstance(widget, QAbstractButton) and widget.isEnabled():
        widget.click()
    else:
        return False
    return True


def takes_text(widget: QWidget | None) -> bool:
    """Whether letters that are typed go into the widget."""
    return isinstance(widget, QLineEdit | QAbstractSpinBox | QPlainTextEdit | QTextEdit)


class HeldKeys(QObject):
    """Watches a window's key presses and releases."""

    original_held = Signal(bool)
    """The original picture is to be shown as long as this is True."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._original = False
        self.fine = False
        """Whether K is down: J and L then go one frame."""

    def watch(self, window: QObject) -> None:
        """Looks at the events of a QWindow, through which all keys come."""
        window.installEventFilter(self)

    def note_shortcut(self, event: QKeyEvent) -> None:
        """A key is about to run a shortcut: its press is seen nowhere else, only its release is."""
        if event.keyCombination() == first_key("pause"):
            self.fine = True

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Notes the two keys; swallows nothing."""
        kind = event.type()
        if kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            assert isinstance(event, QKeyEvent)
            if not event.isAutoRepeat():
                self._note(event, kind == QEvent.Type.KeyPress)
        elif kind == QEvent.Type.FocusOut:
            self.fine = False
            self._hold(False)
        return False

    def _note(self, event: QKeyEvent, down: bool) -> None:
        # a modifier may have been pressed since, so that a release counts with any
        original, fine = first_key("hold_original"), first_key("pause")
        if original is not None and event.key() == original.key() and (not down or _starts_holding(event)):
            self._hold(down)
        elif fine is not None and event.key() == fine.key() and not down:
            self.fine = False

    def _hold(self, held: bool) -> None:
        if held != self._original:
            self._original = held
            self.original_held.emit(held)


def _starts_holding(event: QKeyEvent) -> bool:
    return event.keyCombination() == first_key("hold_original") and not takes_text(QApplication.focusWidget())
