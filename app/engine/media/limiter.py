"""Keeps a mix within full scale by turning it down for a moment where it would go beyond.

The gain at a sample depends on what sounds within 10 ms of it alone: the least factor that any sample within 5 ms
needs, smoothed over the same 10 ms by a raised cosine. So any stretch of a mix can be limited by itself and is the
same as in the whole, both channels keep their balance, and no sample exceeds full scale.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d, minimum_filter1d

Mix = NDArray[np.float64]
"""Sound: an array of samples x channels."""

REACH = Fraction(1, 200)
"""Seconds before and after a peak within which the gain goes down and comes back."""


class ReadMix(Protocol):
    """Gives any stretch of a mix; silence beyond its ends."""

    def __call__(self, first: int, count: int, /) -> Mix:
        """`count` x channels samples from number `first`, which may be negative."""
        ...


class LimiterLog:
    """Records the loudest peak that a limiter met and how long it turned the sound down."""

    def __init__(self) -> None:
        self.peak = 1.0
        """The largest sample that came in; at least full scale."""
        self.samples = 0
        """For how many samples the gain was below 1."""

    def sentence(self, rate: int) -> str:
        """What a user should know; empty where the limiter had nothing to do."""
        if not self.samples:
            return ""
        return (
            f"The mix peaks {20 * np.log10(self.peak):.1f} dB above full scale: a limiter reduced it for "
            f"{max(self.samples / rate, 0.01):.2f} s; lower a volume to avoid that."
        )


def limited(read: ReadMix, first: int, count: int, rate: int, log: LimiterLog | None = None) -> Mix:
    """A stretch of a mix at `rate` within [-1, 1]."""
    reach = max(1, int(REACH * rate))
    wide = read(first - 2 * reach, count + 4 * reach)
    inner = wide[2 * reach : 2 * reach + count]
    loudness = np.abs(wide).max(axis=1, initial=0.0)
    if not len(inner) or loudness.max() <= 1:
        return inner
    needed = 1 / np.maximum(loudness, 1)
    window = np.hanning(2 * reach + 3)[1:-1]
    least = minimum_filter1d(needed, 2 * reach + 1, mode="nearest")
    gain = convolve1d(least, window / window.sum(), mode="nearest")[2 * reach : 2 * reach + count]
    down = gain < 1 - 1e-9
    if log is not None and down.any():
        log.samples += int(down.sum())
        log.peak = max(log.peak, float(loudness[2 * reach : 2 * reach + count].max()))
    return np.clip(inner * gain[:, None], -1, 1)
