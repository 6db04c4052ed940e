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
from app.engine.media.mono import MonoSound

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


class Silenced:
    """16 kHz sound with digital silence outside speech.

    Speech itself keeps every sample; beside it the sound fades out over `FADE` samples.
    """

    def __init__(self, sound: MonoSound, speech: Speech) -> None:
        self._sound, self._speech = sound, speech

    def __len__(self) -> int:
        """How many samples."""
        return len(self._sound)

    def __getitem__(self, span: slice) -> NDArray[np.float32]:
        """The samples of a slice without a step."""
        first, stop, _ = span.indices(len(self))
        return self._sound[first:stop] * self._gate(first, max(stop, first))

    def _gate(self, first: int, stop: int) -> NDArray[np.float32]:
        """What each of these samples is multiplied by."""
        speech, at = self._speech, np.arange(first, stop)
        gate = np.zeros(len(at), np.float32)
        low, high = Fraction(first - FADE, RATE), Fraction(stop + FADE, RATE)
        for span in speech[max(bisect_right(speech, low, key=_start) - 1, 0) : bisect_right(speech, high, key=_start)]:
            start, end = round(span.start * RATE), round(span.stop * RATE)
            outside = np.maximum(np.maximum(start - at, at - (end - 1)), 0)
            np.maximum(gate, 1 - outside.astype(np.float32) / FADE, out=gate)
        return gate


def _distance(time: Fraction, speech: Speech) -> Fraction | None:
    """Seconds from `time` to the nearest speech, 0 inside; None without any."""
    place = bisect_right(speech, time, key=_start)
    near = [max(time - span.stop, span.start - time, Fraction(0)) for span in speech[max(place - 1, 0) : place + 1]]
    return min(near, default=None)


def _start(span: TimeRange) -> Fraction:
    return span.start
