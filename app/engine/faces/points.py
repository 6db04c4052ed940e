"""Named places among the 68 landmarks (iBUG 300-W scheme, 0-based) and simple measures on them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.geometry import Box
from app.engine.ports import Points

AnyPoints = NDArray[np.floating[Any]]
"""(..., 68, 2) of any precision."""

EYE_CORNERS = (36, 39, 42, 45)
"""Image-left eye outer and inner corner, image-right eye inner and outer corner."""
NOSE_BRIDGE = (27, 28, 29, 30)
"""From between the eyes down to the tip."""
MOUTH_CORNERS = (48, 54)


def bounding_box(points: Points) -> Box:
    """The smallest box around `points` (N x 2)."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))


def eye_centres(points: AnyPoints) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middles between the two corners of each eye, image-left eye first; (..., 2) each."""
    corners = points[..., EYE_CORNERS, :].astype(np.float64)
    return corners[..., :2, :].mean(axis=-2), corners[..., 2:, :].mean(axis=-2)


def mouth_opening(points: AnyPoints) -> NDArray[np.float64]:
    """How far the mouth is open: inner-lip gap over the distance of the outer eye corners.

    `points` is (..., 68, 2); the result has the leading shape. The gap is the mean length of 61-67, 62-66
    and 63-65. 0 is closed; about 0.1 to 0.4 is a speaking mouth. It does not change with scale or rotation.
    """
    points = points.astype(np.float64)
    gaps = points[..., (61, 62, 63), :] - points[..., (67, 66, 65), :]
    eyes = points[..., 36, :] - points[..., 45, :]
    return np.hypot(gaps[..., 0], gaps[..., 1]).mean(axis=-1) / np.hypot(eyes[..., 0], eyes[..., 1])


def head_pose(points: AnyPoints) -> NDArray[np.float64]:
    """Where the nose's tip stands against the eyes, in distances of the eye centres: along the eye line, across it.

    `points` is (..., 68, 2), the result (..., 2). The first number is near 0 for a frontal face and changes by about
    0.1 for ten degrees of yaw; the second does as much for pitch.
    """
    p = points.astype(np.float64)
    left, right = eye_centres(p)
    line = right - left
    square = np.maximum((line * line).sum(axis=-1), 1e-9)
    away = p[..., 30, :] - (left + right) / 2
    along = (away * line).sum(axis=-1) / square
    across = (away[..., 1] * line[..., 0] - away[..., 0] * line[..., 1]) / square
    return np.stack([along, across], axis=-1)
