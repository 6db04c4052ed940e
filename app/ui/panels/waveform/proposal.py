"""The row that proposes an offset: asks in the background, tells how sure it is, and lets the user take it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.core.text import offset_text
from app.engine.media.clip import Clip, Voice
from app.engine.progress import CancelToken
from app.engine.sound.offset_proposal import OffsetProposal, propose_offset
from app.ui.kit import palette
from app.workers.task import Task

SURE, FAIR = 0.6, 0.3
"""Confidences from which a proposal is called good, or fair."""


class ProposalRow(QWidget):
    """A button, what came out, and a button to take it."""

    accepted = Signal(object)
    """Fraction: the offset that is to be set."""

    def __init__(self, cache: Path, parent: QWidget | None = None) -> None:
        """`cache` is the folder of decoded sound."""
        super().__init__(parent)
        self._cache = cache
        self._clip: Clip | None = None
        self._voice: Voice | None = None
        self._task: Task | None = None
        self._found: OffsetProposal | None = None
        self.button = QPushButton("Propose offset", self)
        self.button.setObjectName("propose_offset")
        self.button.setToolTip("Lays the voice over the original speech by comparing where both are loud and quiet")
        self.button.clicked.connect(self.propose)
        self.answer = QLabel(self)
        self.answer.setObjectName("proposal")
        self.answer.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.take = QPushButton("Use it", self)
        self.take.setObjectName("use_proposal")
        self.take.setToolTip("Moves the voice to the proposed offset; Ctrl+Z takes it back")
        self.take.clicked.connect(self._accept)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.button, self.answer, self.take):
            row.addWidget(widget, 1 if widget is self.answer else 0)
        self._show("")

    def set_media(self, clip: Clip | None, voice: Voice | None) -> None:
        """What is compared; an answer on other media is forgotten."""
        if clip is self._clip and voice is self._voice:
            return
        self.stop()
        self._clip, self._voice = clip, voice
        self._show("")

    @Slot()
    def propose(self) -> None:
        """Compares the two sounds in the background."""
        clip, voice = self._clip, self._voice
        if clip is None or self._task is not None:
            return
        if voice is None or not clip.has_sound:
            lacking = "Choose a new voice first." if voice is None else "The video has no sound to compare with."
            self._show(lacking, colour=palette.WARNING)
            return
        one, other, cache, streams = Path(clip.path), Path(voice.path), self._cache, (clip.streams, voice.streams)

        def compare(cancel: CancelToken) -> OffsetProposal:
            return propose_offset(one, other, cache, cancel, *streams)

        self._task = Task(compare, self)
        self._task.done.connect(self._answer)
        self._task.failed.connect(self._fail)
        self._show("Comparing the two sounds\N{HORIZONTAL ELLIPSIS}")
        self._task.start()

    def stop(self) -> None:
        """Ends a comparison that runs."""
        if self._task is not None:
            self._task.stop()
            self._end()

    @Slot(object)
    def _answer(self, found: OffsetProposal) -> None:
        self._end()
        self._show(answer_text(found, None if self._clip is None else self._clip.fps), found)

    @Slot(str, str)
    def _fail(self, sentence: str, _details: str) -> None:
        self._end()
        self._show(sentence, colour=palette.WARNING)

    def _end(self) -> None:
        if self._task is not None:
            self._task.wait()
            self._task.deleteLater()
            self._task = None
        self._enable()

    @Slot()
    def _accept(self) -> None:
        if self._found is not None:
            offset: Fraction = self._found.offset
            self._show("")
            self.accepted.emit(offset)

    def _show(self, text: str, found: OffsetProposal | None = None, colour: str = "") -> None:
        self._found = found
        if found is not None and found.confidence < FAIR:
            colour = palette.WARNING
        self.answer.setText(text)
        self.answer.setToolTip(text)
        self.answer.setStyleSheet(f"color: {colour or palette.TEXT};")
        self.take.setVisible(found is not None)
        self._enable()

    def _enable(self) -> None:
        ready = self._clip is not None and self._clip.has_sound and self._voice is not None
        self.button.setEnabled(ready and self._task is None)
        # Qt keeps the size that it found for a disabled button, which a style sheet may draw with less room.
        metrics = self.button.fontMetrics()
        self.button.setMinimumSize(metrics.horizontalAdvance("Propose offset") + 32, metrics.height() + 12)


def answer_text(found: OffsetProposal, fps: Fraction | None) -> str:
    """What came out, with the confidence in words and per cent."""
    level = "good" if found.confidence >= SURE else "fair" if found.confidence >= FAIR else "weak: check it by ear"
    return f"{offset_text(found.offset, fps)} (confidence {found.confidence:.0%}, {level})"
