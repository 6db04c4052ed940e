"""A drag that changes the project while it lasts: where it snaps, and how it is one step of undoing."""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction
from typing import Protocol

import msgspec
from PySide6.QtCore import QPointF, Qt

from app.core.project import Project
from app.core.snapping import snap, snap_span
from app.ui.session import Session

SNAP_PIXELS = 9.0
"""How near an edge must come to a place worth stopping at."""
DRAG_PIXELS = 4.0
"""How far the cursor must go for a press to become a drag."""


class Snapper(msgspec.Struct, frozen=True):
    """Pulls edges to the places worth stopping at; none of them where snapping is off."""

    points: tuple[Fraction, ...] = ()
    """Seconds, ascending."""
    tolerance: Fraction = Fraction(0)
    """Seconds."""

    def edge(self, time: Fraction) -> Fraction | None:
        """The place that pulls an edge to it; None where none is near."""
        pulled = snap(time, self.points, self.tolerance)
        return pulled if self._known(pulled) else None

    def span(self, start: Fraction, duration: Fraction) -> tuple[Fraction, Fraction] | None:
        """(where the stretch begins, the place that one of its ends was pulled to); None where none is near."""
        pulled = snap_span(start, duration, self.points, self.tolerance)
        ends = (end for end in (pulled, pulled + duration) if self._known(end))
        line = next(ends, None)
        return None if line is None else (pulled, line)

    def _known(self, time: Fraction) -> bool:
        place = bisect_left(self.points, time)
        return place < len(self.points) and self.points[place] == time


class Step(msgspec.Struct, frozen=True):
    """Where a drag has come to."""

    text: str
    """The name of the drag's step of undoing."""
    project: Project
    lines: tuple[str, ...]
    """What it tells beside the cursor."""
    snapped: Fraction | None = None
    """Where the line of snapping stands."""
    select: int | None = None
    """The segment that the drag made."""


class Drag(Protocol):
    """One kind of drag."""

    def points(self, playhead: Fraction) -> tuple[Fraction, ...]:
        """The times that it snaps to, in seconds and ascending."""
        ...

    def step(self, time: Fraction, snapper: Snapper) -> Step:
        """The project with the cursor at `time`. Raises UserError where it cannot be."""
        ...


class LiveDrag:
    """Applies a drag to the session while it lasts, as one step of undoing."""

    def __init__(self, session: Session, drag: Drag) -> None:
        self._session, self._drag = session, drag
        self._before = self._latest = session.project
        self._token = object()

    def step(self, time: Fraction, tolerance: Fraction | None) -> Step:
        """Takes the drag to `time`; `tolerance`: how near a place must be to snap, in seconds, None not to snap.

        Raises UserError where the project cannot be so; it then stays as it is.
        """
        points = () if tolerance is None else self._drag.points(self._session.playhead)
        step = self._drag.step(time, Snapper(points, tolerance or Fraction(0)))
        self._apply(step.text, step.project)
        return step

    def cancel(self) -> None:
        """Takes back what the drag did; no step of undoing remains."""
        self._apply("Cancel", self._before)

    def made(self, project: Project) -> bool:
        """Whether a project that the session tells of comes from this drag, not from an edit elsewhere."""
        return project is self._latest

    def _apply(self, text: str, project: Project) -> None:
        self._latest = project
        self._session.apply(text, project, self._token)


def goes_far(moved: QPointF) -> bool:
    """Whether the cursor has moved far enough from where the button went down for a drag."""
    return max(abs(moved.x()), abs(moved.y())) >= DRAG_PIXELS


def snaps(snapping: bool, modifiers: Qt.KeyboardModifier) -> bool:
    """Whether a drag snaps now: Shift held turns the setting round."""
    return snapping != bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
