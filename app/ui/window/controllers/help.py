"""The Help menu: the guide, the keys, a report of a problem; and what a file says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox

from app import __version__
from app.core.settings import Settings
from app.core.timebase import encode_json
from app.engine.files.problem_report import write_report
from app.engine.files.system_facts import cache_line, encoder_line, versions
from app.engine.media.encoders import available_encoders
from app.engine.progress import CancelToken
from app.engine.provenance.credentials import own_authority
from app.engine.provenance.verify import READABLE, Verdict, verify
from app.ui.dialogs.guide import GuideDialog
from app.ui.dialogs.shortcuts import ShortcutSheet
from app.ui.window.backends import Backends
from app.ui.window.folders import LOGS, Folders
from app.ui.window.main_window import MainWindow
from app.ui.window.questions import Questions
from app.ui.window.reports import Reports
from app.wiring import signing_folder
from app.workers.jobs import JobProgress, Jobs

_ZIP = "ZIP files (*.zip)"
_SIGNED = f"Files with manifests ({' '.join(f'*{suffix}' for suffix in READABLE)});;All files (*)"
_ICONS = {
    "trusted": QMessageBox.Icon.Information,
    "valid": QMessageBox.Icon.Information,
    "none": QMessageBox.Icon.Warning,
    "broken": QMessageBox.Icon.Critical,
}


class Helping(QObject):
    """What somebody needs who does not know on."""

    def __init__(
        self,
        window: MainWindow,
        jobs: Jobs,
        backends: Backends,
        folders: Folders,
        settings: Callable[[], Settings],
        reports: Reports,
        questions: Questions,
    ) -> None:
        super().__init__(window)
        self._window, self._jobs, self._backends, self._folders = window, jobs, backends, folders
        self._settings, self._reports, self._questions = settings, reports, questions

    def slots(self) -> Mapping[str, Callable[..., object]]:
        """What the actions do, by id."""
        turns = self._reports.turns
        return {
            "guide": lambda: turns.open(GuideDialog(parent=self._window)),
            "shortcuts": lambda: turns.open(ShortcutSheet(self._window)),
            "report": self.report,
            "verify": self.verify,
            "about": self._about,
        }

    def report(self) -> None:
        """Asks for a file and gathers in it what a report of a problem needs."""
        target = self._questions.save_file("Report a problem", _ZIP, Path("redub-report.zip"))
        if target is not None:
            target = target if target.suffix.lower() == ".zip" else target.with_name(f"{target.name}.zip")
            job = self._jobs.start("Report of a problem", "report", self._gather(target), self._done, target)
            job.failed.connect(self._reports.dialog)

    def _gather(self, target: Path) -> Callable[[JobProgress, CancelToken], Path]:
        backends, folders, settings = self._backends, self._folders, self._settings()

        def work(progress: JobProgress, _cancel: CancelToken) -> Path:
            progress("asking encoders and devices", 0, None)
            facts = {
                "versions": versions(),
                "devices": backends.devices(),
                "weights": backends.weights(),
                "encoders": [encoder_line(check) for check in available_encoders()],
                "cache": [cache_line(folders.cache)],
            }
            doctor = "\n".join(line for title, lines in facts.items() for line in (title, *(f"  {x}" for x in lines)))
            texts = {"doctor.txt": doctor, "settings.json": encode_json(settings).decode()}
            write_report(target, folders.data / LOGS, texts)
            return target

        return work

    def verify(self) -> None:
        """Asks for a file and shows what its manifest says; reading all of a film takes a while."""
        file = self._questions.open_file("Verify a file", _SIGNED)
        if file is not None:
            authority = own_authority(signing_folder())
            work = partial(_verified, file, authority)
            job = self._jobs.start(f"Verify {file.name}", "verify", work, self._verified, file)
            job.failed.connect(self._reports.dialog)

    def _verified(self, verdict: Verdict) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle("Verify a file")
        box.setIcon(_ICONS[verdict.state])
        first, *rest = verdict.sentences
        box.setText(first)
        box.setInformativeText("\n\n".join(rest))
        box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._reports.turns.open(box)

    def _done(self, target: Path) -> None:
        self._reports.say(f"{target.name} holds log, versions and settings, and nothing of your media.")

    def _about(self) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle("About Redub")
        box.setText(f"Redub {__version__}")
        box.setInformativeText("Gives a filmed face a new voice, and lips that follow it.\nMIT licence")
        self._reports.turns.open(box)


def _verified(file: Path, authority: bytes | None, progress: JobProgress, _cancel: CancelToken) -> Verdict:
    """In the job's thread."""
    progress(f"reading {file.name}", 0, None)
    return verify(file, authority)
