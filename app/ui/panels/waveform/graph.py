"""The drawing of the waveform view: two lanes over one axis of time, and what the mouse does on them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.core.timebase import format_time
from app.ui.kit import palette
from app.ui.kit.renewal import keep_current
from app.ui.panels.waveform.lane import Lane
from app.ui.panels.waveform.mixer import SoundName

Place = Literal["original", "voice", "axis"]
"""Where the mouse is."""

ZOOM = 1.25
"""Factor of one notch of the wheel."""
NOTCH = 120.0
SCROLL = 0.1
"""Part of the width that one notch scrolls."""
CLOSEST = 64
"""Samples across the width at the closest zoom."""


class TimeAxis(pg.AxisItem):
    """Times as "0:12" or, zoomed in, "0:12.5125"."""

    def __init__(self) -> None:
        super().__init__(orientation="bottom")
        self.enableAutoSIPrefix(False)

    def tickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:  # noqa: N802
        """What is written at the values, in seconds."""
        return [time_text(value * scale, spacing * scale) for value in values]


class Graph(pg.GraphicsLayoutWidget):
    """Lanes; the range in sight is moved here and told, all else the mouse does is only told."""

    range_moved = Signal(float, float)
    """(start, stop) in seconds of the clip, after the user moved it."""
    laid_out = Signal()
    """The lanes have another size or show another range."""
    pressed = Signal(str, float, object, object)
    """(Place, seconds, QPointF in this widget, Qt.KeyboardModifier) of the left button."""
    dragged = Signal(float, object, object)
    """(seconds, QPointF in this widget, Qt.KeyboardModifier) while it is down."""
    released = Signal(float)
    """Seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("waveform_graph")
        self.setAccessibleName("Waveforms of the original sound and the new voice")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.limits = (0.0, 1.0)
        """Seconds between which one may scroll."""
        self.closest = 0.001
        """Seconds in sight at the closest zoom."""
        self._in_sight = (0.0, 1.0)
        self._down = self._panning = False
        self._pan_from = 0.0
        self._add_lanes()
        keep_current(self, self._colour)

    def _add_lanes(self) -> None:
        self._axis = TimeAxis()
        self.lanes: dict[SoundName, Lane] = {"original": Lane("original", None), "voice": Lane("voice", self._axis)}
        layout = self.ci
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for row, lane in enumerate(self.lanes.values()):
            layout.addItem(lane, row, 0)
            # pyqtgraph makes them without a parent: Python would delete them whenever it likes, on any thread
            if lane.ctrlMenu is not None:
                lane.ctrlMenu.setParent(self, lane.ctrlMenu.windowFlags())
            lane.stateGroup.setParent(self)
            lane.box.sigResized.connect(self.laid_out)
        self._apply()

    def _colour(self) -> None:
        """The colours of the theme."""
        self.setBackground(palette.BACKGROUND)
        self._axis.setPen(pg.mkPen(palette.LINE))
        self._axis.setTextPen(pg.mkPen(palette.MUTED_TEXT))
        self.lanes["original"].set_colour(palette.ORIGINAL_WAVE)
        self.lanes["voice"].set_colour(palette.VOICE_WAVE)
        self.laid_out.emit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Two lanes that can be told apart."""
        line = self.fontMetrics().height()
        return QSize(line * 16, line * 8)

    @property
    def in_sight(self) -> tuple[float, float]:
        """Seconds at the left and right edge."""
        return self._in_sight

    @property
    def pixel(self) -> float:
        """Seconds under one pixel of the screen."""
        width = max(self.lane_rect("original").width(), 1.0)
        return (self._in_sight[1] - self._in_sight[0]) / (width * self.devicePixelRatioF())

    def set_range(self, start: float, stop: float) -> bool:
        """Shows from `start` to `stop`, as far as zoom and limits let; says whether that is another range."""
        low, high = self.limits
        width = min(max(stop - start, self.closest), high - low)
        start = min(max((start + stop - width) / 2, low), high - width)
        if (start, start + width) == self._in_sight:
            return False
        self._in_sight = (start, start + width)
        self._apply()
        return True

    def _apply(self) -> None:
        for lane in self.lanes.values():
            lane.box.setXRange(*self._in_sight, padding=0)
        self.laid_out.emit()

    def zoom(self, factor: float, at: float) -> None:
        """Zooms in by `factor`, so that the second `at` stays where it is."""
        start, stop = self._in_sight
        width = min(max((stop - start) / factor, self.closest), self.limits[1] - self.limits[0])
        share = (at - start) / (stop - start)
        self._move_to(at - share * width, at - share * width + width)

    def scroll_by(self, seconds: float) -> None:
        """Moves the range in sight by so many seconds."""
        self._move_to(self._in_sight[0] + seconds, self._in_sight[1] + seconds)

    def _move_to(self, start: float, stop: float) -> None:
        if self.set_range(start, stop):
            self.range_moved.emit(*self._in_sight)

    def lane_rect(self, sound: SoundName) -> QRectF:
        """Where a lane lies in this widget."""
        return self.lanes[sound].box.sceneBoundingRect()

    def seconds_at(self, x: float) -> float:
        """The clip's time under a pixel of this widget."""
        rect = self.lane_rect("original")
        start, stop = self._in_sight
        return start + (x - rect.left()) / max(rect.width(), 1.0) * (stop - start)

    def x_of(self, seconds: float) -> float:
        """The pixel of a time."""
        rect = self.lane_rect("original")
        start, stop = self._in_sight
        return rect.left() + (seconds - start) / (stop - start) * rect.width()

    def place_at(self, point: QPointF) -> Place:
        """Which lane, or the axis, lies at a point."""
        if point.y() >= self.lane_rect("voice").bottom():
            return "axis"
        return "voice" if point.y() >= self.lane_rect("voice").top() else "original"

    def resizeEvent(self, ev: QResizeEvent) -> None:  # noqa: N802
        """The waves have another number of columns."""
        super().resizeEvent(ev)
        if hasattr(self, "lanes"):  # pyqtgraph resizes the widget before it is made
            self.laid_out.emit()

    def wheelEvent(self, ev: QWheelEvent) -> None:  # noqa: N802
        """With Ctrl zooms at the cursor, else scrolls."""
        delta = ev.angleDelta()
        notches = (delta.y() or delta.x()) / NOTCH
        if ev.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(ZOOM**notches, self.seconds_at(ev.position().x()))
        else:
            self.scroll_by(-notches * SCROLL * (self._in_sight[1] - self._in_sight[0]))
        ev.accept()

    def mousePressEvent(self, ev: QMouseEvent) -> None:  # noqa: N802
        """Left: told; middle: takes hold of the range."""
        if ev.button() == Qt.MouseButton.LeftButton:
            self._down = True
            point = ev.position()
            self.pressed.emit(self.place_at(point), self.seconds_at(point.x()), point, ev.modifiers())
        elif ev.button() == Qt.MouseButton.MiddleButton:
            self._panning, self._pan_from = True, self.seconds_at(ev.position().x())
        ev.accept()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:  # noqa: N802
        """Drags, or shows what could be dragged."""
        seconds = self.seconds_at(ev.position().x())
        if self._panning:
            self.scroll_by(self._pan_from - seconds)
        elif self._down:
            self.dragged.emit(seconds, ev.position(), ev.modifiers())
        else:
            over_voice = self.place_at(ev.position()) == "voice"
            self.setCursor(Qt.CursorShape.SizeHorCursor if over_voice else Qt.CursorShape.ArrowCursor)
        ev.accept()

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:  # noqa: N802
        """Ends the drag and tells where."""
        if ev.button() == Qt.MouseButton.LeftButton and self._down:
            self._down = False
            self.released.emit(self.seconds_at(ev.position().x()))
        elif ev.button() == Qt.MouseButton.MiddleButton:
            self._panning = False
        ev.accept()

    def mouseDoubleClickEvent(self, ev: QMouseEvent) -> None:  # noqa: N802
        """Treats a double click as two clicks."""
        self.mousePressEvent(ev)


def time_text(seconds: float, spacing: float) -> str:
    """A time with as many decimals as neighbours at a distance of `spacing` seconds need; hours where there are any."""
    places = next((n for n in range(6) if abs(spacing * 10**n - round(spacing * 10**n)) < 1e-6 * 10**n * spacing), 6)
    text = format_time(Fraction(round(seconds * 1_000_000), 1_000_000), places)
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    if digits.startswith("0:"):
        digits = digits[2:].removeprefix("0")
    return sign + digits
