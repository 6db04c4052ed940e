"""One job as the jobs panel shows it: how far it is, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QFont, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.errors import UserError
from app.ui.kit import palette
from app.ui.kit.flow_layout import Flow
from app.ui.kit.labels import muted
from app.ui.kit.line import Line
from app.ui.kit.renewal import keep_current
from app.ui.kit.theme import fixed_font
from app.workers.jobs import Job, Jobs, JobState, job_text

STEPS = 1000
"""Of the progress bar."""


def colour_of(state: JobState) -> str:
    """The colour of the word that tells a state; the word is there as well."""
    return {
        JobState.WAITING: palette.MUTED_TEXT,
        JobState.RUNNING: palette.ACCENT,
        JobState.PAUSED: palette.WARNING,
        JobState.DONE: palette.VOICE_WAVE,
        JobState.FAILED: palette.ERROR,
        JobState.CANCELLED: palette.MUTED_TEXT,
    }[state]


class JobRow(QFrame):
    """One job with its progress, its log and its buttons."""

    def __init__(self, job: Job, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.job, self._jobs = job, jobs
        self.setObjectName("job_row")
        self.setStyleSheet(
            f"#job_row {{ background: {palette.RAISED}; border-radius: 4px; }} #job_row QLabel {{ background: none; }}"
        )
        self._name, self._state, self._status = Line(self), QLabel(self), Line(self)
        self._problem = QLabel(self)
        self._bar = QProgressBar(self)
        self._log = self._log_field()
        self._buttons: dict[str, QPushButton] = {}
        self._lay_out()
        job.changed.connect(self.refresh)
        self.refresh()

    def button(self, name: str) -> QPushButton:
        """The button "pause", "cancel", "retry", "folder", "remove", "details" or "copy". Raises KeyError."""
        return self._buttons[name]

    @property
    def status(self) -> str:
        """What the row says of its job."""
        return self._problem.text() or self._status.full_text

    def _lay_out(self) -> None:
        """Name and state; bar; status; buttons; the log, which is hidden at first."""
        bold = QFont(self.font())
        bold.setBold(True)
        self._name.setFont(bold)
        self._name.set_full_text(self.job.name)
        muted(self._status)
        self._problem.setWordWrap(True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setStyleSheet(f"color: {palette.ERROR};")
        self._problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(max(8, self.fontMetrics().height() // 2))
        top = QHBoxLayout()
        top.addWidget(self._name, 1)
        top.addWidget(self._state)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(5)
        column.addLayout(top)
        column.addWidget(self._bar)
        column.addWidget(self._status)
        column.addWidget(self._problem)
        column.addWidget(self._button_line())
        column.addWidget(self._log)

    def _log_field(self) -> QPlainTextEdit:
        field = QPlainTextEdit(self)
        field.setObjectName("job_log")
        field.setAccessibleName(f"Log of {self.job.name}")
        field.setReadOnly(True)
        keep_current(field, lambda: field.setFont(fixed_font()))
        field.setFixedHeight(self.fontMetrics().height() * 9)
        field.setVisible(False)
        return field

    def _button_line(self) -> Flow:
        self._line = Flow(self, spacing=5)
        line = self._line.flow
        line.addWidget(self._make("pause", "Pause", "Holds the job up; it goes on where it was.", self._pause))
        line.addWidget(self._make("cancel", "Cancel", "Stops the job and removes what it has written.", self._cancel))
        line.addWidget(self._make("retry", "Retry", "Does the job again from the beginning.", self._retry))
        line.addWidget(self._make("folder", "Open folder", "Shows the folder of the finished file.", self._open))
        details = self._make("details", "Details", "Shows what the job has told so far.", self._show_log)
        details.setCheckable(True)
        line.addWidget(details)
        line.addWidget(self._make("copy", "Copy", "Copies the log to the clipboard.", self._copy))
        line.addWidget(self._make("remove", "Remove", "Takes the job off this list.", self._remove))
        return self._line

    def _make(self, name: str, text: str, tip: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"job_{name}")
        button.setToolTip(tip)
        button.setStyleSheet("padding: 2px 7px;")
        button.clicked.connect(slot)
        self._buttons[name] = button
        return button

    @Slot()
    def refresh(self) -> None:
        """Shows the job as it is now."""
        job, state = self.job, self.job.state
        self._state.setText("stopping" if job.cancelling else str(state))
        self._state.setStyleSheet(f"color: {colour_of(state)};")
        self._status.set_full_text(_status(job))
        self._tell_problem(job.sentence if state is JobState.FAILED else "")
        self._bar.setRange(0, STEPS)
        self._bar.setValue(round((job.fraction or 0) * STEPS))
        self._bar.setVisible(not state.finished)
        self._refresh_buttons()
        if self._log.isVisible():
            self._fill_log()
        self.setAccessibleName(f"{job.name}: {_status(job)}")
        self._bar.setAccessibleName(f"Progress of {job.name}")

    def _tell_problem(self, sentence: str) -> None:
        """In full, in place of the line that would cut it."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))
        self._status.setVisible(not sentence)

    def _refresh_buttons(self) -> None:
        """Only what can be done now is there."""
        job, state = self.job, self.job.state
        held, runs = state is JobState.PAUSED, state in (JobState.RUNNING, JobState.PAUSED)
        self._buttons["pause"].setText("Resume" if held else "Pause")
        self._buttons["pause"].setToolTip("Goes on." if held else "Holds the job up; it goes on where it was.")
        shown = {
            "pause": runs,
            "cancel": not state.finished,
            "retry": state in (JobState.FAILED, JobState.CANCELLED),
            "folder": state is JobState.DONE and job.target is not None,
            "remove": state.finished,
            "details": True,
            "copy": self._buttons["details"].isChecked(),
        }
        for name, there in shown.items():
            self._buttons[name].setVisible(there)
            self._buttons[name].setAccessibleName(f"{self._buttons[name].text()} {job.name}")
        for name in ("pause", "cancel"):
            self._buttons[name].setEnabled(not job.cancelling)
        self._line.fit()

    def _fill_log(self) -> None:
        text = self.job.text()
        if text != self._log.toPlainText():
            self._log.setPlainText(text)
            self._log.verticalScrollBar().setValue(self._log.verticalScrollBar().maximum())

    @Slot()
    def _pause(self) -> None:
        if self.job.state is JobState.PAUSED:
            self.job.resume()
        else:
            self.job.pause()

    @Slot()
    def _cancel(self) -> None:
        self.job.cancel()

    @Slot()
    def _retry(self) -> None:
        """What forbids it is told in the row: the job itself stays as it was."""
        try:
            self.job.retry()
        except UserError as error:
            self._tell_problem(str(error))

    @Slot()
    def _open(self) -> None:
        """What stands in the way is told in the row."""
        if self.job.target is not None:
            self._tell_problem(open_folder(self.job.target.parent))

    @Slot()
    def _show_log(self) -> None:
        self._log.setVisible(self._buttons["details"].isChecked())
        self._fill_log()
        self._refresh_buttons()

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.job.text())

    @Slot()
    def _remove(self) -> None:
        self._jobs.remove(self.job)


def open_folder(folder: Path) -> str:
    """Shows a folder in the system's file manager; returns a sentence where that cannot be, else nothing."""
    if not folder.is_dir():
        return f'The folder "{folder}" is not there any more.'
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
        return f'No program of this system shows folders. The file is in "{folder}".'
    return ""


def _status(job: Job) -> str:
    """The line under the bar."""
    if job.state is JobState.DONE and job.target is not None:
        return str(job.target)
    if job.state is JobState.DONE:
        return job.log[-1] if job.log else "done"
    return job_text(job)
