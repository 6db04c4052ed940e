"""What holds for the whole project: the voice's place, sounds and weights."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Slot

from app.core import edits
from app.core.project import PROJECT_FIELDS
from app.ui.kit.file_dialogs import ask_open
from app.ui.kit.gesture import Gesture
from app.ui.panels.inspector.edit_steps import Editor
from app.ui.panels.inspector.offset_fields import OffsetFields
from app.ui.panels.inspector.section import Section, choice, row, show_choice

_FILE = "\0file"
"""Stands in the list of weights for choosing a file; no name of weights can be it."""


class ProjectSection(Section):
    """Settings of the project, which all segments share."""

    def __init__(self, editor: Editor) -> None:
        super().__init__("Whole project", "inspectorProject")
        self._editor = editor
        self._names: tuple[str, ...] = ()
        self.offset = OffsetFields("projectOffset", self)
        self.original = choice("projectOriginal", PROJECT_FIELDS["original_audio"])
        self.fit = choice("projectFit", PROJECT_FIELDS["fit"])
        self.weights = choice("projectWeights", PROJECT_FIELDS["weights"])
        self._gestures = [Gesture(combo) for combo in (self.original, self.fit, self.weights)]
        self.add("Voice at", row(self.offset.milliseconds, self.offset.frames), self.offset.milliseconds)
        for name, combo in (("original_audio", self.original), ("fit", self.fit), ("weights", self.weights)):
            self.add(PROJECT_FIELDS[name].label, combo)
        self.offset.edited.connect(self._set_offset)
        self.original.currentIndexChanged.connect(self._set_original)
        self.fit.currentIndexChanged.connect(self._set_fit)
        self.weights.activated.connect(self._set_weights)

    def set_weights(self, names: Sequence[str]) -> None:
        """The names of the catalogue."""
        self._names = tuple(names)
        self.refresh()

    def refresh(self) -> None:
        """Shows the project's settings as they are now."""
        project, clip = self._editor.session.project, self._editor.session.clip
        self.offset.set_offset(project.offset, None if clip is None else clip.fps)
        self.offset.set_enabled(True)
        show_choice(self.original, project.original_audio)
        show_choice(self.fit, project.fit)
        self._fill_weights(project.weights)

    def _fill_weights(self, chosen: str) -> None:
        """The catalogue, the chosen file where it is one, and the way to another file."""
        names = self._names if chosen in self._names else (*self._names, chosen)
        with QSignalBlocker(self.weights):
            self.weights.clear()
            for name in names:
                self.weights.addItem(Path(name).name, name)
                self.weights.setItemData(self.weights.count() - 1, name, Qt.ItemDataRole.ToolTipRole)
            self.weights.addItem("File…", _FILE)
        show_choice(self.weights, chosen)

    @Slot(object, object)
    def _set_offset(self, offset: Fraction, token: Hashable) -> None:
        self._editor.change("Move voice", lambda project: edits.set_offset(project, offset), merge=token)

    @Slot()
    def _set_original(self) -> None:
        self._editor.change_project(PROJECT_FIELDS["original_audio"].step, original_audio=self.original.currentData())

    @Slot()
    def _set_fit(self) -> None:
        self._editor.change_project(PROJECT_FIELDS["fit"].step, fit=self.fit.currentData())

    @Slot()
    def _set_weights(self) -> None:
        name = self.weights.currentData()
        if name == _FILE:
            name = self._ask_file()
        if name:
            self._editor.change_project(PROJECT_FIELDS["weights"].step, weights=name)
        self.refresh()

    def _ask_file(self) -> str:
        """A file that the user chooses; empty where they do not."""
        folder = Path(self._editor.session.project.weights).parent
        chosen = ask_open(self, "Choose weights", "Weights (*.safetensors);;All files (*)", folder)
        return "" if chosen is None else str(chosen)
