"""From a clip of another program's cut to a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.core.project import Project
from app.engine.interchange.cut import FORMATS, CutClip, clips_of, read_cut, sounds_of
from app.engine.interchange.cut_import import project_of_clip
from app.ui.dialogs.cut import CutDialog
from app.ui.window.controllers.documents import Documents
from app.ui.window.questions import Questions
from app.ui.window.reports import Reports
from app.workers.jobs import Jobs

KIND = "cut"
CUT_FILTER = f"Timelines ({' '.join(f'*{suffix}' for suffix in FORMATS)});;All files (*)"

Found = tuple[list[CutClip], list[CutClip]]
"""The clips and the sounds of a cut."""


class Cuts(QObject):
    """The entry of the File menu."""

    def __init__(
        self, window: QWidget, documents: Documents, jobs: Jobs, reports: Reports, questions: Questions
    ) -> None:
        super().__init__(window)
        self._window, self._documents, self._jobs = window, documents, jobs
        self._reports, self._questions = reports, questions

    def slots(self) -> Mapping[str, Callable[..., object]]:
        """What the actions do, by id."""
        return {"open_cut": self.ask}

    def ask(self) -> None:
        """Asks for a timeline, and reads it beside the window's work."""
        cut = self._questions.open_file("Open a clip of a cut", CUT_FILTER)
        if cut is None:
            return
        job = self._jobs.start(f"Cut {cut.name}", KIND, lambda _progress, _cancel: _read(cut), partial(self._show, cut))
        job.failed.connect(self._reports.dialog)

    def _show(self, cut: Path, found: Found) -> None:
        """Lets the user choose a clip."""
        clips, sounds = found
        dialog = CutDialog(cut, clips, self._window)
        dialog.accepted.connect(lambda: self._choose(cut, dialog.chosen, sounds))
        self._reports.turns.open(dialog)

    def _choose(self, cut: Path, chosen: CutClip | None, sounds: Sequence[CutClip]) -> None:
        """Finds the clip's file and opens what comes of it as a new project."""
        if chosen is None:
            return
        job = self._jobs.start(
            f"Clip {chosen.name}",
            KIND,
            lambda _progress, _cancel: project_of_clip(Project(), chosen, cut, sounds, None),
            self._open,
        )
        job.failed.connect(self._reports.dialog)

    def _open(self, made: tuple[Project, list[str]]) -> None:
        project, notes = made
        if self._documents.start(project):
            for sentence in notes:
                self._reports.notice(sentence)


def _read(cut: Path) -> Found:
    """In the job's thread. The media of a bundle are unpacked beside it."""
    timeline = read_cut(cut, cut.with_name(f"{cut.stem} media"))
    return clips_of(timeline, cut.parent), sounds_of(timeline, cut.parent)
