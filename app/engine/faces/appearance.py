"""A coarse description of how a face looks: enough to tell two persons of one clip apart, no more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.engine.faces.aligner import FACE, align, transform, warp_crop
from app.engine.faces.relief import exposed, likeness, relief
from app.engine.media.opencv import cv2
from app.engine.ports import Image, Points

_CROP = 48
_INNER = slice(_CROP // 8, -_CROP // 8), slice(_CROP // 6, -_CROP // 6)
"""The rows and columns of the crop that are face in any pose."""
_BINS = (6, 10, 10)
"""Of lightness and of the two colour axes of CIE Lab."""
_EVERY = 5
_AT_MOST = 24
_SURROUNDINGS = 4.0
"""Pixels of the crop against which a place is light or dark."""
_RELIEF_WEIGHT = 2.3
"""What brings the unlikeness of two reliefs to the measure of the colours. Their correlation, measured on the training
clips: 0.84 and more for nine in ten pairs of halves of a clip, one of them under another light (where the colours are
0.4 to 1 apart), at most 0.81 for two persons."""
_OFTEN = 0.25
"""Share of the sightings in which a place is to be well exposed for its relief to count."""
_ENOUGH = 0.3
"""Share of the face that is to be left."""
_STEADY = np.array([*range(17), *range(27, 36), 36, 39, 42, 45])
"""Landmarks that neither speech nor brows move much."""


class Appearance:
    """Mean colour histogram, mean relief and mean shape of a face over some of its frames."""

    def __init__(self) -> None:
        self.count = 0
        self._colours: NDArray[np.float64] = np.zeros(_BINS)
        self._relief = np.zeros((_CROP, _CROP), np.float32)[_INNER]
        self._exposed = np.zeros_like(self._relief)
        self._shape: NDArray[np.float64] = np.zeros((len(_STEADY), 2))

    def see(self, number: int, image: Image, points: Points) -> None:
        """Takes the `number`-th sighting into the mean; only every fifth, and two dozen in all."""
        if number % _EVERY or self.count >= _AT_MOST:
            return
        similarity = align(points, FACE, _CROP)
        crop = warp_crop(image, similarity, _CROP)
        self._colours += _histogram(crop)
        grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        lit = exposed(grey)
        self._relief += (relief(grey, _SURROUNDINGS)[0] * lit)[_INNER]
        self._exposed += lit[_INNER]
        self._shape += transform(similarity, points)[_STEADY] / _CROP
        self.count += 1

    def distance(self, other: Appearance) -> float:
        """How unlike two faces look: 0 the same, about 0.1 one person in two shots, 1 nothing in common.

        The Hellinger distance of the colour histograms, or how far the reliefs are from each other where that is less
        (the same face under another light), plus the mean distance of the landmarks in sides of the crop.
        """
        if not self.count or not other.count:
            return 1.0
        mine, yours = self._colours / self.count, other._colours / other.count
        hellinger = np.sqrt(max(1 - float(np.sqrt(mine * yours).sum()), 0.0))
        apart = self._shape / self.count - other._shape / other.count
        return min(float(hellinger), self._unlike_in_relief(other)) + float(np.hypot(apart[:, 0], apart[:, 1]).mean())

    def _unlike_in_relief(self, other: Appearance) -> float:
        """0 for the same relief; 1 where too little of the face is well exposed in both."""
        both = np.minimum(self._exposed / self.count, other._exposed / other.count) > _OFTEN
        if both.mean() < _ENOUGH:
            return 1.0
        mine, yours = self._relief[both] / self._exposed[both], other._relief[both] / other._exposed[both]
        return _RELIEF_WEIGHT * (1 - likeness(mine, yours))

    def merged(self, other: Appearance) -> Appearance:
        """The mean of both, weighted by their frames."""
        both = Appearance()
        both.count = self.count + other.count
        both._colours = self._colours + other._colours
        both._relief = self._relief + other._relief
        both._exposed = self._exposed + other._exposed
        both._shape = self._shape + other._shape
        return both


def _histogram(crop: Image) -> NDArray[np.float64]:
    """Shares of the Lab colours in the crop's inner part, blurred over neighbouring bins; sums to 1."""
    lab = cv2.cvtColor(crop[_INNER], cv2.COLOR_RGB2Lab).reshape(-1, 3).astype(np.float64)
    # skin lies near the middle of the colour axes: 64 levels to either side hold all of it
    ranges = ((0, 256), (96, 176), (96, 192))
    clipped = np.stack([np.clip(lab[:, k], low, high - 1) for k, (low, high) in enumerate(ranges)], axis=1)
    counts, _ = np.histogramdd(clipped, bins=_BINS, range=ranges)
    return counts / counts.sum()
