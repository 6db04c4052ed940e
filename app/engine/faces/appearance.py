"""A coarse description of how a face looks: enough to tell two persons of one clip apart, no more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.engine.faces.aligner import FACE, align, transform, warp_crop
from app.engine.media.opencv import cv2
from app.engine.ports import Image, Points

_CROP = 48
_BINS = (6, 10, 10)
"""Of lightness and of the two colour axes of CIE Lab."""
_EVERY = 5
_AT_MOST = 24
_STEADY = np.array([*range(17), *range(27, 36), 36, 39, 42, 45])
"""Landmarks that neither speech nor brows move much."""


class Appearance:
    """Mean colour histogram and mean shape of a face over some of its frames."""

    def __init__(self) -> None:
        self.count = 0
        self._colours: NDArray[np.float64] = np.zeros(_BINS)
        self._shape: NDArray[np.float64] = np.zeros((len(_STEADY), 2))

    def see(self, number: int, image: Image, points: Points) -> None:
        """Takes the `number`-th sighting into the mean; only every fifth, and two dozen in all."""
        if number % _EVERY or self.count >= _AT_MOST:
            return
        similarity = align(points, FACE, _CROP)
        self._colours += _histogram(warp_crop(image, similarity, _CROP))
        self._shape += transform(similarity, points)[_STEADY] / _CROP
        self.count += 1

    def distance(self, other: Appearance) -> float:
        """How unlike two faces look: 0 the same, about 0.1 one person in two shots, 1 nothing in common.

        The Hellinger distance of the colour histograms plus the mean distance of the landmarks in sides of
        the crop.
        """
        if not self.count or not other.count:
            return 1.0
        mine, yours = self._colours / self.count, other._colours / other.count
        hellinger = np.sqrt(max(1 - float(np.sqrt(mine * yours).sum()), 0.0))
        apart = self._shape / self.count - other._shape / other.count
        return float(hellinger) + float(np.hypot(apart[:, 0], apart[:, 1]).mean())

    def merged(self, other: Appearance) -> Appearance:
        """The mean of both, weighted by their frames."""
        both = Appearance()
        both.count = self.count + other.count
        both._colours = self._colours + other._colours
        both._shape = self._shape + other._shape
        return both


def _histogram(crop: Image) -> NDArray[np.float64]:
    """Shares of the Lab colours in the crop's inner part, blurred over neighbouring bins; sums to 1."""
    inner = crop[_CROP // 8 : -_CROP // 8, _CROP // 6 : -_CROP // 6]
    lab = cv2.cvtColor(inner, cv2.COLOR_RGB2Lab).reshape(-1, 3).astype(np.float64)
    # skin lies near the middle of the colour axes: 64 levels to either side hold all of it
    ranges = ((0, 256), (96, 176), (96, 192))
    clipped = np.stack([np.clip(lab[:, k], low, high - 1) for k, (low, high) in enumerate(ranges)], axis=1)
    counts, _ = np.histogramdd(clipped, bins=_BINS, range=ranges)
    return counts / counts.sum()
