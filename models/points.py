"""The mouth among the 68 landmarks of the iBUG 300-W scheme."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LIP_POINTS = 20
"""Landmarks 48 to 67."""
INNER_UPPER, INNER_LOWER = [13, 14, 15], [19, 18, 17]
"""The inner lips' middles among them (61 to 63 and 67 to 65 of the 68)."""


def inner_gap(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far apart the inner lips are at their middle, ... x 68 x 2 -> ..., in the points' unit."""
    return np.linalg.norm(points[..., 62, :] - points[..., 66, :], axis=-1)
