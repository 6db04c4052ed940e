"""The fields that say where an export goes: folder and file name, with what comes of them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.core.errors import UserError
from app.engine.export.name_template import FIELDS, NameValues, expand
from app.ui.kit import palette
from app.ui.kit.file_dialogs import ask_folder
from app.ui.kit.labels import add_row, below


class PlaceFields(QObject):
    """Rows of a form; `target` has what they say."""

    changed = Signal()

    def __init__(self, folder: Path, template: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._folder, self._template = QLineEdit(str(folder), parent), QLineEdit(template, parent)
        self._browse, self._example = QPushButton("&Browse…", parent), QLabel(parent)
        self._browse.setStyleSheet("padding: 3px 9px;")
        fields = "\n".join(f"{{{name}}}: {text}" for name, text in FIELDS.items())
        for widget, name, title, tip in (
            (self._folder, "export_folder", "Folder", "Where the file goes."),
            (self._template, "export_template", "File name", f"Text and fields in braces:\n{fields}"),
            (self._browse, "export_browse", "Choose the folder", "Choose the folder."),
            (self._example, "export_example", "The file's name", ""),
        ):
            widget.setObjectName(name)
            widget.setAccessibleName(title)
            widget.setToolTip(tip)
        self._example.setWordWrap(True)
        self._folder.textChanged.connect(self.changed)
        self._template.textChanged.connect(self.changed)
        self._browse.clicked.connect(self._choose)

    @property
    def folder(self) -> Path:
        """The folder as it is written in the field."""
        return Path(self._folder.text().strip()).expanduser()

    @property
    def template(self) -> str:
        """The name's template as it is written in the field."""
        return self._template.text()

    def target(self, values: NameValues, suffix: str) -> Path:
        """The file to write. Raises UserError with a sentence for a name or folder that cannot be."""
        name = expand(self.template, values)
        if not self._folder.text().strip():
            raise UserError("No folder is chosen: write or browse for one.")
        if not self.folder.is_absolute():
            raise UserError(f'The folder "{self.folder}" is not written in full: begin at the root or browse for it.')
        if not self.folder.is_dir():
            raise UserError(f'The folder "{self.folder}" does not exist: create it or choose another.')
        return self.folder / f"{name}{suffix}"

    def show_example(self, target: Path | None) -> None:
        """What the name comes to; None where it comes to nothing."""
        there = target is not None and target.exists()
        colour = palette.WARNING if there else palette.MUTED_TEXT
        self._example.setStyleSheet(f"color: {colour};")
        note = " (exists already)" if there else ""
        self._example.setText("" if target is None else f"→ {target.name}{note}")

    def add_to(self, form: QFormLayout) -> None:
        """Adds the fields to a form, one row each."""
        line = QHBoxLayout()
        line.addWidget(self._folder, 1)
        line.addWidget(self._browse)
        add_row(form, "F&older", self._folder, line)
        add_row(form, "File &name", self._template, below(self._template, self._example))

    @Slot()
    def _choose(self) -> None:
        start = self.folder if self.folder.is_dir() else None
        chosen = ask_folder(self._folder.window(), "Folder for the export", start)
        if chosen is not None:
            self._folder.setText(str(chosen))
