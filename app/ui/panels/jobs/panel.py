"""The jobs panel: what runs in the background, what waits and what has ended."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.ui.kit.labels import empty_state
from app.ui.kit.line import Line
from app.ui.panels.jobs.row import JobRow
from app.workers.jobs import Job, Jobs, JobState

BRIEF = 2.0
"""Seconds: work without a file to show for it that was done sooner leaves the list by itself."""
EMPTY = "No jobs yet.\n\nFinding faces, proxies and exports appear here with their progress."


class JobsPanel(QWidget):
    """All jobs: on top what is at work and what waits, in that order, below what has ended, the newest first."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("jobs_panel")
        self.setAccessibleName("Jobs")
        self._jobs = jobs
        self._rows: dict[Job, JobRow] = {}
        self._list = QVBoxLayout()
        self._summary = Line(self)
        self._clear = QPushButton("Clear finished", self)
        self._stack = QStackedLayout()
        self._lay_out()
        jobs.added.connect(self._add)
        jobs.removed.connect(self._drop)
        jobs.changed.connect(self._changed)
        for job in jobs.all:
            self._add(job)
        self._refresh()

    @property
    def rows(self) -> tuple[JobRow, ...]:
        """From top to bottom."""
        return tuple(self._rows[job] for job in self._order())

    def row(self, job: Job) -> JobRow:
        """The row of a job. Raises KeyError."""
        return self._rows[job]

    def sizeHint(self) -> QSize:  # noqa: N802
        """Wide enough for the buttons."""
        unit = self.fontMetrics().averageCharWidth()
        return QSize(unit * 48, unit * 40)

    def _lay_out(self) -> None:
        self._clear.setObjectName("jobs_clear")
        self._clear.setStyleSheet("padding: 3px 9px;")  # the same when disabled, for a button keeps its first size hint
        self._clear.setToolTip("Takes the jobs that have ended off the list.")
        self._clear.clicked.connect(self._jobs.clear_finished)
        self._summary.setObjectName("jobs_summary")
        bottom = QHBoxLayout()
        bottom.addWidget(self._summary, 1)
        bottom.addWidget(self._clear)
        self._stack.addWidget(empty_state(EMPTY, "jobs_empty", self))
        self._stack.addWidget(self._scroller())
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addLayout(self._stack, 1)
        column.addLayout(bottom)

    def _scroller(self) -> QScrollArea:
        inside = QWidget(self)
        self._list.setSpacing(6)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.addStretch(1)
        inside.setLayout(self._list)
        area = QScrollArea(self)
        area.setObjectName("jobs_list")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        return area

    @Slot(object)
    def _add(self, job: Job) -> None:
        row = self._rows[job] = JobRow(job, self._jobs, self)
        self._list.insertWidget(self._order().index(job), row)
        self._refresh()

    @Slot(object)
    def _drop(self, job: Job) -> None:
        row = self._rows.pop(job, None)
        if row is not None:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._refresh()

    @Slot(object)
    def _changed(self, job: Job) -> None:
        row = self._rows.get(job)
        if row is not None:
            if _went_by(job):
                QTimer.singleShot(0, self, lambda: self._jobs.remove(job))  # when all others have heard of its end
            place = self._order().index(job)
            if self._list.indexOf(row) != place:
                self._list.insertWidget(place, row)
        self._refresh()

    def _order(self) -> list[Job]:
        """The jobs from top to bottom."""
        jobs = [job for job in self._jobs.all if job in self._rows]
        waiting = [job for job in jobs if job.state is JobState.WAITING]
        ended = [job for job in reversed(jobs) if job.state.finished]
        return [*(job for job in jobs if job not in waiting and not job.state.finished), *waiting, *ended]

    def _refresh(self) -> None:
        """Empty or not, and the summary."""
        shown = list(self._rows)
        self._stack.setCurrentIndex(1 if shown else 0)
        self._clear.setEnabled(any(job.state.finished for job in shown))
        counts = ((state, sum(job.state is state for job in shown)) for state in JobState)
        self._summary.set_full_text(", ".join(f"{count} {state}" for state, count in counts if count))


def _went_by(job: Job) -> bool:
    """Whether it was done so quickly, and to no file of the user's, that nobody wants to read of it."""
    return job.state is JobState.DONE and job.target is None and job.seconds < BRIEF
