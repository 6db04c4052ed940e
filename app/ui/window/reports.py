"""How the user is told what went wrong."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.core.errors import Cancelled, UserError
from app.ui.dialogs.error import ErrorDialog, describe
from app.ui.window.notice import NoticeBar
from app.ui.window.status_bar import StatusBar
from app.ui.window.turns import Turns

_log = logging.getLogger(__name__)


class Reports(QObject):
    """The error dialog for what was asked for and failed; the notice bar for the rest; the status bar for news."""

    _caught = Signal(str, str)
    """(sentence, details) of an error that nobody caught, from whatever thread."""

    def __init__(self, window: QWidget, notice: NoticeBar, status: StatusBar) -> None:
        super().__init__(window)
        self._window, self._notice, self._status = window, notice, status
        self.turns = Turns(self)
        notice.details_wanted.connect(self.dialog)
        self._caught.connect(self._show_caught)

    @Slot(str, str)
    def dialog(self, sentence: str, details: str = "") -> None:
        """What the user wanted did not work. Returns at once; the dialog waits until no other one is in use.

        The same sentence does not come twice at a time.
        """
        if sentence not in self._open_sentences():
            self.turns.open(ErrorDialog(sentence, details, self._window))

    def notice(self, sentence: str, details: str = "", lasting: bool = False) -> None:
        """Something in the background is not as it should be; the user goes on.

        Unless it is `lasting`, it is about the open document and goes with it.
        """
        if sentence not in self._open_sentences():
            self._notice.tell(sentence, details, lasting)

    def withdraw(self, sentence: str) -> None:
        """A notice that does not hold any more."""
        self._notice.forget(sentence)

    @Slot()
    def forget_document(self) -> None:
        """Another document was opened: what was said of the last one is over."""
        self._notice.forget_document()
        self._status.clearMessage()

    def say(self, sentence: str) -> None:
        """News that pass; what stands in the notice bar is none."""
        if all(sentence != notice.sentence for notice in self._notice.notices):
            self._status.say(sentence)

    def guarded(self, slot: Callable[..., object]) -> Callable[..., None]:
        """`slot`, whose user errors come up as a dialog."""

        def run(*arguments: object) -> None:
            try:
                slot(*arguments)
            except UserError as error:
                self.dialog(*describe(error))

        return run

    def edit(self, slot: Callable[..., object]) -> Callable[..., None]:
        """`slot`, an edit that may be impossible here: the sentence passes in the status bar."""

        def run(*arguments: object) -> None:
            try:
                slot(*arguments)
            except UserError as error:
                self.say(str(error))

        return run

    def catch_all(self) -> None:
        """From now on, errors that nobody caught are shown, in whatever thread they came up, and logged."""
        sys.excepthook = self._hook
        threading.excepthook = lambda hooked: self._hook(hooked.exc_type, hooked.exc_value, hooked.exc_traceback)

    def _hook(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None or issubclass(kind, KeyboardInterrupt | SystemExit | Cancelled):
            return
        _log.error("an error that nobody caught", exc_info=(kind, error, trace))
        self._caught.emit(*describe(error))

    @Slot(str, str)
    def _show_caught(self, sentence: str, details: str) -> None:
        """One dialog is enough: a fault in a painter comes up with every frame."""
        if not self._open_sentences():
            self.dialog(sentence, details)

    def _open_sentences(self) -> set[str]:
        """Of the error dialogs that are open or wait for their turn."""
        dialogs = [dialog for dialog in self._window.findChildren(ErrorDialog) if dialog.isVisible()]
        waiting = [dialog for dialog in self.turns.waiting if isinstance(dialog, ErrorDialog)]
        return {dialog.sentence for dialog in (*dialogs, *waiting)}
