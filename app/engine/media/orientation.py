"""How a display matrix turns a picture, and turning planes accordingly."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.media.opencv import cv2


class Orientation(msgspec.Struct, frozen=True):
    """One of the eight ways to put a rectangle upright: transpose first, then mirror."""

    transpose: bool = False
    mirror_x: bool = False
    """Whether left and right are swapped, after the transposition."""
    mirror_y: bool = False
    """Whether top and bottom are swapped, after the transposition."""

    @property
    def plain(self) -> bool:
        """Whether the picture is upright as it is stored."""
        return not (self.transpose or self.mirror_x or self.mirror_y)

    @property
    def mirrored(self) -> bool:
        """Whether it turns a picture into its mirror image, which no rotation does."""
        return self.transpose ^ self.mirror_x ^ self.mirror_y

    @property
    def degrees(self) -> int:
        """The clockwise rotation that it contains: 0, 90, 180 or 270."""
        if self.transpose:
            return 90 if self.mirror_x else 270
        return 180 if self.mirror_y else 0

    def apply(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The plane turned upright (H x W in, H x W or W x H out); a view where nothing is to be done."""
        turned: NDArray[np.uint8] = plane
        if self.transpose:
            turned = np.asarray(cv2.transpose(turned), np.uint8)
        if self.mirror_x or self.mirror_y:
            code = -1 if self.mirror_x and self.mirror_y else int(self.mirror_x)
            turned = np.asarray(cv2.flip(turned, code), np.uint8)
        return turned


def orientation_of(matrix: bytes | None) -> Orientation | None:
    """What FFmpeg's display matrix (nine native 32-bit numbers, row major, 16.16) asks for.

    A point (x, y) of the picture is shown at (a x + c y, b x + d y) with a, b in the first row and c, d in the
    second. None where the matrix turns by anything but right angles.
    """
    if not matrix:
        return Orientation()
    a, b, _, c, d, _, _, _, _ = np.frombuffer(matrix[:36], np.int32).tolist()
    if b == 0 and c == 0 and a and d:
        return Orientation(False, a < 0, d < 0)
    if a == 0 and d == 0 and b and c:
        return Orientation(True, c < 0, b < 0)
    return None
