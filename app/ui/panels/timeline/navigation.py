"""Zooming and scrolling along the time."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.engine.media.clip import Clip
from app.ui.panels.timeline.scale import ZOOM_STEP, Limits, TimeScale
from app.ui.session import Session

REVEAL_MARGIN = 48.0
"""Pixels from the edge at which what was out of sight appears."""


class Navigation(QObject):
    """Which stretch of time is in sight; keeps within the clip, and the session remembers it."""

    scale_changed = Signal(object)
    """TimeScale: another stretch of time is in sight."""
    settled = Signal()
    """The scale was set, to another one or to the same: scroll bars may have other ends."""

    def __init__(self, session: Session, surface: QWidget) -> None:
        """`surface`: what the time is drawn on."""
        super().__init__(surface)
        self._session, self._surface = session, surface
        self._clip: Clip | None = None
        self._fitted = True
        self._scale = TimeScale()

    @property
    def scale(self) -> TimeScale:
        """What is in sight."""
        return self._scale

    @property
    def fitted(self) -> bool:
        """Whether all of the clip is in sight and is to stay so."""
        return self._fitted

    @property
    def limits(self) -> Limits | None:
        """How far one may zoom and scroll; None without a clip."""
        if self._clip is None or self._clip.stop <= 0:
            return None
        return Limits(float(self._clip.stop), float(self._clip.fps), max(1, self._surface.width()))

    def set_clip(self, clip: Clip | None) -> None:
        """Another clip, or none; the scale stays until `restore`."""
        self._clip = clip

    def restore(self, scroll: float, zoom: float) -> None:
        """Goes to a place that was saved; zoom 0 shows all."""
        self._fitted = zoom <= 0
        if (limits := self.limits) is not None:
            self._set(limits.fitted() if self._fitted else limits.clamp(scroll, zoom))

    def resize(self) -> None:
        """The surface has another size: all stays in sight where all was, else the left edge stays."""
        self.restore(self._scale.scroll, 0.0 if self._fitted else self._scale.zoom)

    @Slot()
    def fit(self) -> None:
        """Shows all of the clip, also when the window is resized."""
        self.restore(0.0, 0.0)

    @Slot()
    def zoom_in(self) -> None:
        """One step closer, around the playhead where it is in sight."""
        self.zoom_by(ZOOM_STEP, self._centre())

    @Slot()
    def zoom_out(self) -> None:
        """One step further away."""
        self.zoom_by(1 / ZOOM_STEP, self._centre())

    def _centre(self) -> float:
        """The pixel that stays where it is when a key zooms."""
        x, width = self._scale.x_of(self._session.playhead), self._surface.width()
        return x if 0 <= x < width else width / 2

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

    @Slot(int)
    def scroll_to(self, pixels: int) -> None:
        """Has the pixel of the clip at the left edge that a scroll bar says."""
        if (limits := self.limits) is not None:
            self._set(limits.clamp(pixels / self._scale.zoom, self._scale.zoom))

    def reveal(self, time: Fraction, paging: bool = False) -> None:
        """Has a time in sight: by turning the page, or by no more than it takes."""
        if (limits := self.limits) is not None:
            scale, seconds = self._scale, float(time)
            self._set(limits.paged(scale, seconds) if paging else limits.revealed(scale, seconds, REVEAL_MARGIN))

    def _set(self, scale: TimeScale) -> None:
        """The only place where the scale changes."""
        limits = self.limits
        if limits is None:
            return
        scale = limits.aligned(scale, self._surface.devicePixelRatioF())
        if scale != self._scale:
            self._scale = scale
            self._surface.update()
            self._session.set_view(scale.scroll, 0.0 if self._fitted else scale.zoom)
            self.scale_changed.emit(scale)
        self.settled.emit()
