"""What looking at a picture gives: detections and meshes of faces, and who looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.geometry import Box
from app.engine.faces.points import MOUTH_CORNERS, eye_centres
from app.engine.ports import Image, Points

_SURE_SCORE = 0.85
_SURE_MISFIT = 0.2
"""Confidence from which, and misfit up to which, nobody looks twice. On 78 frames of real clips 12 % are below, on the
same ones upside down all that have a mesh."""
_MOUTH_HEIGHT = 1.15
"""Of the mouth's corners below the eyes, in eye distances: the unit of a face that is turned aside."""


class Detection(msgspec.Struct, frozen=True):
    """What the face detector says of a face, before any mesh."""

    box: Box
    score: float
    keys: NDArray[np.float64]
    """4 x 2: middles of both eyes, tip of the nose, middle of the mouth, in pixels with edges at whole numbers."""

    def misfit(self, points: Points) -> float:
        """Mean distance of the four places from those of a mesh (68 x 2), in eye distances."""
        left, right = eye_centres(points)
        mouth = points[list(MOUTH_CORNERS)].astype(np.float64).mean(axis=0)
        unit = max(np.hypot(*(right - left)), np.hypot(*(mouth - (left + right) / 2)) / _MOUTH_HEIGHT, 1e-6)
        apart = self.keys - np.stack([left, right, points[30].astype(np.float64), mouth])
        return float(np.hypot(apart[:, 0], apart[:, 1]).mean() / unit)

    def is_sure(self, points: Points) -> bool:
        """Whether detector and mesh agree so well that no closer look is needed."""
        return self.score >= _SURE_SCORE and self.misfit(points) <= _SURE_MISFIT


class Found(msgspec.Struct, frozen=True):
    """What there is in one picture."""

    meshes: list[NDArray[np.float32]]
    """478 x 3 each: (x, y) in pixels, edges at whole numbers; depth in pixels, less being nearer."""
    detections: list[Detection]
    """The surest first; empty also where the detector was not asked."""


class Mesher(Protocol):
    """Meshes the faces of pictures."""

    def process(self, image: Image) -> Found:
        """The faces of an RGB picture."""
        ...

    def reset(self) -> None:
        """Follows no face any longer."""
        ...


class Eyes(Protocol):
    """What `MeshDetector` looks with."""

    name: str
    version: str

    def follower(self, max_faces: int) -> Mesher:
        """Meshes up to so many faces, and follows them from one picture to the next."""
        ...

    def single(self) -> Mesher:
        """Meshes one face; a picture says nothing of the next."""
        ...

    def far(self) -> Callable[[Image], list[Detection]]:
        """Looks for faces that are farther away than those that a mesher finds."""
        ...
