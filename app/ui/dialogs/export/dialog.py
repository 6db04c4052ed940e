"""The export dialog: what kind of file, which part, which sound, where; and what to know before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QMessageBox, QVBoxLayout, QWidget

from app.core.edits import set_option
from app.core.errors import UserError
from app.core.project import Project
from app.core.settings import Settings
from app.core.text import bytes_text, duration_text
from app.engine.export.export_choices import ExportChoices
from app.engine.export.export_notes import ExportNotes, export_notes
from app.engine.export.export_presets import ExportPreset, check_fits, export_bytes, load_presets
from app.engine.export.export_request import ExportRequest
from app.engine.export.name_template import NameValues, unique
from app.engine.media.bed import mix_rate
from app.engine.media.codecs import is_hardware
from app.engine.media.encoders import EncoderCheck, known_encoder
from app.engine.media.output import check_output
from app.engine.progress import CancelToken
from app.ui.dialogs.export.declared_fields import DeclaredFields
from app.ui.dialogs.export.facts import Notes, first_folder, free_bytes, rate_text, room_problem
from app.ui.dialogs.export.format_fields import FormatFields
from app.ui.dialogs.export.place_fields import PlaceFields
from app.ui.dialogs.export.scope_fields import ScopeFields
from app.ui.dialogs.export.sizing import Sizing
from app.ui.kit import palette
from app.ui.kit.fitting import Scroll
from app.ui.session import Session
from app.workers.task import Task


class ExportDialog(QDialog):
    """Asks for all that an export needs; when it is accepted, `request` has it.

    A changed sound or consent is an edit of the project, a step of undoing, made when the dialog is accepted.
    """

    def __init__(
        self,
        session: Session,
        settings: Settings,
        choices: ExportChoices | None = None,
        check_target: Callable[[Path], None] = lambda _target: None,
        presets: Sequence[ExportPreset] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`choices`: those of the last export. `check_target` raises UserError for a file that a job is writing.

        `presets`: what is offered; None: the program's own.
        """
        super().__init__(parent)
        self.setObjectName("export_dialog")
        self.setWindowTitle("Export")
        self._session, self._settings, self._check_target = session, settings, check_target
        choices = choices or ExportChoices()
        self._presets = presets or load_presets()
        self._format = FormatFields(self._presets, choices, self)
        self._scope = ScopeFields(session, self)
        self._place = PlaceFields(first_folder(choices, session), choices.template, self)
        self._declared = DeclaredFields(session.project.consent, self)
        self._rate, self._size, self._notes = QLabel(self), QLabel(self), Notes(self)
        self._request: ExportRequest | None = None
        self._task: Task | None = None
        self._sizing = Sizing(session.clip, self)
        self._sizing.found.connect(self.refresh)
        self._now = datetime.now()
        self._lay_out()
        for fields in (self._format, self._scope, self._place):
            fields.changed.connect(self.refresh)
        session.fits_changed.connect(self.refresh)
        session.analysis_changed.connect(self.refresh)
        self.refresh()

    def request(self) -> ExportRequest:
        """What was asked for. Raises RuntimeError unless the dialog was accepted."""
        if self._request is None:
            raise RuntimeError("the export was not asked for")
        return self._request

    @property
    def choices(self) -> ExportChoices:
        """The fields as they are, for the next time."""
        settings, preset = self._format.settings, self._format.preset
        crf = None if preset.video.finishing else settings.crf
        folder = self._place.folder
        return ExportChoices(preset.name, self._format.suffix, settings.codec, crf, str(folder), self._place.template)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Tries the hardware encoders, off the GUI thread, while the user looks at the rest."""
        super().showEvent(event)
        self._sizing.begin()
        self.refresh()
        self.resize(self.width(), max(self.height(), self.sizeHint().height()))
        if self._task is None:
            self._task = Task(partial(_try_encoders, self._presets), self)
            self._task.done.connect(self._format.set_checks)
            self._task.start()

    def done(self, result: int) -> None:
        """However it is closed."""
        if self._task is not None:
            self._task.stop()
        self._sizing.stop()
        super().done(result)

    def accept(self) -> None:
        """Closes, after a look at the target and a question before a file is replaced; stays open where that fails."""
        if self._look().problems:
            self.refresh()
            return
        try:
            target = self._target()
            overwrite = False
            if target.exists():
                answer = self.ask_overwrite(target)
                if answer == "cancel":
                    return
                overwrite = answer == "replace"
                target = target if overwrite else unique(target)
            inputs = (Path(self._session.project.clip), Path(self._session.project.voice))
            check_output(target, overwrite, inputs, self._bytes())
            self._check_target(target)
        except UserError as error:
            self._notes.tell([str(error)])
            return
        self._session.apply("Change the sound or consent", self._project())
        self._request = ExportRequest(
            self._session.project,
            target,
            self._format.settings,
            self._scope.span,
            overwrite,
            self._declared.statement,
        )
        super().accept()

    def ask_overwrite(self, target: Path) -> str:
        """Asks whether to "replace" the file, "keep" both (the new one's name gets a number) or "cancel"."""
        box = QMessageBox(self)
        box.setObjectName("export_overwrite")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Export")
        box.setText(f'"{target.name}" exists already in this folder.')
        box.setInformativeText(f'Replace it, or keep both and name the new one "{unique(target).name}"?')
        replace = box.addButton("&Replace", QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton("&Keep both", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(keep)
        box.exec()
        clicked = box.clickedButton()
        return "replace" if clicked is replace else "keep" if clicked is keep else "cancel"

    @Slot()
    def refresh(self) -> None:
        """Example, estimate and notes as the fields are now."""
        try:
            target = self._target()
        except UserError:
            target = None
        self._place.show_example(target)
        self._size.setText(self._size_text())
        notes = self._look()
        self._notes.tell(notes.problems, notes.warnings, notes.facts)
        self._export.setEnabled(not notes.problems)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(7)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._rate.setObjectName("export_rate")
        self._rate.setText(rate_text(self._session.clip))
        self._size.setObjectName("export_size")
        self._size.setWordWrap(True)
        self._notes.setStyleSheet(f"#export_notes, #export_notes QWidget {{ background: {palette.BACKGROUND}; }}")
        line = self.fontMetrics().height()
        self._notes.setMinimumHeight(line * 5)
        self._notes.setMaximumHeight(line * 9)  # the fields come first where the screen is low
        self._format.add_to(form)
        form.addRow("Frame rate", self._rate)
        self._scope.add_to(form)
        self._place.add_to(form)
        self._declared.add_to(form)
        form.addRow("Size", self._size)
        column = QVBoxLayout(self)
        column.addWidget(Scroll(form, self), 3)
        column.addWidget(self._notes, 1)
        column.addWidget(self._buttons())
        unit = self.fontMetrics().averageCharWidth()
        self.setMinimumWidth(unit * 78)
        self.resize(unit * 92, self.sizeHint().height())

    def _buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        box = QDialogButtonBox(kinds.Cancel, self)
        self._export = box.addButton("E&xport", QDialogButtonBox.ButtonRole.AcceptRole)
        self._export.setObjectName("export_start")
        self._export.setDefault(True)
        self._export.setToolTip("Begins the export; it runs in the background (Jobs).")
        for button in box.buttons():
            button.setStyleSheet("padding: 4px 14px;")
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        return box

    def _project(self) -> Project:
        """The project with the sound that is chosen here, and with the consent that is written."""
        project = msgspec.structs.replace(self._session.project, consent=self._declared.consent)
        return set_option(project, original_audio=self._scope.original_audio, fit=self._scope.fit)

    def _target(self) -> Path:
        project = self._session.project
        values = NameValues(
            project.clip,
            project.voice,
            str(self._session.file or ""),
            self._format.preset.name,
            self._scope.name,
            self._now,
        )
        return self._place.target(values, self._format.suffix)

    def _look(self) -> ExportNotes:
        """What is to be said of what is chosen."""
        session = self._session
        notes = export_notes(
            self._project(),
            session.clip,
            session.voice,
            session.analysis,
            self._scope.span,
            session.fits,
            session.counting.format,
        )
        problems = list(notes.problems)
        try:
            target = self._target()
            if session.clip is not None:
                check_fits(self._format.settings, session.clip.size, target)
            problems += room_problem(target, self._bytes())
        except UserError as error:
            problems.append(str(error))
        return msgspec.structs.replace(notes, problems=tuple(problems))

    def _bytes(self) -> int:
        """About how large the file will be."""
        clip, voice = self._session.clip, self._session.voice
        if clip is None:
            return 0
        span = self._scope.span or clip.whole
        sound, own = voice.info.audio if voice else None, clip.info.audio
        channels = min(2, max(sound.channels if sound else 0, own.channels if own else 0))
        return export_bytes(
            self._format.settings,
            clip.size,
            len(clip.indices_in(span)),
            float(span.duration),
            mix_rate(sound and sound.rate, own and own.rate) or 48_000,
            channels,
            self._sizing.trial(self._format.settings, span),
        )

    def _size_text(self) -> str:
        """The estimate, the disk and what is in the file."""
        clip = self._session.clip
        if clip is None:
            return ""
        span = self._scope.span or clip.whole
        free = free_bytes(self._place.folder)
        about = f"about {bytes_text(self._bytes())}{' (being measured…)' if self._sizing.busy else ''}"
        parts = [about, f"{bytes_text(free)} free" if free is not None else ""]
        length = f"{len(clip.indices_in(span))} frames, {duration_text(float(span.duration))}"
        return "; ".join(part for part in [*parts, length] if part)


def _try_encoders(presets: Sequence[ExportPreset], cancel: CancelToken) -> list[EncoderCheck]:
    """The hardware encoders of all presets; those tried before answer at once."""
    checks: list[EncoderCheck] = []
    for codec in dict.fromkeys(codec for preset in presets for codec in preset.encoders if is_hardware(codec)):
        cancel.check()
        checks.append(known_encoder(codec))
    return checks
