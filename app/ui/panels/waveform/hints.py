"""Words over the lanes: why there is no wave yet, how much is read, and where a dragged voice is."""

from __future__ import annotations

from typing import Literal

import msgspec
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.engine.sound.peaks import PeakPyramid
from app.ui.kit import palette
from app.ui.panels.waveform.mixer import SoundName

_GAP = 8


class Hint(msgspec.Struct, frozen=True):
    """What is said in a lane."""

    text: str
    place: Literal["middle", "corner"] = "middle"
    warning: bool = False


def sound_hint(sound: SoundName, medium: bool, silent: bool, peaks: PeakPyramid | None, problem: str) -> Hint | None:
    """What is to be said; None where the wave speaks for itself. `medium`: whether the clip or the voice is open."""
    if problem:
        return Hint(problem, warning=True)
    if peaks is not None:
        share = min(peaks.known / peaks.duration, 1.0) if peaks.duration else 1.0
        return None if peaks.complete else Hint(f"Reading\N{HORIZONTAL ELLIPSIS} {share:.0%}", "corner")
    if not medium:
        return Hint("Open or drop a video." if sound == "original" else "Open or drop a new voice.")
    return Hint("The clip has no sound." if silent else "Reading the sound\N{HORIZONTAL ELLIPSIS}")


class Hints:
    """The labels; they let the mouse through."""

    def __init__(self, graph: QWidget) -> None:
        self._graph = graph
        self.labels: dict[SoundName, QLabel] = {
            "original": self._label("hint_original"),
            "voice": self._label("hint_voice"),
        }
        self.bubble = self._label("offset_bubble")
        self.bubble.setStyleSheet(
            f"background: {palette.RAISED}; color: {palette.TEXT}; border: 1px solid {palette.FOCUS}; padding: 3px 6px;"
        )

    def _label(self, name: str) -> QLabel:
        label = QLabel(self._graph)
        label.setObjectName(name)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        label.hide()
        return label

    def show_hint(self, sound: SoundName, hint: Hint | None, lane: QRect) -> None:
        """Says something in a lane, or nothing any more."""
        label = self.labels[sound]
        label.setVisible(hint is not None)
        if hint is None:
            return
        colour = palette.WARNING if hint.warning else palette.MUTED_TEXT
        label.setStyleSheet(f"background: {palette.BACKGROUND}; color: {colour}; padding: 1px 4px;")
        label.setText(hint.text)
        label.setWordWrap(False)
        room, wanted = max(lane.width() - 2 * _GAP, 40), label.sizeHint()
        if wanted.width() > room:
            label.setWordWrap(True)
            wanted = QSize(room, label.heightForWidth(room))
        label.resize(wanted)
        box = label.rect()
        if hint.place == "middle":
            box.moveCenter(lane.center())
        else:
            box.moveTopRight(lane.topRight() + QPoint(-_GAP, _GAP))
        label.move(box.topLeft())

    def show_bubble(self, text: str, mouse: QPoint) -> None:
        """Says something beside the mouse, inside of the graph."""
        self.bubble.setText(text)
        self.bubble.adjustSize()
        box = self.bubble.rect()
        box.moveBottomLeft(mouse + QPoint(_GAP, -_GAP))
        room = self._graph.rect()
        box.moveLeft(max(min(box.left(), room.right() - box.width()), 0))
        box.moveTop(max(box.top(), 0))
        self.bubble.move(box.topLeft())
        self.bubble.show()

    def hide_bubble(self) -> None:
        """Nothing is dragged any more."""
        self.bubble.hide()
