"""Which second lies under which pixel; no Qt."""

from __future__ import annotations

from fractions import Fraction

import msgspec

FRAME_PIXELS = 160.0
"""Width of a frame at the largest zoom."""
ZOOM_STEP = 1.25
"""Factor of one press on + or one notch of the wheel."""
TAIL = 0.15
"""How far beyond the clip's end one may scroll, as a part of the width; not when all of it is in sight."""
FIT_MARGIN = 0.01
"""What stays free at the right when all of the clip is in sight, as a part of the width."""
_MOST_PIXELS = 2e9  # a scroll bar counts in 32 bits
_MICRO = 1_000_000


class TimeScale(msgspec.Struct, frozen=True):
    """A straight line from seconds to pixels: x = (seconds - scroll) * zoom."""

    scroll: float = 0.0
    """Seconds at x = 0."""
    zoom: float = 100.0
    """Pixels a second, above 0."""
    width: int = 1
    """Pixels in sight."""

    @property
    def start(self) -> float:
        """Seconds at the left edge."""
        return self.scroll

    @property
    def stop(self) -> float:
        """Seconds at the right edge."""
        return self.scroll + self.width / self.zoom

    @property
    def seconds(self) -> float:
        """How many seconds are in sight."""
        return self.width / self.zoom

    def x_of(self, seconds: float | Fraction) -> float:
        """The pixel of a time; outside 0 to `width` where it is out of sight."""
        return (float(seconds) - self.scroll) * self.zoom

    def seconds_at(self, x: float) -> float:
        """The time at a pixel."""
        return self.scroll + x / self.zoom

    def time_at(self, x: float) -> Fraction:
        """The time at a pixel, to the microsecond: a float's own fraction would have a denominator of 2**50."""
        return Fraction(round(self.seconds_at(x) * _MICRO), _MICRO)

    def length_of(self, pixels: float) -> Fraction:
        """How long a stretch of so many pixels lasts, to the microsecond."""
        return Fraction(round(pixels / self.zoom * _MICRO), _MICRO)


class Limits(msgspec.Struct, frozen=True):
    """How far a scale may go for one clip in one width."""

    duration: float
    """Seconds of the clip, above 0."""
    fps: float
    """Frames a second."""
    width: int
    """Pixels in sight."""

    @property
    def smallest(self) -> float:
        """The zoom at which all of the clip is in sight."""
        return self.width * (1 - FIT_MARGIN) / self.duration

    @property
    def largest(self) -> float:
        """The zoom at which a frame is `FRAME_PIXELS` wide, or less for days of picture; never below the smallest."""
        return max(self.smallest, min(self.fps * FRAME_PIXELS, _MOST_PIXELS / self.duration))

    def last_scroll(self, zoom: float) -> float:
        """The largest scroll at a zoom: the clip's end with a little room behind it."""
        if zoom <= self.smallest:
            return 0.0
        return max(0.0, self.duration - (1 - TAIL) * self.width / zoom)

    def fitted(self) -> TimeScale:
        """All of the clip in sight."""
        return TimeScale(0.0, self.smallest, self.width)

    def clamp(self, scroll: float, zoom: float) -> TimeScale:
        """The nearest allowed scale."""
        zoom = min(max(zoom, self.smallest), self.largest)
        return TimeScale(min(max(scroll, 0.0), self.last_scroll(zoom)), zoom, self.width)

    def zoomed(self, scale: TimeScale, factor: float, x: float) -> TimeScale:
        """Zoomed by `factor` so that the time under pixel `x` stays there, as far as the ends allow."""
        zoom = min(max(scale.zoom * factor, self.smallest), self.largest)
        return self.clamp(scale.seconds_at(x) - x / zoom, zoom)

    def shifted(self, scale: TimeScale, pixels: float) -> TimeScale:
        """Scrolled to the right by so many pixels."""
        return self.clamp(scale.scroll + pixels / scale.zoom, scale.zoom)

    def aligned(self, scale: TimeScale, ratio: float) -> TimeScale:
        """Scrolled to a whole pixel of the device (`ratio` of them a pixel), so that nothing shimmers."""
        step = scale.zoom * ratio
        return TimeScale(round(scale.scroll * step) / step, scale.zoom, scale.width)

    def revealed(self, scale: TimeScale, seconds: float, margin: float) -> TimeScale:
        """Scrolled no more than it takes to have a time in sight, `margin` pixels from the edge; else unchanged."""
        x = scale.x_of(seconds)
        margin = min(margin, self.width / 2)
        if x < 0:
            return self.shifted(scale, x - margin)
        return self.shifted(scale, x - self.width + margin) if x > self.width - 1 else scale

    def paged(self, scale: TimeScale, seconds: float, lead: float = 0.08) -> TimeScale:
        """Turned over like a page so that a time is near the left edge where it had left the sight; else unchanged."""
        if 0 <= scale.x_of(seconds) <= self.width - 1:
            return scale
        return self.clamp(seconds - lead * self.width / scale.zoom, scale.zoom)
