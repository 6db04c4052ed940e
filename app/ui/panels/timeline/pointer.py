"""The mouse on the timeline: what hovering, a press, a drag and a release do."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip

from app.core.errors import UserError
from app.core.project import Project
from app.ui.kit.live_drag import SNAP_PIXELS, Drag, LiveDrag, goes_far, snaps
from app.ui.kit.voice_drag import grab_voice
from app.ui.panels.timeline.autoscroll import Autoscroll
from app.ui.panels.timeline.describe import describe_hit
from app.ui.panels.timeline.drags import DrawDrag, Ground, MarkerDrag, MoveDrag, RangeDrag, TrimDrag
from app.ui.panels.timeline.hit_testing import hit_test
from app.ui.panels.timeline.playhead import Playhead
from app.ui.panels.timeline.scene import Feedback, Hit, Scene
from app.ui.panels.timeline.selecting import Selecting, encloses
from app.ui.panels.timeline.view import TimelineView
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


class _Press(msgspec.Struct, frozen=True):
    """A button that is down."""

    hit: Hit
    at: QPointF
    drag: LiveDrag | None
    scrubs: bool = False
    pans: bool = False
    encloses: bool = False
    """Whether a drag is a rubber band."""


class Pointer(QObject):
    """Follows the mouse; a drag is one step of undoing, and Escape leaves the project as it was."""

    marker_opened = Signal(int)
    """Index of a marker that was double-clicked."""
    problem = Signal(str)
    """A sentence: why an edit could not be made."""

    def __init__(self, session: Session, view: TimelineView, playhead: Playhead) -> None:
        super().__init__(view)
        self._session, self._view, self._playhead = session, view, playhead
        self._autoscroll, self._selecting = Autoscroll(view), Selecting(session, view)
        self._press: _Press | None = None
        self._dragging = False
        self._at = QPointF()
        self._modifiers = Qt.KeyboardModifier.NoModifier
        self.snapping = True
        """Whether dragged edges stick to edges, markers, in, out and the playhead; Shift held turns it round."""
        self._autoscroll.scrolled.connect(self._follow)
        view.mouse_pressed.connect(self._press_button)
        view.mouse_moved.connect(self._move)
        view.mouse_released.connect(self._release)
        view.double_clicked.connect(self._double_click)
        view.cursor_left.connect(self._leave)
        view.tooltip_wanted.connect(self._show_tooltip)

    @property
    def active(self) -> bool:
        """Whether a drag is under way."""
        return self._press is not None

    def tooltip_at(self, position: QPointF) -> str:
        """What is told of the thing at a point of the view."""
        scene = self._view.scene()
        return "" if scene is None else describe_hit(scene, hit_test(scene, position.x(), position.y()))

    @Slot(object)
    def _show_tooltip(self, event: QHelpEvent) -> None:
        text = "" if self.active else self.tooltip_at(QPointF(event.pos()))
        if text:
            QToolTip.showText(event.globalPos(), text, self._view.viewport())
        else:
            QToolTip.hideText()

    @Slot()
    def _leave(self) -> None:
        if not self.active:
            self._view.set_hover(None)

    @Slot(object)
    def _double_click(self, event: QMouseEvent) -> None:
        """Opens a marker's note; elsewhere it is one more press."""
        scene = self._view.scene()
        hit = None if scene is None else hit_test(scene, event.position().x(), event.position().y())
        if hit is not None and hit.kind == "marker" and event.button() == Qt.MouseButton.LeftButton:
            self.marker_opened.emit(hit.index)
        else:
            self._press_button(event)

    @Slot(object)
    def _press_button(self, event: QMouseEvent) -> None:
        """A button goes down."""
        scene = self._view.scene()
        if scene is None or self._press is not None:
            return
        self._at, self._modifiers = event.position(), event.modifiers()
        hit = hit_test(scene, self._at.x(), self._at.y())
        if event.button() == Qt.MouseButton.MiddleButton:
            self._begin(hit, None, pans=True)
            self._view.set_cursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._press_left(scene, hit)

    def _press_left(self, scene: Scene, hit: Hit) -> None:
        if hit.kind in _SCRUBBING:
            self._begin(hit, None, scrubs=True)
            self._playhead.scrub(hit.time, False)
            return
        self._selecting.press(hit, self._modifiers)
        if encloses(hit, self._modifiers):
            self._begin(hit, None, encloses=True)
            return
        ground = Ground(self._session.project, scene.clip, scene.scale.time_at(self._at.x()), scene.ticks.counting)
        own = bool(self._modifiers & Qt.KeyboardModifier.ControlModifier)
        drag = (
            grab_voice(self._session, ground.press, own)
            if hit.kind == "voice"
            else drag_of(ground, hit, self._session.chosen)
        )
        self._begin(hit, drag)

    def _begin(
        self, hit: Hit, drag: Drag | None, scrubs: bool = False, pans: bool = False, encloses: bool = False
    ) -> None:
        self._dragging = False
        live = None if drag is None else LiveDrag(self._session, drag)
        self._press = _Press(hit, self._at, live, scrubs, pans, encloses)

    @Slot(object)
    def _move(self, event: QMouseEvent) -> None:
        """The cursor moves, with or without a button."""
        last, self._at, self._modifiers = self._at, event.position(), event.modifiers()
        if self._press is None:
            self._hover()
        elif self._press.pans:
            self._view.pan(last - self._at)
        else:
            self._follow()
        press = self._press
        may_leave = press is not None and not press.pans and (self._dragging or press.scrubs)
        self._autoscroll.towards(self._at.x(), may_leave)

    def _hover(self) -> None:
        """Shows what the cursor is over."""
        scene = self._view.scene()
        hit = None if scene is None else hit_test(scene, self._at.x(), self._at.y())
        self._view.set_hover(hit)
        self._view.set_cursor(_CURSORS.get(hit.kind if hit else "", Qt.CursorShape.ArrowCursor))

    @Slot()
    def _follow(self) -> None:
        """Takes the drag to where the cursor is; also when the timeline scrolled under it."""
        scene, press = self._view.scene(), self._press
        if scene is None or press is None:
            return
        if press.scrubs:
            self._playhead.scrub(scene.scale.time_at(self._at.x()), False)
        elif (press.drag is not None or press.encloses) and (self._dragging or goes_far(self._at - press.at)):
            if not self._dragging:
                self._selecting.drag(press.hit)
            self._dragging = True
            if press.drag is not None:
                self._step(scene, press, press.drag)
            else:
                count = self._selecting.enclose(scene, press.hit.time, scene.scale.time_at(self._at.x()))
                told = f"{count} segment{'' if count == 1 else 's'} selected"
                self._view.set_feedback(Feedback((told,), self._at.x(), self._at.y()))

    def _step(self, scene: Scene, press: _Press, drag: LiveDrag) -> None:
        """One step of a drag of an object."""
        if press.hit.kind in ("segment", "voice"):
            self._view.set_cursor(Qt.CursorShape.ClosedHandCursor)
        tolerance = scene.scale.length_of(SNAP_PIXELS) if snaps(self.snapping, self._modifiers) else None
        try:
            step = drag.step(scene.scale.time_at(self._at.x()), tolerance)
        except UserError as error:
            self.problem.emit(str(error))
            return
        if step.select is not None:
            self._session.select(step.select)
        lines = step.lines
        self._view.set_feedback(Feedback(lines, self._at.x(), self._at.y(), step.snapped) if lines else None)

    @Slot(object)
    def _release(self, event: QMouseEvent) -> None:
        """The button goes up."""
        self._autoscroll.stop()
        scene, press = self._view.scene(), self._press
        if press is None or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._at = event.position()
        clicked = not self._dragging
        self._end()
        if scene is None:
            return
        if press.scrubs:
            self._playhead.scrub(scene.scale.time_at(self._at.x()), True)
        elif clicked and press.hit.kind == "faceless":
            self._playhead.visit_faceless(press.hit.time)
        elif clicked and press.hit.kind == "marker" and press.hit.index < len(scene.project.markers):
            self._playhead.scrub(scene.project.markers[press.hit.index].time, True)
        elif clicked and press.hit.kind == "voice":
            self._playhead.scrub(press.hit.time, True)
        elif clicked:
            self._selecting.click(press.hit, self._modifiers)

    def cancel(self) -> bool:
        """Ends a drag and takes back what it did; whether there was one."""
        self._autoscroll.stop()
        press = self._press
        if press is None:
            return False
        self._end()
        if press.drag is not None:
            press.drag.cancel()
        if press.encloses:
            self._selecting.cancel()
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
        self._view.set_feedback(None)
        self._view.set_band(None)
        self._hover()


def drag_of(ground: Ground, hit: Hit, chosen: frozenset[int]) -> Drag | None:
    """What dragging an object of the timeline itself does; None where it does nothing.

    A segment takes the other `chosen` ones along if it is one of them.
    """
    if hit.kind in ("start", "stop") and hit.id is not None:
        return TrimDrag(ground, hit.id, "start" if hit.kind == "start" else "stop")
    if hit.kind == "segment" and hit.id is not None:
        return MoveDrag(ground, hit.id, chosen - {hit.id} if hit.id in chosen else frozenset())
    if hit.kind == "room":
        return DrawDrag(ground)
    if hit.kind == "marker":
        return MarkerDrag(ground, hit.index)
    if hit.kind in ("in", "out"):
        return RangeDrag(ground, "in" if hit.kind == "in" else "out")
    return None
