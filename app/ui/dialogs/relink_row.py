"""One medium in the relink dialog: where it was, what was found, and whether that is the same."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QLabel, QPushButton, QWidget

from app.engine.files.project_file import Medium
from app.engine.files.relink import Candidate, Wanted
from app.ui.kit import palette

_TITLES: dict[Medium, str] = {"clip": "Video", "voice": "New voice"}


class RelinkRow(QFrame):
    """Shows one medium; `accepted` is the file that may take its place."""

    changed = Signal()
    """Another file is accepted, or none."""

    def __init__(self, wanted: Wanted, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wanted = wanted
        self.title = _TITLES[wanted.medium]
        self.setObjectName(f"relink_{wanted.medium}")
        self.setStyleSheet(f"QFrame#relink_{wanted.medium} {{ border: 1px solid {palette.LINE}; border-radius: 4px; }}")
        self._candidate: Candidate | None = None
        self._was_there = wanted.path.is_file()
        self.browse = self._browse_button()
        self._status = self._label("status", palette.TEXT)
        self._anyway = self._anyway_box()
        self._lay_out()
        self._show_state()

    @property
    def is_missing(self) -> bool:
        """Whether a file is still looked for: neither the old place nor a choice has the right content."""
        return not self._was_there and (self._candidate is None or not self._candidate.same)

    @property
    def accepted(self) -> Candidate | None:
        """The file that was found: of the same content, or wanted anyway."""
        candidate = self._candidate
        return candidate if candidate is not None and (candidate.same or self._anyway.isChecked()) else None

    @property
    def status(self) -> str:
        """What is said about it."""
        return self._status.text()

    def offer(self, candidate: Candidate) -> None:
        """A file was found; one of other content has to be wanted expressly."""
        self._candidate = candidate
        self._anyway.setChecked(False)
        self._show_state()
        self.changed.emit()

    def refuse(self, sentence: str) -> None:
        """A file was chosen that cannot be used: says why; what was found before does not count any more."""
        self._candidate = None
        self._show_state()
        self._say(sentence, palette.ERROR)
        self.changed.emit()

    def _browse_button(self) -> QPushButton:
        button = QPushButton("&Choose file..." if self.wanted.medium == "clip" else "C&hoose file...", self)
        button.setObjectName(f"browse_{self.wanted.medium}")
        button.setAccessibleName(f"{self.title}: choose file")
        button.setToolTip(f"Chooses another file for the {self.title.lower()}")
        button.setAutoDefault(False)
        return button

    def _anyway_box(self) -> QCheckBox:
        box = QCheckBox("Use this file &anyway" if self.wanted.medium == "clip" else "&Use this file anyway", self)
        box.setObjectName(f"anyway_{self.wanted.medium}")
        box.setToolTip("The segments stay where they are in time; check that they still fit")
        box.toggled.connect(self.changed)
        return box

    def _label(self, name: str, colour: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(f"{name}_{self.wanted.medium}")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setStyleSheet(f"color: {colour};")
        return label

    def _lay_out(self) -> None:
        title = QLabel(f"{self.title}: {self.wanted.path.name}", self)
        title.setTextFormat(Qt.TextFormat.PlainText)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        place = self._label("place", palette.MUTED_TEXT)
        place.setText(f"Last in {breakable(str(self.wanted.path.parent))}")
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 10)
        grid.addWidget(title, 0, 0)
        grid.addWidget(self.browse, 0, 1, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(place, 1, 0)
        grid.addWidget(self._status, 2, 0, 1, 2)
        grid.addWidget(self._anyway, 3, 0, 1, 2)
        grid.setColumnStretch(0, 1)

    def _show_state(self) -> None:
        candidate = self._candidate
        self._anyway.setVisible(candidate is not None and not candidate.same)
        if candidate is None:
            there = self._was_there
            self._say("✓ It is there." if there else "✗ It is not there any more.", _colour(there))
            return
        place = breakable(str(candidate.path))
        if not candidate.same:
            self._say(
                f"⚠ {place} is another file: its content is not what this project was made with. "
                "Faces, lips and segments may not fit it.",
                palette.WARNING,
            )
        elif self.wanted.sha256:
            self._say(f"✓ Found, with the same content: {place}", palette.TEXT)
        else:
            self._say(f"✓ Chosen: {place}. What the old file held is not known.", palette.TEXT)

    def _say(self, text: str, colour: str) -> None:
        self._status.setText(text)
        self._status.setStyleSheet(f"color: {colour};")


def _colour(there: bool) -> str:
    return palette.TEXT if there else palette.ERROR


def breakable(path: str) -> str:
    """A path that a label may break after each of its folders."""
    return path.replace("/", "/\u200b").replace("\\", "\\\u200b")
