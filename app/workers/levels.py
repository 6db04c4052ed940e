"""How loud what is heard is: peaks of what was written to a sound device, told when it is heard."""

from __future__ import annotations

from collections import deque

import numpy as np

from app.workers.sound_sink import CHANNELS, Samples

WINDOW = 1024
"""Samples of which one peak is taken: about 20 ms, as meters of programme peaks have it."""

Peaks = tuple[float, float]
"""Left and right, 0 to 1 (full scale)."""
SILENCE: Peaks = (0.0, 0.0)


class Levels:
    """Keeps the peaks of what waits in a device; belongs to the thread that writes."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, Peaks]] = deque()
        self._now = SILENCE

    def add(self, written: int, samples: Samples) -> None:
        """`samples` (n x 2) are written, after `written` before them."""
        for first in range(0, len(samples), WINDOW):
            window = np.abs(samples[first : first + WINDOW]).max(axis=0)
            peaks = float(window[0]), float(window[CHANNELS - 1])
            self._waiting.append((written + first + WINDOW // 2, peaks))

    def heard(self, count: int) -> Peaks:
        """The greatest peaks since the last call, where `count` samples have been heard; else those of before."""
        new: list[Peaks] = []
        while self._waiting and self._waiting[0][0] <= count:
            new.append(self._waiting.popleft()[1])
        if new:
            self._now = max(peaks[0] for peaks in new), max(peaks[1] for peaks in new)
        return self._now

    def clear(self) -> None:
        """Nothing waits, and nothing is heard."""
        self._waiting.clear()
        self._now = SILENCE
