"""What mouse and keys do in the waveform view: scrub, drag the voice, nudge it."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtCore import QObject, QPointF, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.core.errors import UserError
from app.core.text import offset_text
from app.ui.panels.waveform.graph import Graph
from app.ui.panels.waveform.hints import Hints
from app.ui.panels.waveform.voice_drag import (
    VoiceDrag,
    fps_of,
    offset_of,
    start_drag,
    target,
    with_offset,
)
from app.ui.session import Session

NUDGE = Fraction(1, 100)
"""Seconds by which Alt+Shift with an arrow key moves the voice."""
USUAL_FRAME = Fraction(1, 25)
"""Seconds of a frame where no clip tells."""
_MICRO = 1_000_000


class Gestures(QObject):
    """Edits the project through the session; a drag is shown while it lasts and applied at its end."""

    scrubbed = Signal(object, bool)
    """(Fraction: the playhead's new time, whether the exact frame is wanted now)."""
    moved = Signal()
    """The voice is to be drawn elsewhere."""
    problem = Signal(str)
    """A sentence: why an edit could not be made."""

    def __init__(self, session: Session, graph: Graph, hints: Hints, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._graph, self._hints, self._view = session, graph, hints, parent
        self.drag: VoiceDrag | None = None
        """The voice as it is held by the mouse."""
        self._scrubbing = False
        graph.pressed.connect(self._press)
        graph.dragged.connect(self._move)
        graph.released.connect(self._release)

    @property
    def busy(self) -> bool:
        """Whether the mouse holds something."""
        return self._scrubbing or self.drag is not None

    @Slot()
    def cancel(self) -> None:
        """The voice stays where it was."""
        self.drag = None
        self._hints.hide_bubble()
        self.moved.emit()

    def nudge(self, direction: int, fine: bool = False) -> None:
        """Moves the voice a frame earlier (-1) or later (1), or by `NUDGE`; repeated, it is one step of undoing."""
        if self._session.voice is None:
            self.problem.emit("Choose a new voice first.")
            return
        fps = fps_of(self._session)
        step = NUDGE if fine else (1 / fps if fps is not None else USUAL_FRAME)
        segment = target(self._session)
        offset = offset_of(self._session.project, segment) + direction * step
        self._apply("Nudge voice", segment, offset, merge=f"nudge {segment}")

    @Slot(str, float, object)
    def _press(self, place: str, seconds: float, modifiers: Qt.KeyboardModifier) -> None:
        """On the voice: takes hold of it; elsewhere: scrubs."""
        self._view.setFocus(Qt.FocusReason.MouseFocusReason)
        if place == "voice" and self._graph.lanes["voice"].peaks is not None:
            own = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
            self.drag = start_drag(self._session, seconds, own)
        else:
            self._scrubbing = True
            self._scrub(seconds, False)

    @Slot(float, object)
    def _move(self, seconds: float, point: QPointF) -> None:
        if self.drag is not None:
            self.drag = self.drag.at(seconds)
            self._hints.show_bubble(self._bubble(self.drag), point.toPoint())
            self.moved.emit()
        elif self._scrubbing:
            self._scrub(seconds, False)

    def _bubble(self, drag: VoiceDrag) -> str:
        """Where the voice is, and how far from where it was."""
        moved = offset_text(drag.offset - drag.before, None)
        return f"{offset_text(drag.offset, fps_of(self._session))}\nmoved {moved}"

    @Slot(float)
    def _release(self, seconds: float) -> None:
        """Applies a drag; a click on the voice goes there."""
        if self._scrubbing:
            self._scrubbing = False
            self._scrub(seconds, True)
        elif self.drag is not None:
            drag = self.drag.at(seconds)
            self.cancel()
            if drag.offset != drag.before:
                self._apply("Move voice", drag.segment, drag.offset)
            else:
                self._scrub(seconds, True)

    def _scrub(self, seconds: float, exact: bool) -> None:
        """Moves the playhead."""
        session = self._session
        if session.clip is None:
            return
        session.set_playhead(max(Fraction(round(seconds * _MICRO), _MICRO), Fraction(0)))
        self.scrubbed.emit(session.playhead, exact)

    def _apply(self, text: str, segment: int | None, offset: Fraction, merge: str | None = None) -> None:
        session = self._session
        try:
            session.apply(text, with_offset(session.project, segment, offset), merge)
        except UserError as error:
            self.problem.emit(str(error))
