"""Finds out, beside the dialog, how large the export will be."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.core.timebase import TimeRange
from app.engine.export.size_trial import SizeTrial, try_size
from app.engine.media.clip import Clip
from app.engine.media.encoders import EncoderSettings
from app.workers.task import Task

WAIT_MS = 300
"""A wheel that turns changes the quality many times."""
_Wish = tuple[EncoderSettings, TimeRange]


class Sizing(QObject):
    """One trial at a time, of what is chosen now; what was found is kept while the dialog is open."""

    found = Signal()
    """`trial` knows more than before."""

    def __init__(self, clip: Clip | None, parent: QObject) -> None:
        super().__init__(parent)
        self._clip = clip
        self._known: dict[_Wish, SizeTrial | None] = {}
        self._wanted: _Wish | None = None
        self._task: Task | None = None
        self._open = False
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT_MS)
        self._wait.timeout.connect(self._start)

    @property
    def busy(self) -> bool:
        """Whether an answer is to come."""
        return self._wait.isActive() or self._task is not None

    def trial(self, settings: EncoderSettings, span: TimeRange) -> SizeTrial | None:
        """What is known of such an export; where nothing is, it is found out, which `found` tells."""
        wish = settings, span
        if self._clip is None or not self._open or wish in self._known:
            return self._known.get(wish)
        if wish != self._wanted:
            self._wanted = wish
            self._wait.start()
        return None

    def begin(self) -> None:
        """The dialog is in sight."""
        self._open = True

    def stop(self) -> None:
        """The dialog is closed."""
        self._open = False
        self._wait.stop()
        self._end_task()

    def _end_task(self) -> None:
        if self._task is not None:
            self._task.stop()
            self._task.deleteLater()
            self._task = None

    @Slot()
    def _start(self) -> None:
        clip, wish = self._clip, self._wanted
        if clip is None or wish is None:
            return
        self._end_task()
        self._task = Task(partial(try_size, clip, *wish), self)
        self._task.done.connect(partial(self._take, wish))
        self._task.failed.connect(lambda _sentence, _details: self._take(wish, None))
        self._task.start()

    def _take(self, wish: _Wish, trial: SizeTrial | None) -> None:
        """Where a trial fails, the guess stays; the export itself will say why."""
        self._known[wish] = trial
        self._end_task()
        self.found.emit()
