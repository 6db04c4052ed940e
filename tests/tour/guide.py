"""What a walk is made with: the window, waiting for things to happen, taking pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from app.ui.kit.palette import Theme
from app.ui.window.editor import Editor
from app.ui.window.launch import Start
from tests.gui.clipping import clipped

D = TypeVar("D", bound=QWidget)
PATIENCE = 900.0
"""Seconds for which a state is waited for: the machine may be busy."""
SIZE = (1600, 980)


class Manner(msgspec.Struct, frozen=True):
    """How the window is looked at."""

    size: tuple[int, int] = SIZE
    text_percent: int = 100
    theme: Theme = "dark"


class LostError(Exception):
    """A state that was not reached."""


class Guide:
    """Knows the way and holds the camera."""

    def __init__(self, app: QApplication, start: Start, out: Path, only: str, manner: Manner) -> None:
        self.app, self.start, self._out, self._only, self.manner = app, start, out, only, manner
        self.window = start.window
        self.cut: list[str] = []
        """What is cut off without a tooltip, with the picture that shows it."""
        self._number = 0

    @property
    def editor(self) -> Editor:
        """The editor, which there is after the first paint."""
        assert self.start.editor is not None
        return self.start.editor

    def until(self, what: str, condition: Callable[[], object], patience: float = PATIENCE) -> None:
        """Lets the program run until the condition holds. Raises LostError."""
        end = time.monotonic() + patience
        while not condition():
            if time.monotonic() > end:
                raise LostError(f"waited for {what} in vain")
            self.rest(20)

    def rest(self, milliseconds: int = 300) -> None:
        """Lets what is under way be painted."""
        loop = QEventLoop()  # QTest.qWait keeps Python's lock, and jobs would stand still
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Presses a key as the window system does. Raises LostError where the window does not get the keyboard."""
        self.window.activateWindow()
        self.until("the keyboard", self.window.isActiveWindow, 10)
        QTest.keyClick(self.window.windowHandle(), key, modifier)
        self.rest(60)

    def trigger(self, id: str) -> None:
        """Runs an action, as its menu does."""
        self.window.actions_[id].trigger()
        self.rest(60)

    def dialog(self, kind: type[D]) -> D:
        """The open dialog of that kind. Raises LostError."""
        found = [each for each in self.app.topLevelWidgets() if isinstance(each, kind) and each.isVisible()]
        if not found:
            raise LostError(f"no {kind.__name__} is open")
        return found[-1]

    def shoot(self, name: str, over: QWidget | None = None) -> None:
        """Writes a picture of the window, with a dialog or a menu over its middle."""
        self.rest()
        self._number += 1
        file = self._out / f"{self._number:02d}-{name}.png"
        self.cut += [f"{file.name}: {why}" for why in clipped(over if isinstance(over, QDialog) else self.window)]
        if self._only not in file.name:
            return
        picture = self.window.grab()
        if over is not None:
            self._lay_over(picture, over)
        picture.save(str(file), "PNG")  # type: ignore[call-overload]
        print(file, flush=True)

    def _lay_over(self, picture: QPixmap, over: QWidget) -> None:
        painter = QPainter(picture)
        if isinstance(over, QDialog):
            painter.fillRect(self.window.rect(), QColor(0, 0, 0, 110))
        at = self._place(over)
        painter.drawPixmap(at, over.grab())
        painter.end()

    def _place(self, over: QWidget) -> QPoint:
        """Menus where they are, dialogs in the middle."""
        if isinstance(over, QMenu):
            return self.window.mapFromGlobal(over.pos())
        return self.window.rect().center() - over.rect().center()
