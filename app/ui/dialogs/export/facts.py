"""What the export dialog tells: of the disk and the clip, what stops the export, what to know before it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.core.text import bytes_text
from app.engine.export.export_choices import ExportChoices
from app.engine.media.clip import Clip
from app.ui.kit import palette
from app.ui.session import Session


def sign_of(kind: str) -> tuple[str, str]:
    """A sign and a colour of each kind: never colour alone. Raises KeyError."""
    return {
        "problem": ("✕", palette.ERROR),
        "warning": ("!", palette.WARNING),
        "fact": ("i", palette.ACCENT),
        "good": ("✓", palette.VOICE_WAVE),
    }[kind]


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
    sign, colour = sign_of(kind)
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<tr><td style='color: {colour}; padding-right: 8px;'><b>{sign}</b></td><td>{safe}</td></tr>"


def first_folder(choices: ExportChoices, session: Session) -> Path:
    """Where the last export went, if it is still there; else beside the clip."""
    last = Path(choices.folder) if choices.folder else None
    if last is not None and last.is_dir():
        return last
    return Path(session.project.clip).absolute().parent if session.project.clip else Path.home()


def free_bytes(folder: Path) -> int | None:
    """Bytes left on the disk of a folder; None where there is no such folder."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def room_problem(target: Path, need: int) -> list[str]:
    """A sentence where the disk has less than `need` bytes left."""
    free = free_bytes(target.parent)
    if free is None or need <= free:
        return []
    return [
        (
            f"The disk has {bytes_text(free)} left and the file needs about {bytes_text(need)}: free some room or "
            "choose another folder."
        )
    ]


def rate_text(clip: Clip | None) -> str:
    """The clip's rate, which is the export's."""
    if clip is None:
        return "as the clip"
    video = clip.info.video
    fps = f"{float(clip.fps):.3f}".rstrip("0").rstrip(".")
    if video is not None and video.variable:
        return f"{fps} fps on average; it varies, and every frame keeps its own time"
    return f"{fps} fps, as the clip"
