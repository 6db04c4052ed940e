"""Which segments a press, a click and a rubber band select."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtCore import Qt

from app.core.timebase import TimeRange
from app.ui.panels.timeline.scene import Hit, Scene
from app.ui.panels.timeline.view import TimelineView
from app.ui.session import Session

_OF_SEGMENTS = ("segment", "start", "stop")
_EMPTY = ("room", "nothing")


def encloses(hit: Hit, modifiers: Qt.KeyboardModifier) -> bool:
    """Whether a drag that begins here is a rubber band: with Ctrl in the segments' lane, or where nothing is."""
    control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
    return hit.kind == "nothing" or (control and hit.kind in (*_OF_SEGMENTS, "room"))


class Selecting:
    """As everywhere: a click selects one, Ctrl adds or takes away one, Shift adds all up to there."""

    def __init__(self, session: Session, view: TimelineView) -> None:
        self._session, self._view = session, view
        self._before: frozenset[int] = frozenset()
        self._shown: int | None = None

    def press(self, hit: Hit, modifiers: Qt.KeyboardModifier) -> None:
        """A button goes down: what may be dragged is selected; what is selected stays so, to be dragged as a whole."""
        session = self._session
        self._before, self._shown = session.chosen, session.selection
        if _several(modifiers):
            return
        if hit.kind in _EMPTY:
            session.select(None)
            self._before, self._shown = frozenset(), None
        elif hit.kind == "segment" and hit.id in session.chosen:
            session.select_all(session.chosen, hit.id)
        elif hit.kind in _OF_SEGMENTS:
            session.select(hit.id)

    def drag(self, hit: Hit) -> None:
        """A drag of it begins: a segment that was pressed with Shift is not selected yet."""
        if hit.id is not None and hit.id not in self._session.chosen:
            self._session.select(hit.id)

    def click(self, hit: Hit, modifiers: Qt.KeyboardModifier) -> None:
        """The button came up where it went down."""
        if hit.kind not in _OF_SEGMENTS or hit.id is None:
            return
        chosen = self._session.chosen
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._session.select_all(chosen | self._up_to(hit.id), hit.id)
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self._session.select_all(chosen ^ {hit.id}, hit.id if hit.id not in chosen else None)
        else:
            self._session.select(hit.id)

    def enclose(self, scene: Scene, start: Fraction, time: Fraction) -> int:
        """A rubber band reaches from `start` to `time`; how many segments are selected with those of before."""
        band = TimeRange(min(start, time), max(start, time))
        touched = {s.id for s in scene.table.segments if s.range.intersect(band) is not None}
        self._session.select_all(self._before | touched, self._shown)
        self._view.set_band(band)
        return len(self._session.chosen)

    def cancel(self) -> None:
        """Selects what was selected before the button went down."""
        self._session.select_all(self._before, self._shown)

    def _up_to(self, id: int) -> frozenset[int]:
        """All from the segment whose settings are shown to this one."""
        ids = [segment.id for segment in self._session.project.segments or ()]
        if id not in ids:
            return frozenset()
        here = ids.index(id)
        there = here if self._session.selection is None else ids.index(self._session.selection)
        return frozenset(ids[min(here, there) : max(here, there) + 1])


def _several(modifiers: Qt.KeyboardModifier) -> bool:
    return bool(modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))
