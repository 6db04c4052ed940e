"""A field for a timecode: typed, or moved frame by frame with the arrow keys."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.core.errors import UserError
from app.core.timebase import format_time
from app.core.timecode import Counting
from app.ui.kit.gesture import Gesture

ENTRY = "Type 512 for 5 s 12 f, a timecode, seconds (5.5), a frame (137f), or +10 and -10 frames"
"""How a time is typed, for tooltips."""
_STEPS: dict[int, int] = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}


class TimecodeField(QLineEdit):
    """Shows a time; what is typed is read as `app.core.timecode.parse_entry` does."""

    edited = Signal(object)
    """Fraction: seconds that were typed."""
    stepped = Signal(int)
    """Frames to go on or back."""
    refused = Signal(str)
    """A sentence: what was typed is no time."""

    def __init__(self, name: str, title: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(f"{hint}. {ENTRY}; Up and Down move a frame")
        self._time = Fraction(0)
        self._counting: Counting | None = None
        self._gesture = Gesture(self)
        self.editingFinished.connect(self._read)

    @property
    def token(self) -> Hashable:
        """The gesture that a change belongs to."""
        return self._gesture.token

    def set_time(self, time: Fraction, counting: Counting | None) -> None:
        """Shows a time as a timecode; without `counting` (no clip is open), as a clock time that cannot be edited."""
        self._time, self._counting = time, counting
        self.setReadOnly(counting is None)
        self._restore()

    def event(self, event: QEvent) -> bool:
        """Keeps the keys that step from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._step_of(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Steps by frames; Escape forgets what was typed."""
        step = self._step_of(event)
        if step:
            self._read()
            self.stepped.emit(step)
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self._restore()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Steps by frames; comes only while the field has the keyboard."""
        turn = event.angleDelta().y()
        if turn and not self.isReadOnly():
            self.stepped.emit(1 if turn > 0 else -1)
        event.accept()

    def _step_of(self, event: QKeyEvent) -> int:
        """How many frames a key means; 0 for other keys."""
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        known = plain and not self.isReadOnly()
        return _STEPS.get(event.key(), 0) if known else 0

    @Slot()
    def _read(self) -> None:
        """Takes what was typed, or refuses it."""
        if not self.isModified() or self._counting is None:
            return
        text = self.text()
        self._restore()
        try:
            self.edited.emit(self._counting.parse_entry(text, self._time))
        except UserError as error:
            self.refused.emit(str(error))

    def _restore(self) -> None:
        """Writes the time as it is."""
        text = format_time(self._time) if self._counting is None else self._counting.format(self._time)
        if self.text() != text:
            self.setText(text)
        self.setModified(False)
