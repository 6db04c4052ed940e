"""What runs now, with a bar: it stands in the status bar as long as anything is at work."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from app.ui.kit.line import Line
from app.workers.jobs import Job, JobState, job_text

STEPS = 1000
"""Of the bar."""
FIRST = ("export", "demo")
"""Kinds that are told before others: what the user waits for."""
_STATES = (JobState.RUNNING, JobState.PAUSED, JobState.WAITING)


class CurrentJob(QWidget):
    """A line and a bar; hidden while nothing is at work. A click asks for the list."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("current_job")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.line = Line(self, QSizePolicy.Policy.Preferred, "A click shows all jobs")
        self.line.setObjectName("current_job_text")
        self.bar = QProgressBar(self)
        self.bar.setObjectName("current_job_bar")
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(self.fontMetrics().averageCharWidth() * 16)
        self.bar.setFixedHeight(max(8, self.fontMetrics().height() // 2))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line)
        row.addWidget(self.bar)
        self.hide()

    def show_jobs(self, active: Sequence[Job]) -> None:
        """Shows the first of those that wait, run or are paused; none hides all."""
        if not active:
            self.hide()
            return
        job = min(active, key=lambda each: (_STATES.index(each.state), each.kind not in FIRST))
        more = f" (and {len(active) - 1} more)" if len(active) > 1 else ""
        self._show(f"{job.name}: {job_text(job)}{more}", job.fraction)

    def show_busy(self, text: str) -> None:
        """Something is at work that is no job yet."""
        self._show(text, None)

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        """Tells of the click."""
        self.clicked.emit()

    def _show(self, text: str, fraction: float | None) -> None:
        self.line.set_full_text(text)
        self.bar.setAccessibleName(f"Progress: {text}")
        self.bar.setRange(0, 0 if fraction is None else STEPS)
        self.bar.setValue(round((fraction or 0) * STEPS))
        self.show()
