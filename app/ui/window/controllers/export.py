"""From the export dialog to a job, and what the user is told when it is done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.core.errors import UserError
from app.core.settings import Settings
from app.engine.dub.report import DubReport
from app.engine.export.export import Tools
from app.engine.export.export_choices import ExportChoices, load_choices, save_choices
from app.engine.export.export_presets import FOLDER, load_presets
from app.engine.export.export_request import ExportRequest, run_export
from app.engine.media.encoders import EncoderSettings
from app.engine.progress import CancelToken
from app.ui.dialogs.export.dialog import ExportDialog
from app.ui.session import Session
from app.ui.window.backends import Backends
from app.ui.window.folders import Folders
from app.ui.window.reports import Reports
from app.wiring import signing_folder
from app.workers.jobs import Job, JobProgress, Jobs
from app.workers.render_thread import RenderThread

KIND = "export"
"""Exports wait for one another."""


class Exporting(QObject):
    """Asks, starts and ends exports; the preview's renders rest meanwhile, for both want the same device."""

    began = Signal()
    """An export was queued."""

    def __init__(
        self,
        window: QWidget,
        session: Session,
        jobs: Jobs,
        renders: RenderThread,
        backends: Backends,
        folders: Folders,
        settings: Callable[[], Settings],
        reports: Reports,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._renders = window, session, jobs, renders
        self._backends, self._folders, self._settings, self._reports = backends, folders, settings, reports
        self._wanted: Path | None = None
        session.reset.connect(lambda: self.set_output(None))

    def set_output(self, output: Path | None) -> None:
        """Where the start screen said that the dub goes; for the next export."""
        self._wanted = output

    def ask(self) -> None:
        """Shows the dialog; what it asks for begins at once."""
        presets = load_presets(self._folders.data / FOLDER, self._reports.notice)
        choices, check = self._choices(), self._jobs.check_target
        dialog = ExportDialog(self._session, self._settings(), choices, check, presets=presets, parent=self._window)
        dialog.accepted.connect(lambda: self._begin(dialog))
        self._session.reset.connect(dialog.reject)
        self._reports.turns.open(dialog)

    def start(self, request: ExportRequest) -> Job:
        """Queues an export. Raises UserError where another job writes that file."""
        settings = self._settings()
        work = partial(_export, request, self._backends, settings.device, settings.detector, self._folders.cache)
        job = self._jobs.start(f"Export {request.target.name}", KIND, work, self._done, request.target)
        job.changed.connect(self._rest)
        job.finished.connect(self._rest)
        job.failed.connect(self._reports.dialog)
        self._rest()
        self.began.emit()
        return job

    def _choices(self) -> ExportChoices:
        choices = load_choices(self._folders.config)
        output = self._wanted
        if output is None:
            return choices
        return replace(choices, folder=str(output.parent), template=output.stem, suffix=output.suffix)

    def _begin(self, dialog: ExportDialog) -> None:
        self._wanted = None
        try:
            save_choices(dialog.choices, self._folders.config)
        except UserError as error:
            self._reports.notice(str(error))
        try:
            self.start(dialog.request())
        except UserError as error:
            self._reports.dialog(str(error))

    @Slot()
    def _rest(self) -> None:
        """Renders go on when no export is at work."""
        self._renders.queue.pause(any(job.kind == KIND for job in self._jobs.active))

    @Slot(object)
    def _done(self, report: DubReport) -> None:
        self._reports.say(
            f"{Path(report.output).name} is done: {report.dubbed_frames} of {report.frames} frames dubbed."
        )


def _export(
    request: ExportRequest,
    backends: Backends,
    device: str,
    detector: str,
    cache: Path,
    progress: JobProgress,
    cancel: CancelToken,
) -> DubReport:
    """In the job's thread."""
    tools = Tools(
        dubber=backends.make_dubber(request.project.weights, device, progress.notify),
        detector_name=detector,
        make_detector=partial(backends.make_detector, detector),
        cache=cache,
        encoder=EncoderSettings(),
        progress=progress,
        cancel=cancel,
        notify=progress.notify,
        signing=signing_folder(),
    )
    report = run_export(request, tools)
    for sentence in report.warnings:
        progress.notify(sentence)
    return report
