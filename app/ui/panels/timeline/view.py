"""The scrolling and zooming of the timeline, whatever is drawn on it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.ui.panels.timeline.lanes import LaneLayout, lay_out
from app.ui.panels.timeline.scale import ZOOM_STEP, Limits, TimeScale

_NOTCH = 120
"""What a wheel's notch is counted as, in eighths of a degree."""
_NOTCH_PIXELS = 90
"""How far a notch scrolls."""
REVEAL_MARGIN = 48.0
"""Pixels from the edge at which what was out of sight appears."""


class TimeView(QAbstractScrollArea):
    """Seconds across, lanes down; the scroll bars, wheel and zoom keep within the clip."""

    scale_changed = Signal(object)
    """TimeScale: another stretch of time is in sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._duration = 0.0
        self._fps = 25.0
        self._fitted = True
        self._scale = TimeScale()
        self._lanes: LaneLayout = lay_out(self._line(), 1)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.horizontalScrollBar().valueChanged.connect(self._scrolled_to)
        self.verticalScrollBar().valueChanged.connect(self._lay_out)

    @property
    def time_scale(self) -> TimeScale:
        """What is in sight."""
        return self._scale

    @property
    def lane_layout(self) -> LaneLayout:
        """Where the lanes are."""
        return self._lanes

    @property
    def fitted(self) -> bool:
        """Whether all of the clip is in sight and is to stay so."""
        return self._fitted

    @property
    def limits(self) -> Limits | None:
        """How far one may zoom and scroll; None without a clip."""
        if self._duration <= 0:
            return None
        return Limits(self._duration, self._fps, max(1, self.viewport().width()))

    def set_extent(self, duration: float, fps: float) -> None:
        """The clip lasts `duration` seconds; 0 for none."""
        self._duration, self._fps = duration, fps

    def restore(self, scroll: float, zoom: float) -> None:
        """Goes to a place that was saved; zoom 0 shows all."""
        self._fitted = zoom <= 0
        if (limits := self.limits) is not None:
            self._set(limits.fitted() if self._fitted else limits.clamp(scroll, zoom))

    @Slot()
    def fit(self) -> None:
        """Shows all of the clip, also when the window is resized."""
        self.restore(0.0, 0.0)

    @Slot()
    def zoom_in(self) -> None:
        """One step closer, around `zoom_centre`."""
        self.zoom_by(ZOOM_STEP, self.zoom_centre())

    @Slot()
    def zoom_out(self) -> None:
        """One step further away."""
        self.zoom_by(1 / ZOOM_STEP, self.zoom_centre())

    def zoom_centre(self) -> float:
        """The pixel that stays where it is when a key zooms."""
        return self.viewport().width() / 2

    def zoom_by(self, factor: float, x: float) -> None:
        """Zooms so that the time under pixel `x` stays there."""
        if (limits := self.limits) is not None:
            scale = limits.zoomed(self._scale, factor, x)
            self._fitted = scale.zoom <= limits.smallest
            self._set(scale)

    def scroll_by(self, pixels: float) -> None:
        """Scrolls along the time; to the right for more than 0."""
        if (limits := self.limits) is not None:
            self._set(limits.shifted(self._scale, pixels))

    def pan(self, pixels: QPointF) -> None:
        """Scrolls both ways."""
        self.scroll_by(pixels.x())
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + round(pixels.y()))

    def reveal(self, seconds: float, paging: bool = False) -> None:
        """Has a time in sight: by turning the page, or by no more than it takes."""
        if (limits := self.limits) is not None:
            scale = self._scale
            self._set(limits.paged(scale, seconds) if paging else limits.revealed(scale, seconds, REVEAL_MARGIN))

    def _set(self, scale: TimeScale) -> None:
        """The only place where the scale changes."""
        limits = self.limits
        if limits is None:
            return
        scale = limits.aligned(scale, self.devicePixelRatioF())
        if scale != self._scale:
            self._scale = scale
            self.viewport().update()
            self.scale_changed.emit(scale)
        self._place_bar(limits)

    def _place_bar(self, limits: Limits) -> None:
        bar = self.horizontalScrollBar()
        bar.blockSignals(True)
        bar.setRange(0, round(limits.last_scroll(self._scale.zoom) * self._scale.zoom))
        bar.setPageStep(self._scale.width)
        bar.setSingleStep(_NOTCH_PIXELS // 3)
        bar.setValue(round(self._scale.scroll * self._scale.zoom))
        bar.blockSignals(False)
        bar.update()

    @Slot(int)
    def _scrolled_to(self, value: int) -> None:
        if (limits := self.limits) is not None:
            self._set(limits.clamp(value / self._scale.zoom, self._scale.zoom))

    def _line(self) -> int:
        return max(8, self.fontMetrics().height())

    @Slot()
    def _lay_out(self) -> None:
        """Lanes for the height there is."""
        available = self.viewport().height()
        natural = lay_out(self._line(), available).natural
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, natural - available) if self._duration > 0 else 0)
        bar.setPageStep(max(1, available))
        bar.setSingleStep(self._line() * 2)
        self._lanes = lay_out(self._line(), available, bar.value())
        self.lanes_changed()
        self.viewport().update()

    def lanes_changed(self) -> None:
        """For what stands beside the lanes."""

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keeps all in sight where all was; else the left edge stays."""
        super().resizeEvent(event)
        self._fit_size()

    def _fit_size(self) -> None:
        """Lanes and scale for the size of the viewport."""
        self._lay_out()
        self.restore(self._scale.scroll, 0.0 if self._fitted else self._scale.zoom)

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802
        """Nothing is moved by pixels: the scale says what is drawn."""

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Ctrl zooms at the cursor; without it, along the time; Shift goes up and down where lanes are hidden."""
        angle, pixels = event.angleDelta(), event.pixelDelta()
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(ZOOM_STEP ** ((angle.y() or angle.x()) / _NOTCH), event.position().x())
        elif modifiers & Qt.KeyboardModifier.ShiftModifier and self.verticalScrollBar().maximum() > 0:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - round((angle.y() or angle.x()) / _NOTCH * self._line() * 2))
        else:
            along = pixels if not pixels.isNull() else angle * _NOTCH_PIXELS / _NOTCH
            # a wheel without a second axis goes along the time; a touch pad does both
            self.scroll_by(-(along.x() if abs(along.x()) > abs(along.y()) else along.y()))
        event.accept()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The frozen lanes and one more."""
        return QSize(self._line() * 20, self._lanes.head + self._line() * 4)

    def sizeHint(self) -> QSize:  # noqa: N802
        """All lanes at their least height."""
        return QSize(self._line() * 60, lay_out(self._line(), 1).natural + self.horizontalScrollBar().height() + 4)

    def span_rect(self, x: float, reach: float) -> QRect:
        """The upright strip of the viewport around a pixel."""
        return QRect(round(x - reach), 0, round(2 * reach) + 1, self.viewport().height())
