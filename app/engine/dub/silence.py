"""What becomes of the mouth where the new voice is silent: it is shut, or stays as it was filmed.

Times here are seconds of the voice's own file; `app.engine.sound.activity` finds where it speaks.
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from app.core.timebase import TimeRange
from app.engine.media.mel import RATE

Speech = tuple[TimeRange, ...]
"""Where somebody speaks, in order and apart."""

RAMP = Fraction(3, 25)
"""Seconds over which the filmed mouth comes back beside speech: three frames at 25 a second."""
FADE = RATE // 200
"""Samples over which sound is faded to silence, outside speech: 5 ms, or the cut would be heard as a click."""


def mouth_weight(time: Fraction, speech: Speech) -> float:
    """How much of the new mouth is shown at `time` where the filmed one is to stay in silence: 0 to 1.

    1 within speech and falling to 0 over `RAMP` on either side of it, smoothly; the larger one between two speeches.
    """
    distance = _distance(time, speech)
    if distance is None or distance >= RAMP:
        return 0.0
    near = float(1 - distance / RAMP)
    return near * near * (3 - 2 * near)


def silenced(sound: NDArray[np.float32], first: int, speech: Speech) -> NDArray[np.float32]:
    """A stretch of 16 kHz sound (n) that begins at sample `first` of the voice, with digital silence outside speech.

    Speech itself keeps every sample; beside it the sound fades out over `FADE` samples.
    """
    gate = np.zeros(len(sound), np.float32)
    at = np.arange(first, first + len(sound))
    low, high = Fraction(first - FADE, RATE), Fraction(first + len(sound) + FADE, RATE)
    for span in speech[max(bisect_right(speech, low, key=_start) - 1, 0) : bisect_right(speech, high, key=_start)]:
        start, stop = round(span.start * RATE), round(span.stop * RATE)
        outside = np.maximum(np.maximum(start - at, at - (stop - 1)), 0)
        np.maximum(gate, 1 - outside.astype(np.float32) / FADE, out=gate)
    return sound * gate


def _distance(time: Fraction, speech: Speech) -> Fraction | None:
    """Seconds from `time` to the nearest speech, 0 inside; None without any."""
    place = bisect_right(speech, time, key=_start)
    near = [max(time - span.stop, span.start - time, Fraction(0)) for span in speech[max(place - 1, 0) : place + 1]]
    return min(near, default=None)


def _start(span: TimeRange) -> Fraction:
    return span.start
