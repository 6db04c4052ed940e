"""A waveform's columns of pixels, kept in blocks so that scrolling and shifting the voice read almost nothing."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float32]

BLOCK = 256
"""Columns in a block."""
KEPT = 256
"""Blocks that are kept: sixteen screens of 4,096 columns."""


class Peaks(Protocol):
    """What a waveform is drawn from, as `app.engine.sound.peaks.PeakPyramid` has it."""

    @property
    def channels(self) -> int:
        """How many channels the sound has."""
        ...

    @property
    def duration(self) -> float:
        """Length of the sound in seconds."""
        ...

    def read(self, channel: int, start: float, stop: float, columns: int) -> tuple[Column, Column]:
        """Minimum and maximum, -1 to 1, of each of so many equal columns from `start` to `stop` seconds."""
        ...


class PeakColumns:
    """One sound's columns. Column k of a zoom holds the sound from k / zoom to (k + 1) / zoom seconds of its own."""

    def __init__(self) -> None:
        self._peaks: Peaks | None = None
        self._zoom = 0.0
        self._blocks: OrderedDict[int, NDArray[np.float32]] = OrderedDict()

    @property
    def peaks(self) -> Peaks | None:
        """The sound; None while there is none."""
        return self._peaks

    def set_peaks(self, peaks: Peaks | None) -> None:
        """Another sound, or more of the same."""
        self._peaks = peaks
        self._blocks.clear()

    def read(self, columns: NDArray[np.int64], zoom: float) -> tuple[Column, Column]:
        """Minimum and maximum over all channels of the given columns, at `zoom` columns a second; 0 outside."""
        if zoom != self._zoom:
            self._blocks.clear()
            self._zoom = zoom
        numbers, places = np.unique(columns // BLOCK, return_inverse=True)
        blocks = np.stack([self._block(int(number)) for number in numbers])
        found = blocks[places, :, columns % BLOCK]
        return found[:, 0], found[:, 1]

    def _block(self, number: int) -> NDArray[np.float32]:
        """2 x BLOCK: minimum and maximum."""
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = self._made(number)
        self._blocks.move_to_end(number)
        while len(self._blocks) > KEPT:
            self._blocks.popitem(last=False)
        return block

    def _made(self, number: int) -> NDArray[np.float32]:
        """Reads a block; outside of the sound nothing is read."""
        start, stop = number * BLOCK / self._zoom, (number + 1) * BLOCK / self._zoom
        if self._peaks is None or stop <= 0 or start >= self._peaks.duration:
            return np.zeros((2, BLOCK), np.float32)
        parts = [self._peaks.read(channel, start, stop, BLOCK) for channel in range(self._peaks.channels)]
        return np.stack([np.min([low for low, _ in parts], axis=0), np.max([high for _, high in parts], axis=0)])
