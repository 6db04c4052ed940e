"""Scrolling on its own while a drag has left the timeline at one side."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.ui.panels.timeline.view import TimelineView

_MS = 25
_MOST_PIXELS = 60.0


class Autoscroll(QObject):
    """Scrolls faster the further away the cursor is."""

    scrolled = Signal()

    def __init__(self, view: TimelineView) -> None:
        super().__init__(view)
        self._view, self._x = view, 0.0
        self._timer = QTimer(self, interval=_MS)
        self._timer.timeout.connect(self._scroll)

    def towards(self, x: float, wanted: bool) -> None:
        """The cursor is at pixel `x`; `wanted`: whether it drags something that may go on out of sight."""
        outside = x < 0 or x >= self._view.viewport().width()
        self._x = x
        if not (wanted and outside):
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """The drag is over."""
        self._timer.stop()

    @Slot()
    def _scroll(self) -> None:
        if not self._view.isVisible():
            self._timer.stop()
            return
        x, width = self._x, self._view.viewport().width()
        gone = x if x < 0 else x - width
        self._view.navigation.scroll_by(max(-_MOST_PIXELS, min(_MOST_PIXELS, gone / 2)))
        self.scrolled.emit()
