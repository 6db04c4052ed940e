"""Sentences under the export dialog's fields: what stops the export, what to know before it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.ui.kit import palette

SIGNS = {"problem": ("✕", palette.ERROR), "warning": ("!", palette.WARNING), "fact": ("i", palette.ACCENT)} | {
    "good": ("✓", palette.VOICE_WAVE)
}
"""A sign and a colour of each kind: never colour alone."""


class Notes(QScrollArea):
    """A list of sentences."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export_notes")
        self.setAccessibleName("What to know before the export")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inside = QLabel(self)
        self._inside.setTextFormat(Qt.TextFormat.RichText)
        self._inside.setWordWrap(True)
        self._inside.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._inside.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        frame = QWidget(self)
        column = QVBoxLayout(frame)
        column.setContentsMargins(10, 8, 10, 8)
        column.addWidget(self._inside)
        self.setWidget(frame)
        self._lines: tuple[tuple[str, str], ...] = ()

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """(kind, sentence) of what is shown."""
        return self._lines

    def tell(self, problems: Sequence[str], warnings: Sequence[str] = (), facts: Sequence[str] = ()) -> None:
        """Shows them; without problems and warnings, that all is well."""
        lines = [*(("problem", text) for text in problems), *(("warning", text) for text in warnings)]
        lines = lines or [("good", "Ready to export.")]
        self._lines = (*lines, *(("fact", text) for text in facts))
        self._inside.setText("<table cellspacing='2'>" + "".join(map(_row, self._lines)) + "</table>")
        self._inside.setAccessibleName(" ".join(text for _, text in self._lines))


def _row(line: tuple[str, str]) -> str:
    kind, text = line
    sign, colour = SIGNS[kind]
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<tr><td style='color: {colour}; padding-right: 8px;'><b>{sign}</b></td><td>{safe}</td></tr>"
