"""One piece of work off the GUI thread whose answer is wanted back: counting, trying, looking at files."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

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

    def __init__(self, function: Callable[[CancelToken], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._function = function
        self._cancel = CancelToken()

    def run(self) -> None:
        """In the thread."""
        try:
            result = self._function(self._cancel)
        except Cancelled:
            return
        except UserError as error:
            self.failed.emit(str(error), "")
        except Exception as error:
            self.failed.emit(f"Something unexpected went wrong ({error}).", traceback.format_exc())
        else:
            self.done.emit(result)

    def stop(self) -> None:
        """Cancels and waits for the end; returns when the thread is gone."""
        self._cancel.cancel()
        self.blockSignals(True)
        self.wait()
