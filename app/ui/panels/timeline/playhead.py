"""The playhead on the timeline: moving it, following it, drawing it anew."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtCore import QObject, Signal

from app.core.timebase import TimeRange
from app.ui.panels.timeline.paint import playhead_reach
from app.ui.panels.timeline.view import TimelineView
from app.ui.session import Session


class Playhead(QObject):
    """Moves the session's playhead and shows where it is."""

    scrubbed = Signal(object, bool)
    """(Fraction: the playhead's new time, whether the exact frame is wanted now): the session's playhead is there."""
    faceless_visited = Signal(object)
    """TimeRange without the face; the playhead has gone to its first frame."""

    def __init__(self, session: Session, view: TimelineView) -> None:
        super().__init__(view)
        self._session, self._view = session, view
        self._shown = session.playhead
        self._last_scrub: Fraction | None = None

    def scrub(self, time: Fraction, exact: bool) -> None:
        """Moves the playhead to the frame at a time, and tells of it."""
        clip = self._session.clip
        if clip is None:
            return
        time = clip.time_of(clip.index_at(max(time, Fraction(0))))
        if exact or time != self._last_scrub:
            self._last_scrub = None if exact else time
            self._session.set_playhead(time)
            self.scrubbed.emit(time, exact)

    def go(self, time: Fraction) -> None:
        """Moves the playhead and has it in sight."""
        self.scrub(time, True)
        self._view.navigation.reveal(self._session.playhead)

    def visit_faceless(self, time: Fraction) -> None:
        """Goes to the first frame of the stretch without the face at a time."""
        scene = self._view.scene()
        span = None if scene is None or scene.faces is None else scene.faces.faceless_at(float(time))
        if span is not None:
            self.go(span.start_time)
            self.faceless_visited.emit(TimeRange(span.start_time, span.stop_time))

    def forget(self) -> None:
        """Another clip: the view is drawn anew anyway."""
        self._shown = self._session.playhead
        self._last_scrub = None

    def show(self, follow: bool) -> None:
        """Draws anew where the line was and where it is; with `follow` it is kept in sight."""
        old, self._shown = self._shown, self._session.playhead
        navigation, viewport = self._view.navigation, self._view.viewport()
        if follow:
            navigation.reveal(self._shown, paging=True)
        reach = playhead_reach(self._view.lanes.head) + 1
        for moment in (old, self._shown):
            viewport.update(self._view.span_rect(navigation.scale.x_of(moment), reach))
