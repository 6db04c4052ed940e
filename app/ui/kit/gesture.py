"""Which changes of a control are one step of undoing, and a mouse wheel that only turns what has the keyboard."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget


class Gesture(QObject):
    """Watches a control: a drag, a held key or a turn of the wheel is one gesture, the next one another.

    Also lets the wheel scroll the panel instead of changing a value that merely passes under the mouse.
    """

    def __init__(self, control: QWidget) -> None:
        super().__init__(control)
        self._count = 0
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        control.installEventFilter(self)

    @property
    def token(self) -> Hashable:
        """What `Session.apply` merges by."""
        return ("gesture", id(self), self._count)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Counts the beginnings of gestures; passes everything on but the wheel over what has not the keyboard."""
        kind = event.type()
        if kind == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        pressed = kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and not event.isAutoRepeat()
        if pressed or kind in (QEvent.Type.MouseButtonPress, QEvent.Type.FocusIn):
            self._count += 1
        return False
