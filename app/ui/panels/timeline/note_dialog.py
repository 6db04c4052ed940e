"""The small dialog for a marker's note."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget


class NoteDialog(QDialog):
    """Asks for one line of text."""

    def __init__(self, note: str, timecode: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("noteDialog")
        self.setWindowTitle("Marker note")
        label = QLabel(f"&Note of the marker at {timecode}:", self)
        self._edit = QLineEdit(note, self)
        self._edit.setObjectName("noteEdit")
        self._edit.setMinimumWidth(self.fontMetrics().averageCharWidth() * 48)
        self._edit.selectAll()
        label.setBuddy(self._edit)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (label, self._edit, buttons):
            layout.addWidget(widget)

    @property
    def note(self) -> str:
        """The note as it was typed."""
        return self._edit.text().strip()
