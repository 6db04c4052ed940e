"""New, open, save, save as; what is kept for recovery; the title and the recent projects."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.core.errors import UserError
from app.core.project import Project
from app.core.settings import Settings
from app.engine.files.project_file import SUFFIX, load_project, save_project
from app.engine.files.recent import Recent
from app.engine.files.recovery import Recovered, Recovery
from app.ui.kit.file_kinds import PROJECT_FILTER
from app.ui.session import Session
from app.ui.window.questions import Questions
from app.ui.window.reports import Reports
from app.workers.autosave import AutosaveThread

_LOG = logging.getLogger(__name__)


class Documents(QObject):
    """The life of the document on disk. `stop` it at the end."""

    opened = Signal()
    """Another document is in the session."""
    titled = Signal(object, bool)
    """(file or None, whether it was changed since it was saved)."""

    pictured = Signal(object)
    """Path: a picture of the project that is open is to be kept there, for the list of recent ones."""

    def __init__(
        self,
        session: Session,
        data: Path,
        reports: Reports,
        questions: Questions,
        settings: Callable[[], Settings],
        parent: QObject | None = None,
    ) -> None:
        """`data` is the folder for what is kept for recovery and the recent projects."""
        super().__init__(parent)
        self._session, self._reports, self._questions, self._settings = session, reports, questions, settings
        self._recovery = Recovery(data / "recovery")
        self._recent = Recent(data)
        self._recovered: Recovered | None = None
        """What the open document came from; thrown away once it is saved, kept anew or given up."""
        self._sent: Project | None = None
        """What the autosave was told of last."""
        self._complaint = ""
        self._stopped = False
        self.autosave = AutosaveThread(self._recovery, settings().autosave_seconds, self)
        self.autosave.failed.connect(self._autosave_failed)
        self.autosave.kept.connect(self._kept)
        self.autosave.start()
        # `changed` comes while the step is being made, before the stack knows whether that is the saved one
        session.undo_stack.indexChanged.connect(self._changed)
        session.file_changed.connect(self._title)
        session.undo_stack.cleanChanged.connect(self._title)

    def recent(self) -> list[Path]:
        """The projects that were open lately, the last one first."""
        return self._recent.list()

    def picture(self, file: Path) -> Path:
        """Where the picture of a recent project is, if one was kept."""
        return self._recent.picture(file)

    def new(self) -> bool:
        """Starts an empty project; False where the user thought better of it."""
        if not self.may_leave():
            return False
        self._open(Project(), None)
        return True

    def start(self, project: Project) -> bool:
        """Starts a project that is not saved yet; False likewise."""
        if not self.may_leave():
            return False
        self._open(project, None)
        return True

    def ask_open(self) -> None:
        """Asks for a project and opens it."""
        start = self._session.file.parent if self._session.file else None
        file = self._questions.open_file("Open a project", PROJECT_FILTER, start)
        if file is not None:
            self.open(file)

    def open(self, file: Path) -> bool:
        """Opens a project; False where it cannot be opened or the user thought better of it."""
        try:
            project = load_project(file)
        except UserError as error:
            self._reports.dialog(str(error))
            return False
        if not self.may_leave():
            return False
        self._open(project, file.absolute())
        self._remember(file)
        return True

    def save(self) -> bool:
        """Under the name it has, or one that is asked for; whether it stands there now."""
        file = self._session.file
        return self.save_as() if file is None else self._write(file)

    def save_as(self) -> bool:
        """Under a name that is asked for; whether it stands there now."""
        session = self._session
        start = session.file or Path(f"{Path(session.project.clip).stem or 'Untitled'}{SUFFIX}")
        file = self._questions.save_file("Save the project", PROJECT_FILTER, start)
        if file is None:
            return False
        return self._write(file if file.suffix.lower() == SUFFIX else file.with_name(f"{file.name}{SUFFIX}"))

    def may_leave(self) -> bool:
        """Whether the document may be closed: it is saved, or is to be lost."""
        if not self._session.modified:
            return True
        name = self._session.file.name if self._session.file else "Untitled"
        answer = self._questions.save_changes(name)
        return answer == "discard" or (answer == "save" and self.save())

    def pending(self) -> list[Recovered]:
        """What sessions that ended badly left behind."""
        return self._recovery.pending()

    def recover(self, recovered: Recovered) -> None:
        """Goes on where such a session stopped: it is offered again until it is saved or given up on purpose."""
        if self.may_leave():
            self._open(recovered.project, recovered.file)
            self._recovered = recovered
            self._session.undo_stack.resetClean()
            self._send()

    def discard(self, recovered: Recovered) -> None:
        """Throws away what such a session left."""
        self._recovery.discard(recovered)

    def keep_autosaving(self) -> None:
        """The settings have changed."""
        self.autosave.set_seconds(self._settings().autosave_seconds)

    def stop(self, keep: bool = False) -> None:
        """The end: the document was saved or is to be forgotten, or, with `keep`, recovered later.

        May be called again.
        """
        if self._stopped:
            return
        self._stopped = True
        self._picture()
        # a stack that is destroyed tells of its being emptied
        self._session.undo_stack.indexChanged.disconnect(self._changed)
        self._session.undo_stack.cleanChanged.disconnect(self._title)
        lost = keep and self._session.modified
        if not lost:
            self.autosave.saved()
        self.autosave.stop()
        try:
            if lost:
                self._recovery.write(self._session.saved_project(), self._session.file)
            self._drop_recovered()  # it is given up, or kept under this session's name
        except UserError as error:
            _LOG.error("the last changes could not be kept for the next start: %s", error)
        finally:
            self._recovery.close()

    def _open(self, project: Project, file: Path | None) -> None:
        """The last document was left as `may_leave` allows; nothing of it stays."""
        self._picture()
        self.autosave.saved()
        self._sent = None
        try:
            self._drop_recovered()
        except UserError as error:
            self._reports.notice(str(error), lasting=True)
        self._session.open(project, file)
        self._title()
        self.opened.emit()

    def _write(self, file: Path) -> bool:
        """Writes the project; a dialog tells where that fails."""
        try:
            save_project(self._session.saved_project(), file, self._settings().backups)
        except UserError as error:
            self._reports.dialog(str(error))
            return False
        self._session.mark_saved(file.absolute())
        self.autosave.saved()
        self._drop_recovered()
        self._remember(file)
        self._picture()
        self._title()
        self._reports.say(f"Saved as {file.name}.")
        return True

    def _drop_recovered(self) -> None:
        """What was recovered is safe elsewhere or not wanted. Raises UserError."""
        recovered, self._recovered = self._recovered, None
        if recovered is not None:
            self._recovery.discard(recovered)

    def _send(self) -> None:
        """Keeps the document as it is now, in a while."""
        self._sent = self._session.saved_project()
        self.autosave.changed(self._sent, self._session.file)

    def _picture(self) -> None:
        """The project that is open is saved or left."""
        if self._session.file is not None:
            self.pictured.emit(self._recent.picture(self._session.file))

    def _remember(self, file: Path) -> None:
        """Among the recent projects; that this fails is no reason to stop anybody."""
        try:
            self._recent.add(file)
        except UserError as error:
            self._reports.notice(str(error), lasting=True)

    @Slot()
    def _changed(self) -> None:
        if self._session.modified:
            self._send()
        else:
            self.autosave.saved()

    @Slot()
    def _title(self) -> None:
        self.titled.emit(self._session.file, self._session.modified)

    @Slot(object)
    def _kept(self, project: Project) -> None:
        """A recovered document is now kept under this session's name: the old one would be offered beside it."""
        self._complaint = ""
        if project is self._sent:
            try:
                self._drop_recovered()
            except UserError as error:
                self._autosave_failed(str(error))

    @Slot(str)
    def _autosave_failed(self, sentence: str) -> None:
        """Told once, not at every change."""
        if sentence != self._complaint:
            self._complaint = sentence
            self._reports.notice(sentence, lasting=True)
