"""Dialogs wait for their turn: none opens over one that is in use, and none is larger than the screen."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication, QDialog

from app.ui.kit.fitting import bound_to_screen


class Turns(QObject):
    """Opens dialogs one after another."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: list[QDialog] = []

    @property
    def waiting(self) -> tuple[QDialog, ...]:
        """Those that are not open yet, in order."""
        return tuple(self._waiting)

    def open(self, dialog: QDialog) -> None:
        """Opens it as soon as no other one is in use, without waiting for its end; it goes when it is closed."""
        bound_to_screen(dialog)
        dialog.finished.connect(lambda: self._ended(dialog))
        self._waiting.append(dialog)
        self._next()

    def _ended(self, dialog: QDialog) -> None:
        """Closed, or given up before it was its turn."""
        if dialog in self._waiting:
            self._waiting.remove(dialog)
        dialog.deleteLater()
        QTimer.singleShot(0, self, self._next)

    @Slot()
    def _next(self) -> None:
        """Opens the first one, or comes again when what is in use is closed."""
        if not self._waiting:
            return
        in_use = QApplication.activeModalWidget()
        if in_use is None:
            self._waiting.pop(0).open()
        elif isinstance(in_use, QDialog):
            in_use.finished.connect(self._soon)

    @Slot()
    def _soon(self) -> None:
        QTimer.singleShot(0, self, self._next)
