"""Finds the clip and the voice of a project again, when they were moved, renamed or replaced."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core import edits
from app.core.project import Project
from app.engine.files.project_file import Medium
from app.engine.files.relink import Candidate, Search, Wanted, look_at, search
from app.engine.progress import CancelToken
from app.ui.dialogs.relink_row import RelinkRow
from app.ui.kit.file_dialogs import ask_folder, ask_open, last_folder
from app.ui.kit.file_kinds import CLIP_FILTER, VOICE_FILTER
from app.ui.kit.fitting import Scroll
from app.ui.kit.labels import muted
from app.workers.task import Task

_FILTERS: dict[Medium, str] = {"clip": CLIP_FILTER, "voice": VOICE_FILTER}


class RelinkDialog(QDialog):
    """After `exec` was accepted, `project` names the files that were found.

    Content is compared on a thread of its own; closing the dialog ends it.
    """

    def __init__(self, project: Project, folder: Path | None = None, parent: QWidget | None = None) -> None:
        """`folder` is where choosing a file begins: usually that of the project's file."""
        super().__init__(parent)
        self.setObjectName("relink_dialog")
        self.setWindowTitle("Relink media")
        self._old, self._folder = project, folder or Path.home()
        self._task: Task | None = None
        self._then: Callable[[Search], None] = self._file_seen
        self._otherwise: Callable[[str], None] = self._search_failed
        self._told = _Told(self)
        self._told.progressed.connect(self._show_progress)
        self._rows = {wanted.medium: RelinkRow(wanted, self) for wanted in wanted_of(project)}
        for row in self._rows.values():
            row.browse.clicked.connect(self._browse_clicked)
            row.changed.connect(self._enable)
        self._search, self._stop, self._bar, self._said = self._search_parts()
        self._buttons = self._button_box()
        self._lay_out()
        self._enable()

    @property
    def project(self) -> Project:
        """The project that the dialog was opened on, with those files."""
        return self.relinked(self._old)

    def relinked(self, project: Project) -> Project:
        """A project with the files that were chosen and accepted."""
        for medium, row in self._rows.items():
            if row.accepted is not None:
                change = edits.set_clip if medium == "clip" else edits.set_voice
                project = change(project, str(row.accepted.path), row.accepted.sha256)
        return project

    def row(self, medium: Medium) -> RelinkRow:
        """What is shown for a medium. Raises KeyError where the project names none."""
        return self._rows[medium]

    @property
    def busy(self) -> bool:
        """Whether files are being looked at."""
        return self._task is not None

    def use_file(self, medium: Medium, path: Path) -> None:
        """Looks at a file for one medium; where another is missing, it may lie beside this one."""
        wanted = self._rows[medium].wanted
        others = [row.wanted for row in self._rows.values() if row.is_missing and row.wanted.medium != medium]

        def look(cancel: CancelToken) -> Search:
            found = look_at(path, wanted, cancel)
            beside = search(path.parent, others, cancel=cancel, deep=False)
            return Search((found, *beside.found), 1, 0)

        self._said.setText(f"Looking at {path.name}...")
        self._start(look, self._file_seen, partial(self._file_refused, medium))

    def search_folder(self, folder: Path) -> None:
        """Looks for everything that is missing in a folder and below."""
        missing = [row.wanted for row in self._rows.values() if row.is_missing]
        self._said.setText(f"Searching {folder}...")
        self._start(
            lambda cancel: search(folder, missing, self._told, cancel),
            partial(self._searched, folder),
            self._search_failed,
        )

    def done(self, result: int) -> None:
        """Closing ends the work first."""
        self._end_task()
        super().done(result)

    def _search_parts(self) -> tuple[QPushButton, QPushButton, QProgressBar, QLabel]:
        find, stop = QPushButton("&Search a folder...", self), QPushButton("S&top", self)
        find.setObjectName("search")
        find.setToolTip("Looks through a folder and all below it, by name and by content")
        find.clicked.connect(self._browse_folder)
        find.setAutoDefault(False)
        stop.setObjectName("stop")
        stop.setToolTip("Ends the search")
        stop.clicked.connect(self._stop_clicked)
        stop.setAutoDefault(False)
        bar = QProgressBar(self)
        bar.setAccessibleName("Search")
        bar.setTextVisible(False)
        bar.setMaximumHeight(self.fontMetrics().height() // 2)
        said = muted(QLabel(self))
        said.setObjectName("relink_said")
        said.setWordWrap(True)
        return find, stop, bar, said

    def _button_box(self) -> QDialogButtonBox:
        box = QDialogButtonBox(self)
        link = box.addButton("&Relink", QDialogButtonBox.ButtonRole.AcceptRole)
        link.setObjectName("relink")
        link.setToolTip("The project uses these files from now on (Enter); this can be undone")
        leave = box.addButton("&Leave as it is", QDialogButtonBox.ButtonRole.RejectRole)
        leave.setObjectName("leave")
        leave.setToolTip("Changes nothing (Esc)")
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        self._link = link
        return box

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(self._heading())
        rows = QVBoxLayout()
        rows.setSpacing(12)
        for row in self._rows.values():
            rows.addWidget(row)
        column.addWidget(Scroll(rows, self), 1)
        seek = QHBoxLayout()
        seek.addWidget(self._search)
        seek.addWidget(self._stop)
        seek.addWidget(self._bar, 1)
        seek.addStretch(1)
        column.addLayout(seek)
        column.addWidget(self._said)
        column.addWidget(self._buttons)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 84)

    def _heading(self) -> QLabel:
        label = QLabel(
            _introduction(bool(self._rows), [row.title for row in self._rows.values() if row.is_missing]), self
        )
        label.setObjectName("relink_introduction")
        label.setWordWrap(True)
        return label

    @Slot()
    def _enable(self) -> None:
        busy = self.busy
        self._link.setEnabled(not busy and self.project != self._old)
        self._search.setEnabled(not busy and any(row.is_missing for row in self._rows.values()))
        self._stop.setVisible(busy)
        self._bar.setVisible(busy)
        for row in self._rows.values():
            row.browse.setEnabled(not busy)
        self._link.setDefault(self._link.isEnabled())

    @Slot()
    def _browse_clicked(self) -> None:
        clicked = self.sender()
        wanted = next(row.wanted for row in self._rows.values() if row.browse is clicked)
        file = ask_open(self, f"Choose {wanted.path.name}", _FILTERS[wanted.medium], self._folder)
        if file is not None:
            self.use_file(wanted.medium, file)

    @Slot()
    def _browse_folder(self) -> None:
        folder = ask_folder(self, "Search a folder", last_folder() or self._folder)
        if folder is not None:
            self.search_folder(folder)

    def _start(
        self,
        work: Callable[[CancelToken], Search],
        done: Callable[[Search], None],
        failed: Callable[[str], None],
    ) -> None:
        """One look at a time, off this thread."""
        self._end_task()
        self._bar.setRange(0, 0)
        self._then, self._otherwise = done, failed
        self._task = Task(work, self)
        self._task.done.connect(self._task_done)
        self._task.failed.connect(self._task_failed)
        self._task.start()
        self._enable()

    @Slot(object)
    def _task_done(self, result: Search) -> None:
        self._end_task()
        self._then(result)
        self._enable()

    @Slot(str, str)
    def _task_failed(self, sentence: str, _details: str) -> None:
        self._end_task()
        self._otherwise(sentence)
        self._enable()

    def _end_task(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.stop()
            task.deleteLater()

    @Slot()
    def _stop_clicked(self) -> None:
        self._end_task()
        self._said.setText("Stopped.")
        self._enable()

    @Slot(str, int, object)
    def _show_progress(self, stage: str, done: int, total: int | None) -> None:
        if not self.busy:
            return
        self._bar.setRange(0, total or 0)
        self._bar.setValue(done)
        self._said.setText(f"Listing files: {done}" if total is None else f"Comparing file {done + 1} of {total}")

    def _take(self, found: tuple[Candidate, ...]) -> None:
        for candidate in found:
            self._rows[candidate.medium].offer(candidate)

    def _file_seen(self, result: Search) -> None:
        self._said.setText("")
        self._take(result.found)

    def _file_refused(self, medium: Medium, sentence: str) -> None:
        self._said.setText("")
        self._rows[medium].refuse(sentence)

    def _searched(self, folder: Path, result: Search) -> None:
        self._take(result.found)
        looked = "1 file was compared" if result.looked_at == 1 else f"{result.looked_at} files were compared"
        parts = [f"{looked} in {folder}." if result.found else f"Nothing was found in {folder}: {looked}."]
        if result.unreadable:
            parts.append(f"{result.unreadable} could not be read.")
        self._said.setText(" ".join(parts))

    def _search_failed(self, sentence: str) -> None:
        self._said.setText(sentence)


class _Told(QObject):
    """Carries progress from the task's thread to this one."""

    progressed = Signal(str, int, object)

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """See `app.engine.progress.Progress`."""
        self.progressed.emit(stage, done, total)


def _introduction(named: bool, missing: list[str]) -> str:
    """What the dialog says first."""
    if not named:
        return "This project names no video and no voice yet."
    if not missing:
        return "Everything that this project names is where it was. You can put another file in its place."
    if len(missing) == 1:
        what = f"The {missing[0].lower()} of this project is not where it was."
        return f"{what} Choose it, or search the folder to which it was moved."
    what = f"The {' and the '.join(missing).lower()} of this project are not where they were."
    return f"{what} Choose them, or search the folder to which they were moved."


def wanted_of(project: Project) -> tuple[Wanted, ...]:
    """The media that a project names."""
    named: tuple[tuple[Medium, str, str], ...] = (
        ("clip", project.clip, project.clip_sha256),
        ("voice", project.voice, project.voice_sha256),
    )
    return tuple(Wanted(medium, Path(path), sha256) for medium, path, sha256 in named if path)
