"""Boxes and similarity transforms, as plain numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec


class Box(msgspec.Struct, frozen=True):
    """An axis-aligned rectangle in pixels: left and top inside, right and bottom outside."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Extent along x, in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Extent along y, in pixels."""
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, (x, y) in pixels."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def iou(self, other: Box) -> float:
        """Intersection over union with `other`, in [0, 1]."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.width * self.height + other.width * other.height - shared)


class Similarity(msgspec.Struct, frozen=True):
    """A similarity transform of the plane: p -> scale * R(angle) * p + (x, y).

    It is kept as a = scale * cos(angle), b = scale * sin(angle), so that transforms can be averaged.
    """

    a: float
    b: float
    x: float
    y: float

    def resized(self, size: int, to: int) -> Similarity:
        """The similarity into crops of side `to` that cover what those of side `size` do."""
        factor = to / size
        return Similarity(
            self.a * factor, self.b * factor, (self.x + 0.5) * factor - 0.5, (self.y + 0.5) * factor - 0.5
        )

    @property
    def scale(self) -> float:
        """The factor by which lengths grow."""
        return math.hypot(self.a, self.b)

    @property
    def angle(self) -> float:
        """The rotation in radians, counted from x towards y."""
        return math.atan2(self.b, self.a)

    def apply(self, point: tuple[float, float]) -> tuple[float, float]:
        """The image of `point`."""
        px, py = point
        return self.a * px - self.b * py + self.x, self.b * px + self.a * py + self.y

    def inverse(self) -> Similarity:
        """The transform back. Raises ZeroDivisionError where the scale is nought."""
        square = self.a * self.a + self.b * self.b
        a, b = self.a / square, -self.b / square
        return Similarity(a, b, -(a * self.x - b * self.y), -(b * self.x + a * self.y))

    def matrix(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """The 2 x 3 matrix that OpenCV's warpAffine takes."""
        return (self.a, -self.b, self.x), (self.b, self.a, self.y)


def fit_similarity(source: Sequence[tuple[float, float]], target: Sequence[tuple[float, float]]) -> Similarity:
    """The similarity without reflection that takes `source` to `target` with least squared error.

    Closed form of Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", PAMI 1991, in two dimensions. Raises ValueError for fewer than two points or where all
    source points are one.
    """
    count = len(source)
    if count < 2 or count != len(target):
        raise ValueError("a similarity needs two or more pairs of points")
    sx, sy = sum(p[0] for p in source) / count, sum(p[1] for p in source) / count
    tx, ty = sum(p[0] for p in target) / count, sum(p[1] for p in target) / count
    spread = dot = cross = 0.0
    for (px, py), (qx, qy) in zip(source, target, strict=True):
        px, py, qx, qy = px - sx, py - sy, qx - tx, qy - ty
        spread += px * px + py * py
        dot += px * qx + py * qy
        cross += px * qy - py * qx
    if spread <= 0:
        raise ValueError("the source points are all one point")
    a, b = dot / spread, cross / spread
    return Similarity(a, b, tx - (a * sx - b * sy), ty - (b * sx + a * sy))
