"""The mouse on the timeline: what a press, a drag and a release do."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

import msgspec
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent

from app.core.errors import UserError
from app.core.project import Project
from app.ui.kit.live_drag import SNAP_PIXELS, Drag, LiveDrag, goes_far, snaps
from app.ui.kit.voice_drag import grab_voice
from app.ui.panels.timeline.drags import DrawDrag, Ground, MarkerDrag, MoveDrag, RangeDrag, TrimDrag
from app.ui.panels.timeline.hit_testing import hit_test
from app.ui.panels.timeline.scene import Feedback, Hit, Scene
from app.ui.session import Session

_SCRUBBING = ("ruler", "strip", "marks", "video", "original")
_CURSORS = {
    "ruler": Qt.CursorShape.ArrowCursor,
    "marker": Qt.CursorShape.PointingHandCursor,
    "faceless": Qt.CursorShape.PointingHandCursor,
    "in": Qt.CursorShape.SizeHorCursor,
    "out": Qt.CursorShape.SizeHorCursor,
    "start": Qt.CursorShape.SizeHorCursor,
    "stop": Qt.CursorShape.SizeHorCursor,
    "segment": Qt.CursorShape.OpenHandCursor,
    "room": Qt.CursorShape.CrossCursor,
    "voice": Qt.CursorShape.OpenHandCursor,
}


class PointerHost(Protocol):
    """What the mouse needs of the timeline."""

    @property
    def session(self) -> Session:
        """What is open."""
        ...

    @property
    def snapping(self) -> bool:
        """Whether drags snap."""
        ...

    def scene(self) -> Scene | None:
        """What is to be seen; None without a clip."""
        ...

    def set_feedback(self, feedback: Feedback | None) -> None:
        """What a drag tells."""
        ...

    def set_hover(self, hit: Hit | None) -> None:
        """What the cursor is over."""
        ...

    def set_cursor(self, shape: Qt.CursorShape) -> None:
        """How the cursor looks."""
        ...

    def scrub(self, time: Fraction, exact: bool) -> None:
        """Moves the playhead."""
        ...

    def visit_faceless(self, time: Fraction) -> None:
        """Goes to the stretch without a face at a time."""
        ...

    def pan(self, pixels: QPointF) -> None:
        """Scrolls both ways."""
        ...

    def tell(self, sentence: str) -> None:
        """Why an edit could not be made."""
        ...


class _Press(msgspec.Struct, frozen=True):
    """A button that is down."""

    hit: Hit
    at: QPointF
    drag: LiveDrag | None
    scrubs: bool = False
    pans: bool = False


class Pointer:
    """Follows the mouse; a drag is one step of undoing, and Escape leaves the project as it was."""

    def __init__(self, host: PointerHost) -> None:
        self._host = host
        self._press: _Press | None = None
        self._dragging = False
        self._at = QPointF()
        self._modifiers = Qt.KeyboardModifier.NoModifier

    @property
    def active(self) -> bool:
        """Whether a drag is under way."""
        return self._press is not None

    @property
    def autoscrolls(self) -> bool:
        """Whether the timeline is to scroll where the cursor leaves it."""
        return self._press is not None and not self._press.pans and (self._dragging or self._press.scrubs)

    @property
    def at(self) -> QPointF:
        """Where the cursor was last."""
        return self._at

    def press(self, event: QMouseEvent) -> None:
        """A button goes down."""
        scene = self._host.scene()
        if scene is None or self._press is not None:
            return
        self._at, self._modifiers = event.position(), event.modifiers()
        hit = hit_test(scene, self._at.x(), self._at.y())
        if event.button() == Qt.MouseButton.MiddleButton:
            self._begin(hit, None, pans=True)
            self._host.set_cursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._press_left(scene, hit)

    def _press_left(self, scene: Scene, hit: Hit) -> None:
        if hit.kind in _SCRUBBING:
            self._begin(hit, None, scrubs=True)
            self._host.scrub(hit.time, False)
            return
        if hit.kind in ("segment", "start", "stop", "room", "nothing"):
            self._host.session.select(hit.id)
        ground = Ground(self._host.session.project, scene.clip, scene.scale.time_at(self._at.x()), scene.ticks.counting)
        self._begin(hit, self._drag_of(scene, ground, hit))

    def _begin(self, hit: Hit, drag: Drag | None, scrubs: bool = False, pans: bool = False) -> None:
        self._dragging = False
        live = None if drag is None else LiveDrag(self._host.session, drag)
        self._press = _Press(hit, self._at, live, scrubs, pans)

    def _drag_of(self, scene: Scene, ground: Ground, hit: Hit) -> Drag | None:
        """What dragging this object does."""
        if hit.kind in ("start", "stop") and hit.id is not None:
            return TrimDrag(ground, hit.id, "start" if hit.kind == "start" else "stop")
        if hit.kind == "segment" and hit.id is not None:
            return MoveDrag(ground, hit.id)
        if hit.kind == "room":
            return DrawDrag(ground)
        if hit.kind == "marker":
            return MarkerDrag(ground, hit.index)
        if hit.kind in ("in", "out"):
            return RangeDrag(ground, "in" if hit.kind == "in" else "out")
        if hit.kind == "voice":
            return grab_voice(self._host.session, ground.press, self._holds(Qt.KeyboardModifier.ControlModifier))
        return None

    def _holds(self, key: Qt.KeyboardModifier) -> bool:
        return bool(self._modifiers & key)

    def move(self, event: QMouseEvent) -> None:
        """The cursor moves, with or without a button."""
        last, self._at, self._modifiers = self._at, event.position(), event.modifiers()
        if self._press is None:
            self.hover()
        elif self._press.pans:
            self._host.pan(last - self._at)
        else:
            self.follow()

    def hover(self) -> None:
        """Shows what the cursor is over."""
        scene = self._host.scene()
        hit = None if scene is None else hit_test(scene, self._at.x(), self._at.y())
        self._host.set_hover(hit)
        self._host.set_cursor(_CURSORS.get(hit.kind if hit else "", Qt.CursorShape.ArrowCursor))

    def follow(self) -> None:
        """Takes the drag to where the cursor is; also when the timeline scrolled under it."""
        scene, press = self._host.scene(), self._press
        if scene is None or press is None:
            return
        if press.scrubs:
            self._host.scrub(scene.scale.time_at(self._at.x()), False)
        elif press.drag is not None and (self._dragging or goes_far(self._at - press.at)):
            self._dragging = True
            self._step(scene, press, press.drag)

    def _step(self, scene: Scene, press: _Press, drag: LiveDrag) -> None:
        """One step of a drag of an object."""
        if press.hit.kind in ("segment", "voice"):
            self._host.set_cursor(Qt.CursorShape.ClosedHandCursor)
        tolerance = scene.scale.length_of(SNAP_PIXELS) if snaps(self._host.snapping, self._modifiers) else None
        try:
            step = drag.step(scene.scale.time_at(self._at.x()), tolerance)
        except UserError as error:
            self._host.tell(str(error))
            return
        if step.select is not None:
            self._host.session.select(step.select)
        lines = step.lines
        self._host.set_feedback(Feedback(lines, self._at.x(), self._at.y(), step.snapped) if lines else None)

    def release(self, event: QMouseEvent) -> None:
        """The button goes up."""
        scene, press = self._host.scene(), self._press
        if press is None or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._at = event.position()
        clicked = not self._dragging
        self._end()
        if scene is None:
            return
        if press.scrubs:
            self._host.scrub(scene.scale.time_at(self._at.x()), True)
        elif clicked and press.hit.kind == "faceless":
            self._host.visit_faceless(press.hit.time)
        elif clicked and press.hit.kind == "marker" and press.hit.index < len(scene.project.markers):
            self._host.scrub(scene.project.markers[press.hit.index].time, True)
        elif clicked and press.hit.kind == "voice":
            self._host.scrub(press.hit.time, True)

    def cancel(self) -> bool:
        """Ends a drag and takes back what it did; whether there was one."""
        press = self._press
        if press is None:
            return False
        self._end()
        if press.drag is not None:
            press.drag.cancel()
        return True

    def project_changed(self, new: Project) -> None:
        """An edit that is not the drag's own ends the drag."""
        if self._press is not None and self._press.drag is not None and not self._press.drag.made(new):
            self._end()

    def forget(self) -> None:
        """Ends a drag whose project is gone."""
        if self._press is not None:
            self._end()

    def _end(self) -> None:
        self._press, self._dragging = None, False
        self._host.set_feedback(None)
        self.hover()
