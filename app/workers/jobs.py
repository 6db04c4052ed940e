"""Long work in the background: of each kind one job after another, kinds side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from app.core.errors import UserError
from app.workers.job import Job, JobFunction, JobProgress, JobState, job_text

__all__ = ["Job", "JobFunction", "JobProgress", "JobState", "Jobs", "job_text"]


class Jobs(QObject):
    """All jobs of a session: of each kind one runs at a time, in order; kinds run side by side."""

    added = Signal(object)
    """Job."""
    removed = Signal(object)
    """Job."""
    changed = Signal(object)
    """Job: its state, progress or log."""
    failed = Signal(object, str, str)
    """Job, sentence, details."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[Job] = []
        self._closing = False

    @property
    def all(self) -> tuple[Job, ...]:
        """In the order in which they were asked for."""
        return tuple(self._all)

    @property
    def active(self) -> tuple[Job, ...]:
        """Those that wait, run or are paused."""
        return tuple(job for job in self._all if not job.state.finished)

    def start(
        self,
        name: str,
        kind: str,
        function: JobFunction,
        on_done: Callable[[Any], object] | None = None,
        target: Path | None = None,
    ) -> Job:
        """Queues `function` and returns its job at once; `on_done` gets its result on the GUI thread.

        `target` is the file that it writes. Raises UserError where another job is at work on the same file, and
        after `shutdown`.
        """
        if self._closing:
            raise UserError(f'"{name}" was not started: the program is closing.')
        self.check_target(target)
        job = Job(name, kind, function, target, self._may_retry, self)
        job.changed.connect(lambda: self.changed.emit(job))
        job.finished.connect(self.start_next)
        job.queued.connect(self.start_next)
        job.failed.connect(lambda sentence, details: self.failed.emit(job, sentence, details))
        if on_done is not None:
            job.done.connect(on_done)
        self._all.append(job)
        self.added.emit(job)
        self.start_next()
        return job

    def check_target(self, target: Path | None, but: Job | None = None) -> None:
        """Raises UserError where a job other than `but` is at work on that file."""
        if target is None:
            return
        for job in self.active:
            if job is not but and job.target is not None and _same(job.target, target):
                raise UserError(
                    f'"{target}" is being written by the job "{job.name}": wait for it, cancel it or choose '
                    "another name."
                )

    def _may_retry(self, job: Job) -> None:
        self.check_target(job.target, job)

    @Slot()
    def start_next(self) -> None:
        """Begins the first waiting job of each kind of which none runs."""
        if self._closing:
            return
        busy = {job.kind for job in self._all if job.state in (JobState.RUNNING, JobState.PAUSED)}
        for job in list(self._all):
            if job.state is JobState.WAITING and job.kind not in busy:
                busy.add(job.kind)
                job.begin()

    def clear_finished(self) -> None:
        """Forgets the jobs that have ended."""
        for job in [job for job in self._all if job.state.finished]:
            self.remove(job)

    def remove(self, job: Job) -> None:
        """Forgets a job that has ended; nothing happens to one that has not."""
        if job in self._all and job.state.finished:
            self._all.remove(job)
            self.removed.emit(job)
            job.deleteLater()

    def forget(self, job: Job) -> None:
        """Ends a job that nobody wants any more; it leaves the list as soon as it has stopped."""
        if job not in self._all:
            return
        if job.state.finished:
            self.remove(job)
        else:
            job.finished.connect(lambda: self.remove(job))
            job.cancel()

    def shutdown(self) -> None:
        """Cancels everything and waits for it: afterwards no thread runs and nothing can be started."""
        self._closing = True
        for job in self._all:
            job.cancel()
        for job in self._all:
            job.stop()


def _same(one: Path, other: Path) -> bool:
    """Whether two names mean the same file, whether or not it exists."""
    return one.resolve() == other.resolve()
