"""Keeps the project for recovery a while after each change, off the GUI thread: a disk may be slow."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.core.errors import UserError
from app.core.project import Project
from app.engine.files.recovery import Recovery
from app.workers.unexpected import unexpected


class AutosaveThread(QThread):
    """Writes the latest project `seconds` after the first change that is not kept yet.

    All methods are called from the GUI thread and return at once, except `stop`. While it runs, `write` and `clear`
    of the Recovery are its own; the GUI thread may use the rest.
    """

    kept = Signal(object)
    """Project, as `changed` was told of it: it is safe."""
    failed = Signal(str)
    """Why it could not be kept, in a sentence; the next change tries again."""

    def __init__(self, recovery: Recovery, seconds: float, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._recovery, self._seconds = recovery, seconds
        self._state = threading.Condition()
        self._wanted: tuple[Project, Path | None] | None = None
        self._due = 0.0
        self._clear = self._stopped = False

    def set_seconds(self, seconds: float) -> None:
        """How long a change may wait, from the next change on."""
        with self._state:
            self._seconds = seconds

    def changed(self, project: Project, file: Path | None) -> None:
        """The project is another one now; `file` is where the user saves it."""
        with self._state:
            if self._wanted is None:
                self._due = time.monotonic() + self._seconds
            self._wanted = (project, file)
            self._state.notify()

    def keep_now(self) -> None:
        """Lets a change that waits wait no longer."""
        with self._state:
            self._due = 0.0
            self._state.notify()

    def saved(self) -> None:
        """The project stands in the user's file, or was closed without saving: nothing is to be recovered."""
        with self._state:
            self._wanted, self._clear = None, True
            self._state.notify()

    def stop(self) -> None:
        """Ends the thread after what `saved` asked for; a change that still waits is dropped."""
        with self._state:
            self._stopped = True
            self._state.notify()
        self.wait()

    def run(self) -> None:
        """The thread's own loop."""
        while True:
            with self._state:
                self._wait()
                clear, self._clear = self._clear, False
                wanted = None if self._stopped or time.monotonic() < self._due else self._wanted
                if wanted is not None:
                    self._wanted = None
                stopped = self._stopped
            self._work(clear, wanted)
            if stopped:
                return

    def _wait(self) -> None:
        """Until there is something to do; the condition is held."""
        while not (self._stopped or self._clear):
            if self._wanted is None:
                self._state.wait()
            elif (left := self._due - time.monotonic()) > 0:
                self._state.wait(left)
            else:
                return

    def _work(self, clear: bool, wanted: tuple[Project, Path | None] | None) -> None:
        try:
            if clear:
                self._recovery.clear()
            if wanted is not None:
                self._recovery.write(*wanted)
                self.kept.emit(wanted[0])
        except UserError as error:
            self.failed.emit(str(error))
        except Exception as error:
            self.failed.emit(unexpected("Your changes could not be kept for a recovery", error))
