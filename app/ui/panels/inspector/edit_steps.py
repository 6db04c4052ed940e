"""How the inspector's sections change the project: one named step each, refusals told in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.core import edits
from app.core.errors import UserError
from app.core.project import Project, Segment
from app.ui.session import Session


class Editor(QObject):
    """Applies edits of `app.core.edits` to the session."""

    refused = Signal(str)
    """A sentence why the last edit was not made; empty when one was."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session

    def change(self, text: str, edit: Callable[[Project], Project], merge: Hashable | None = None) -> None:
        """Makes one step of undoing, named by `text`."""
        try:
            project = edit(self.session.project)
        except UserError as error:
            self.refused.emit(str(error))
            return
        self.refused.emit("")
        self.session.apply(text, project, merge)

    def change_segment(self, text: str, merge: Hashable | None = None, **fields: Any) -> None:
        """Sets fields of all selected segments; without one, nothing."""
        chosen = self.session.chosen
        if chosen:
            self.change(text, lambda project: edits.set_segments(project, chosen, **fields), merge)

    def change_project(self, text: str, **fields: Any) -> None:
        """Sets what holds for the whole project."""
        self.change(text, lambda project: edits.set_option(project, **fields))

    def refuse(self, sentence: str) -> None:
        """Tells why something was not done."""
        self.refused.emit(sentence)

    @property
    def segment(self) -> Segment | None:
        """The selected segment; of several, the one whose settings are shown."""
        return self.session.selected
