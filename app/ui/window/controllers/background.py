"""Work that goes on while another window is in front: its progress and its end are shown on the desktop."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from app.core.text import duration_text
from app.ui.window.current_job import FIRST
from app.ui.window.desktop import Desktop
from app.ui.window.main_window import MainWindow
from app.workers.jobs import Job, Jobs, JobState

LONG = 10.0
"""Seconds of work from which the end of any job is news; that of what the user waits for always is."""
_TITLES = {JobState.DONE: "{} is done", JobState.FAILED: "{} failed"}


class Background(QObject):
    """Follows the jobs; says nothing while the window is in front, where all is seen anyway."""

    def __init__(self, window: MainWindow, jobs: Jobs, desktop: Desktop | None = None) -> None:
        super().__init__(window)
        self._window, self._jobs = window, jobs
        self._desktop = desktop or Desktop(window)
        self._percent: int | None = None
        self.wanted = True
        """Whether notifications are shown."""
        jobs.added.connect(self._follow)
        for signal in (jobs.added, jobs.changed, jobs.removed):
            signal.connect(self._show_progress)
        window.activated.connect(self._show_progress)

    def close(self) -> None:
        """Nothing of it stays on the desktop."""
        self._desktop.show_progress(None)
        self._desktop.close()

    @Slot(object)
    def _follow(self, job: Job) -> None:
        job.finished.connect(lambda: self._tell_end(job))

    def _tell_end(self, job: Job) -> None:
        self._show_progress()
        title = _TITLES.get(job.state)
        news = job.kind in FIRST or job.seconds >= LONG
        if title is not None and news and self.wanted and not self._window.isActiveWindow():
            self._desktop.notify(title.format(job.name), job.sentence or f"After {duration_text(job.seconds)} of work.")

    @Slot()
    def _show_progress(self) -> None:
        """The first job that is waited for, in whole per cent; in the title too, which every task bar shows."""
        shown = [job for job in self._jobs.active if job.kind in FIRST or job.seconds >= LONG]
        running = next((job for job in shown if job.fraction is not None), None)
        percent = None if running is None else int(100 * (running.fraction or 0.0))
        if percent != self._percent:
            self._percent = percent
            self._desktop.show_progress(None if percent is None else percent / 100)
        behind = percent is not None and not self._window.isActiveWindow()
        self._window.set_progress(f"{percent} % · " if behind else "")
