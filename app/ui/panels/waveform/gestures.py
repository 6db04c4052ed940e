"""What mouse and keys do in the waveform view: scrub, drag the voice, nudge it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import msgspec
from PySide6.QtCore import QObject, QPointF, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.core.errors import UserError
from app.core.project import Project
from app.core.text import offset_text
from app.ui.kit.live_drag import SNAP_PIXELS, LiveDrag, goes_far, snaps
from app.ui.kit.voice_drag import VoiceDrag, grab_voice, offset_of, selected_offset, with_offset
from app.ui.panels.waveform.graph import Graph
from app.ui.panels.waveform.hints import Hints
from app.ui.session import Session

NUDGE = Fraction(1, 100)
"""Seconds by which Alt+Shift with an arrow key moves the voice."""
USUAL_FRAME = Fraction(1, 25)
"""Seconds of a frame where no clip tells."""
_MICRO = 1_000_000


class _Held(msgspec.Struct, frozen=True, eq=False):
    """The voice with the button down on it."""

    drag: VoiceDrag
    live: LiveDrag
    at: QPointF
    """Where the button went down."""


class Gestures(QObject):
    """Edits the project through the session; a drag is applied while it lasts and is one step of undoing."""

    scrubbed = Signal(object, bool)
    """(Fraction: the playhead's new time, whether the exact frame is wanted now)."""
    dropped = Signal()
    """The mouse holds the voice no longer."""
    problem = Signal(str)
    """A sentence: why an edit could not be made."""

    def __init__(self, session: Session, graph: Graph, hints: Hints, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._graph, self._hints, self._view = session, graph, hints, parent
        self._held: _Held | None = None
        self._dragging = self._scrubbing = False
        self.snapping = True
        """Whether a dragged voice sticks to edges, markers, in, out and the playhead; Shift held turns it round."""
        graph.pressed.connect(self._press)
        graph.dragged.connect(self._move)
        graph.released.connect(self._release)

    @property
    def busy(self) -> bool:
        """Whether the mouse holds something."""
        return self._scrubbing or self._held is not None

    @property
    def target(self) -> int | None:
        """The segment whose own offset is dragged, or else is to be shown; None: the project's."""
        return selected_offset(self._session) if self._held is None else self._held.drag.segment

    @Slot()
    def cancel(self) -> None:
        """Ends a drag and puts the voice back to where it was."""
        held = self._held
        self.forget()
        if held is not None:
            held.live.cancel()

    def forget(self) -> None:
        """Ends a drag and leaves the project as it is."""
        self._held, self._dragging = None, False
        self._hints.hide_bubble()
        self.dropped.emit()

    def project_changed(self, new: Project) -> None:
        """An edit that is not the drag's own ends the drag."""
        if self._held is not None and not self._held.live.made(new):
            self.forget()

    def slots(self) -> dict[str, Callable[[], object]]:
        """What the actions for the voice do, by id."""
        return {
            "voice_earlier": lambda: self.nudge(-1),
            "voice_later": lambda: self.nudge(1),
            "voice_earlier_fine": lambda: self.nudge(-1, fine=True),
            "voice_later_fine": lambda: self.nudge(1, fine=True),
        }

    def nudge(self, direction: int, fine: bool = False) -> None:
        """Moves the voice a frame earlier (-1) or later (1), or by `NUDGE`; repeated, it is one step of undoing."""
        session = self._session
        if session.voice is None:
            self.problem.emit("Choose a new voice first.")
            return
        step = NUDGE if fine else (USUAL_FRAME if session.clip is None else 1 / session.clip.fps)
        segment = selected_offset(session)
        offset = offset_of(session.project, segment) + direction * step
        try:
            session.apply("Nudge voice", with_offset(session.project, segment, offset), f"nudge {segment}")
        except UserError as error:
            self.problem.emit(str(error))

    @Slot(str, float, object, object)
    def _press(self, place: str, seconds: float, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """On the voice: takes hold of it; elsewhere: scrubs."""
        self._view.setFocus(Qt.FocusReason.MouseFocusReason)
        own = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        there = place == "voice" and self._graph.lanes["voice"].peaks is not None
        drag = grab_voice(self._session, _time(seconds), own) if there else None
        if drag is not None:
            self._held = _Held(drag, LiveDrag(self._session, drag), point)
        else:
            self._scrubbing = True
            self._scrub(seconds, False)

    @Slot(float, object, object)
    def _move(self, seconds: float, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        held = self._held
        if self._scrubbing:
            self._scrub(seconds, False)
        elif held is not None and (self._dragging or goes_far(point - held.at)):
            self._dragging = True
            self._step(held, seconds, point, modifiers)

    def _step(self, held: _Held, seconds: float, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Takes the voice to where the mouse is."""
        near = self._graph.seconds_at(SNAP_PIXELS) - self._graph.seconds_at(0)
        try:
            held.live.step(_time(seconds), _time(near) if snaps(self.snapping, modifiers) else None)
        except UserError as error:
            self.problem.emit(str(error))
            return
        self._hints.show_bubble(self._bubble(held.drag), point.toPoint())

    def _bubble(self, drag: VoiceDrag) -> str:
        """Where the voice is, and how far from where it was."""
        offset = offset_of(self._session.project, drag.segment)
        moved = offset_text(offset - offset_of(drag.before, drag.segment), None)
        fps = None if drag.clip is None else drag.clip.fps
        return f"{offset_text(offset, fps)}\nmoved {moved}"

    @Slot(float)
    def _release(self, seconds: float) -> None:
        """Ends a drag; a click on the voice goes there."""
        clicked = self._scrubbing or (self._held is not None and not self._dragging)
        self._scrubbing = False
        self.forget()
        if clicked:
            self._scrub(seconds, True)

    def _scrub(self, seconds: float, exact: bool) -> None:
        """Moves the playhead to where the cursor is."""
        session = self._session
        if session.clip is None:
            return
        session.set_playhead(max(_time(seconds), Fraction(0)))
        self.scrubbed.emit(session.playhead, exact)


def _time(seconds: float) -> Fraction:
    """A time to the microsecond: a float's own fraction would have a denominator of 2**50."""
    return Fraction(round(seconds * _MICRO), _MICRO)
