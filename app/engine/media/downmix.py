"""Several channels made two or one, by the coefficients of ITU-R BS.775, normalised: no sum exceeds full scale.

Front and centre keep their places; centre and surrounds come in 3 dB lower, a single back channel 6 dB lower on
either side; the low-frequency channel is left out, as the recommendation has it. Where the channels have no known
places, all count alike.
"""

from __future__ import annotations

from math import sqrt

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Weights = NDArray[np.float64]

CANCELLED = 0.25
"""Share of the power that independent channels would sum to, below which a sum has cancelled itself (-6 dB)."""

_HALF = sqrt(0.5)
_SIDES = {"L": (1.0, 0.0), "R": (0.0, 1.0), "C": (_HALF, _HALF)}
_BACK_CENTRE = (0.5, 0.5)
_FULL = {"FL": "L", "FR": "R", "DL": "L", "DR": "R", "FLC": "L", "FRC": "R"}
# What WAV files without a channel mask hold, by their number of channels.
_USUAL = {2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


def stereo_weights(layout: av.AudioLayout) -> Weights:
    """2 x channels: how much of each channel sounds left and right; no row sums to more than 1."""
    count = layout.nb_channels
    if count == 1:
        return np.ones((2, 1))
    rows = np.array([_place(name) for name in _names(layout)]).T
    if not rows.any():
        rows = np.ones((2, count))
    return rows / max(1.0, float(rows.sum(axis=1).max()))


def mono_weights(layout: av.AudioLayout) -> Weights:
    """1 x channels: the mean of left and right."""
    return stereo_weights(layout).mean(axis=0, keepdims=True)


def _names(layout: av.AudioLayout) -> list[str]:
    """The channels by FFmpeg's short names, such as "FL"; "NONE" where nothing is known."""
    names = [channel.name for channel in layout.channels]
    if set(names) == {"NONE"} and len(names) in _USUAL:
        return [channel.name for channel in av.AudioLayout(_USUAL[len(names)]).channels]
    return names


def _place(name: str) -> tuple[float, float]:
    """What a channel gives to left and right before they are normalised."""
    if name.startswith("LFE") or name == "NONE":
        return 0.0, 0.0
    if name in _FULL:
        return _SIDES[_FULL[name]]
    if name == "BC":
        return _BACK_CENTRE
    side = _SIDES.get(name[-1], _SIDES["C"])
    return side if name[-1] == "C" else (_HALF * side[0], _HALF * side[1])


class PhaseWatch:
    """Listens to all channels while they are mixed, to tell afterwards whether the mix has lost them."""

    def __init__(self) -> None:
        self._powers: Weights | None = None
        self._loud = self._lost = 0

    def add(self, channels: Samples, weights: Weights) -> None:
        """More sound, n x channels, with the row of weights (1 x channels) that it is mixed by."""
        powers = np.square(channels, dtype=np.float64).sum(axis=0)
        if self._powers is not None and len(self._powers) != len(powers):
            return  # a file that changes its channels; the first kind decides
        self._powers = powers if self._powers is None else self._powers + powers
        apart = float((weights[0] ** 2 * powers).sum())
        if apart > 1e-8 * len(channels):
            self._loud += len(channels)
            mixed = float(np.square(channels @ weights[0]).sum())
            self._lost += len(channels) if mixed < CANCELLED * apart else 0

    def channel_to_hear(self) -> int | None:
        """The loudest channel, where the mix cancelled itself for a tenth of the sound or more; None elsewhere."""
        if self._powers is None or len(self._powers) < 2 or self._lost * 10 < self._loud or not self._lost:
            return None
        return int(self._powers.argmax())


def heard_as_one(sound: Samples) -> Samples:
    """A piece of n x channels as n: their mean, or the loudest of them where the mean cancels itself."""
    count = sound.shape[1]
    watch = PhaseWatch()
    watch.add(sound, np.full((1, count), 1 / count))
    channel = watch.channel_to_hear()
    return sound.mean(axis=1) if channel is None else sound[:, channel]
