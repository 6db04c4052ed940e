"""One job: a function in a thread of its own, with a gate, a meter and a log."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from app.core.errors import Cancelled, UserError
from app.engine.job import Gate, Meter, Reading, reading_text
from app.engine.progress import CancelToken

REFRESH = 0.1
"""Seconds at least between two reports of a job's progress to the window."""


class JobState(StrEnum):
    """How a job stands."""

    WAITING = "waiting"
    """For another job of its kind."""
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen unless it is tried again."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class JobProgress:
    """What a job's function tells its progress to; an `app.engine.progress.Progress` that can also be talked to.

    Holds the caller up while the job is paused and raises Cancelled when it is cancelled.
    """

    def __init__(self, thread: _JobThread) -> None:
        self._thread = thread
        self._notified = 0.0
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """See `app.engine.progress.Progress`."""
        thread = self._thread
        thread.gate.check()
        thread.meter.update(stage, done, total)
        now = time.monotonic()
        if stage != self._stage or done == total or now - self._notified >= REFRESH:
            self._stage, self._notified = stage, now
            thread.ticked.emit()

    def notify(self, sentence: str) -> None:
        """A line for the job's log."""
        self._thread.said.emit(sentence)


JobFunction = Callable[[JobProgress, CancelToken], Any]
"""The work: tells its progress, looks at the token between small pieces, returns its result."""


class _JobThread(QThread):
    """One run of a job's function."""

    ticked = Signal()
    said = Signal(str)

    def __init__(self, function: JobFunction, parent: QObject) -> None:
        super().__init__(parent)
        self._function = function
        self.gate = Gate()
        self.meter = Meter()
        self.state = JobState.CANCELLED
        self.result: Any = None
        self.sentence = self.details = ""

    def run(self) -> None:
        """In the thread; what came of it is to be read after `finished`."""
        try:
            self.result = self._function(JobProgress(self), self.gate)
            self.state = JobState.DONE
        except Cancelled:
            self.state = JobState.CANCELLED
        except UserError as error:
            self.state, self.sentence = JobState.FAILED, str(error)
        except Exception as error:
            self.state = JobState.FAILED
            self.sentence = f"Something unexpected went wrong ({type(error).__name__}: {error})."
            self.details = traceback.format_exc()


class Job(QObject):
    """One job through all its runs; lives on the GUI thread."""

    changed = Signal()
    """State, progress or log."""
    done = Signal(object)
    """The function's result."""
    failed = Signal(str, str)
    """A sentence, and details (a traceback, or empty)."""
    finished = Signal()
    """However it ended; after the other two."""

    queued = Signal()
    """It waits again, after `retry`."""

    def __init__(
        self,
        name: str,
        kind: str,
        function: JobFunction,
        target: Path | None = None,
        may_retry: Callable[[Job], None] = lambda _job: None,
        parent: QObject | None = None,
    ) -> None:
        """`may_retry` raises UserError where `retry` cannot be."""
        super().__init__(parent)
        self.name, self.kind, self.target = name, kind, target
        """For people; which queue it stands in; the file that it writes."""
        self.state = JobState.WAITING
        self.log: list[str] = []
        """Sentences, oldest first."""
        self.sentence = self.details = ""
        """What went wrong in the last run."""
        self.result: Any = None
        self._function, self._may_retry = function, may_retry
        self._thread: _JobThread | None = None
        self._reading = Reading()
        self.seconds = 0.0
        """Of work in the last run, pauses left out; known when it has ended."""

    @property
    def reading(self) -> Reading:
        """How far it is."""
        return self._reading if self._thread is None else self._thread.meter.reading

    @property
    def stage(self) -> str:
        """What it is doing, a short noun phrase."""
        return self.reading.stage

    @property
    def fraction(self) -> float | None:
        """0 to 1 of its present stage; None where unknown; 1 when done."""
        return 1.0 if self.state is JobState.DONE else self.reading.fraction

    @property
    def rate(self) -> float | None:
        """Frames (or items) a second; None until it has settled."""
        return self.reading.rate

    @property
    def seconds_left(self) -> float | None:
        """Of its present stage, smoothed; None where unknown."""
        return self.reading.seconds_left

    def pause(self) -> None:
        """Holds a running job up at its next check."""
        if self._thread is not None and self.state is JobState.RUNNING:
            self._thread.gate.pause()
            self._thread.meter.pause()
            self._set(JobState.PAUSED)

    def resume(self) -> None:
        """Lets a paused job go on."""
        if self._thread is not None and self.state is JobState.PAUSED:
            self._thread.meter.resume()
            self._thread.gate.resume()
            self._set(JobState.RUNNING)

    def cancel(self) -> None:
        """Asks it to stop; one that waits is cancelled at once."""
        if self._thread is not None and not self.cancelling:
            self._thread.gate.cancel()
            self._note("Cancelling…")
        elif self.state is JobState.WAITING:
            self._note("Cancelled before it began.")
            self._set(JobState.CANCELLED)
            self.finished.emit()

    @property
    def cancelling(self) -> bool:
        """Whether it was asked to stop and has not stopped yet."""
        return self._thread is not None and self._thread.gate.cancelled

    def retry(self) -> None:
        """Queues a failed or cancelled job again. Raises UserError where another job writes its file by now."""
        if self.state in (JobState.FAILED, JobState.CANCELLED):
            self._may_retry(self)
            self.sentence = self.details = ""
            self._reading = Reading()
            self._note("Again.")
            self._set(JobState.WAITING)
            self.queued.emit()

    def text(self) -> str:
        """Everything about it, for the clipboard."""
        head = [f"{self.name} ({self.state})", *([str(self.target)] if self.target else [])]
        return "\n".join([*head, *self.log, self.sentence, self.details]).strip()

    def begin(self) -> None:
        """Starts the thread; called by `Jobs` alone."""
        thread = self._thread = _JobThread(self._function, self)
        thread.setObjectName(f"job {self.name}")
        thread.ticked.connect(self._tick, Qt.ConnectionType.QueuedConnection)
        thread.said.connect(self._note, Qt.ConnectionType.QueuedConnection)
        thread.finished.connect(self._settle, Qt.ConnectionType.QueuedConnection)
        self._set(JobState.RUNNING)
        thread.start()

    def stop(self) -> None:
        """Cancels it and waits until its thread has ended, silently; called by `Jobs` alone."""
        self.cancel()
        self.blockSignals(True)
        if self._thread is not None:
            self._thread.wait()
            self._settle()

    @Slot()
    def _tick(self) -> None:
        self.changed.emit()

    @Slot(str)
    def _note(self, sentence: str) -> None:
        self.log.append(sentence)
        self.changed.emit()

    @Slot()
    def _settle(self) -> None:
        """The thread has ended: takes over what came of it."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        thread.wait()
        thread.deleteLater()
        self._reading, self.seconds = thread.meter.reading, thread.meter.seconds
        self.result, self.sentence, self.details = thread.result, thread.sentence, thread.details
        self.log.append(self._outcome(thread))
        self._set(thread.state)
        if self.state is JobState.DONE:
            self.done.emit(self.result)
        elif self.state is JobState.FAILED:
            self.failed.emit(self.sentence, self.details)
        self.finished.emit()

    def _outcome(self, thread: _JobThread) -> str:
        if thread.state is JobState.DONE:
            return f"Done after {self.seconds:.1f} s of work."
        if thread.state is JobState.CANCELLED:
            return "Cancelled; nothing was left behind." if self.target else "Cancelled."
        return f"Failed: {thread.sentence}"

    def _set(self, state: JobState) -> None:
        self.state = state
        self.changed.emit()


def job_text(job: Job, unit: str = "frames") -> str:
    """How a job stands, in a line."""
    if job.cancelling:
        return "stopping…"
    if job.state is JobState.RUNNING:
        return reading_text(job.reading, unit) or "starting"
    if job.state is JobState.PAUSED:
        return f"paused; {reading_text(job.reading, unit)}" if job.stage else "paused"
    if job.state is JobState.FAILED:
        return job.sentence
    return "waits for its turn" if job.state is JobState.WAITING else str(job.state)
