"""What the editor asks the user, in one place: tests answer in its stead."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtWidgets import QMessageBox, QWidget

from app.ui.kit.file_dialogs import ask_open, ask_save

Answer = Literal["save", "discard", "cancel"]
Replacement = Literal["replace", "new", "cancel"]


class Questions:
    """Dialogs that wait for an answer."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def save_changes(self, name: str) -> Answer:
        """What becomes of changes to the project `name`."""
        kinds = QMessageBox.StandardButton
        box = QMessageBox(self._parent)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Redub")
        box.setText(f'Save the changes to "{name}"?')
        box.setInformativeText("Changes that are not saved are lost.")
        box.setStandardButtons(kinds.Save | kinds.Discard | kinds.Cancel)
        box.setDefaultButton(kinds.Save)
        chosen = kinds(box.exec())
        return {kinds.Save: "save", kinds.Discard: "discard"}.get(chosen, "cancel")  # pyright: ignore[reportReturnType]

    def replace_clip(self, old: str, new: str) -> Replacement:
        """What becomes of a clip that is dropped on a project with another one."""
        box = QMessageBox(self._parent)
        box.setObjectName("replace_clip")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Redub")
        box.setText(f'Put "{new}" in the place of "{old}"?')
        box.setInformativeText(
            "Segments, markers and the voice stay where they are in time; this can be undone. "
            "A new project leaves this one as it is."
        )
        replace = box.addButton("&Replace", QMessageBox.ButtonRole.AcceptRole)
        new_project = box.addButton("&New project", QMessageBox.ButtonRole.ActionRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.exec()
        clicked = box.clickedButton()
        return "replace" if clicked is replace else "new" if clicked is new_project else "cancel"

    def stop_work(self, names: list[str]) -> bool:
        """Whether unfinished work may be stopped."""
        kinds = QMessageBox.StandardButton
        box = QMessageBox(self._parent)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Redub")
        box.setText("Stop what is still at work?")
        box.setInformativeText("\n".join(names))
        stop = box.addButton("&Stop and close", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(kinds.Cancel)
        box.exec()
        return box.clickedButton() is stop

    def open_file(self, title: str, name_filter: str, start: Path | None = None) -> Path | None:
        """A file that is there; None where none was chosen."""
        return ask_open(self._parent, title, name_filter, start)

    def save_file(self, title: str, name_filter: str, start: Path) -> Path | None:
        """A file to write, with the user's consent to replace it; None where none was chosen."""
        return ask_save(self._parent, title, name_filter, start)
