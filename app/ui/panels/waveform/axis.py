"""The time axis of the waveform view: the clip's time, in the numbers that the zoom needs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pyqtgraph as pg

from app.core.timebase import format_time


class TimeAxis(pg.AxisItem):
    """Times as "0:12" or, zoomed in, "0:12.5125"."""

    def __init__(self) -> None:
        super().__init__(orientation="bottom")
        self.enableAutoSIPrefix(False)

    def tickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:  # noqa: N802
        """What is written at the values, in seconds."""
        return [time_text(value * scale, spacing * scale) for value in values]


def time_text(seconds: float, spacing: float) -> str:
    """A time with as many decimals as neighbours at a distance of `spacing` seconds need; hours where there are any."""
    places = next((n for n in range(6) if abs(spacing * 10**n - round(spacing * 10**n)) < 1e-6 * 10**n * spacing), 6)
    text = format_time(Fraction(round(seconds * 1_000_000), 1_000_000), places)
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    if digits.startswith("0:"):
        digits = digits[2:].removeprefix("0")
    return sign + digits
