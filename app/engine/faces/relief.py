"""What of a picture stays as the light changes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.engine.media.opencv import cv2

_NOISE = 2.0
"""Levels: local contrast of the order of noise, which is not to be raised to a texture."""
_CRUSHED, _BURNT = 4, 251
"""Levels at which light has taken the texture."""


def exposed(grey: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a picture (H x W, 0 to 255) is neither crushed to black nor burnt to white."""
    return (grey > _CRUSHED) & (grey < _BURNT)


def relief(grey: NDArray[Any], sigma: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lightness (H x W, 0 to 255) against its surroundings, in local standard deviations; and those, in levels.

    `sigma` is the size of the surroundings in pixels. Gain, offset and gradients of the light hardly change the first.
    """
    level = np.asarray(grey, np.float32)
    apart = level - cv2.GaussianBlur(level, (0, 0), sigma)
    deviation = np.sqrt(cv2.GaussianBlur(apart * apart, (0, 0), sigma)).astype(np.float32)
    return (apart / (deviation + _NOISE)).astype(np.float32), deviation


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Correlation of two reliefs of one shape: -1 to 1."""
    return float((one * other).sum() / np.sqrt((one * one).sum() * (other * other).sum() + 1e-9))
