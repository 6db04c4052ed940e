"""Where the ruler's ticks stand and which of them carry a timecode; no Qt.

Ticks stand where the timecode is round, not where the seconds are: at 30000/1001 frames a second 00:00:10:00 is
10.01 s, and with drop-frame counting 00:01:00;02 follows 00:00:59;29 (SMPTE ST 12-1).
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import msgspec

from app.core.timecode import Counting, nominal_rate
from app.ui.panels.timeline.scale import TimeScale

_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000)
_MINOR_PIXELS = 7.0
_MOST_MINORS = 10


class Tick(msgspec.Struct, frozen=True):
    """One line of the ruler."""

    frame: int
    """Number of the frame that begins there, counted at an even rate."""
    major: bool
    """Whether it carries a timecode."""


class Ticks(msgspec.Struct, frozen=True):
    """The ruler of a clip whose frames are counted in one manner."""

    counting: Counting
    fps: Fraction
    nominal: int
    """Labels in a second: 30 at 30000/1001 frames a second."""
    drop: bool
    """Whether labels are left out in fact."""

    @property
    def steps(self) -> list[int]:
        """Distances between ticks, in labels, from one frame to ten hours; all below a second divide it."""
        parts = [step for step in (1, 2, 5, 6, 10, 12, 15, 20, 25, 30) if step < self.nominal]
        whole = [seconds * self.nominal for seconds in _SECONDS]
        return [step for step in parts if self.nominal % step == 0] + whole

    def step(self, zoom: float, label_width: float) -> int:
        """Labels between two timecodes, so that they do not touch at `zoom` pixels a second."""
        wanted = label_width / zoom * float(self.fps)
        return next((step for step in self.steps if step >= wanted), self.steps[-1])

    def minor_step(self, step: int, zoom: float) -> int:
        """Labels between two small ticks: a divisor of `step`, as fine as is legible."""
        least = max(_MINOR_PIXELS / zoom * float(self.fps), step / _MOST_MINORS)
        return next((part for part in self.steps if step % part == 0 and part >= least), step)

    def in_sight(self, scale: TimeScale, label_width: float, left: float, right: float) -> list[Tick]:
        """The ticks between two pixels, and the timecode before them whose text may reach in."""
        step = self.step(scale.zoom, label_width)
        minor = self.minor_step(step, scale.zoom)
        first = max(0, self._label_near(scale.seconds_at(left - label_width)) // minor)
        last = self._label_near(scale.seconds_at(right)) // minor + 1
        labels = [number * minor for number in range(first, last + 1)]
        return [Tick(self.frame_of_label(label), label % step == 0) for label in labels]

    def frame_of_label(self, label: int) -> int:
        """The frame that the `label`-th timecode names; one that is left out gives the next that is not."""
        if not self.drop:
            return label
        dropped = self.nominal // 15
        minute, rest = divmod(label, 60 * self.nominal)
        if minute % 10 and rest < dropped:
            label = minute * 60 * self.nominal + dropped
        return label - dropped * (minute - minute // 10)

    def _label_near(self, seconds: float) -> int:
        """The label at about `seconds`, never later than that: dropping skips a thousandth of them."""
        return int(seconds * (self.nominal if self.drop else float(self.fps)))


@lru_cache(maxsize=8)
def ticks_of(counting: Counting) -> Ticks:
    """The ruler for a manner of counting; remembered, for every paint asks for it."""
    return Ticks(counting, counting.fps, nominal_rate(counting.fps), counting.drops)
