"""One piece of work off the GUI thread whose answer is wanted back: counting, trying, looking at files."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.core.errors import Cancelled, UserError
from app.engine.progress import CancelToken


class Task(QThread):
    """Runs `function(cancel)` once and hands its result over on the thread that made the task.

    `stop` it before its owner goes; neither signal comes after that.
    """

    done = Signal(object)
    """What the function returned."""
    failed = Signal(str, str)
    """A sentence, and details (a traceback, or empty)."""
    _made = Signal(object)
    _missed = Signal(str, str)

    def __init__(self, function: Callable[[CancelToken], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._function = function
        self._cancel = CancelToken()
        self._made.connect(self._hand_over)
        self._missed.connect(self._tell)

    def run(self) -> None:
        """Does the work; runs in the task's own thread."""
        try:
            result = self._function(self._cancel)
        except Cancelled:
            return
        except UserError as error:
            self._missed.emit(str(error), "")
        except Exception as error:
            self._missed.emit(f"Something unexpected went wrong ({error}).", traceback.format_exc())
        else:
            self._made.emit(result)

    def stop(self) -> None:
        """Cancels and waits for the end; returns when the thread is gone."""
        self._cancel.cancel()
        self.wait()

    # What waits in the queue when the task is stopped is still delivered to it, but goes no further.

    @Slot(object)
    def _hand_over(self, result: object) -> None:
        if not self._cancel.cancelled:
            self.done.emit(result)

    @Slot(str, str)
    def _tell(self, sentence: str, details: str) -> None:
        if not self._cancel.cancelled:
            self.failed.emit(sentence, details)
