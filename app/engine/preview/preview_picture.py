"""A decoded frame and its dubbed patch, made ready for the screen: laid on, scaled, in the screen's order of bytes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from app.engine.faces.aligner import antialias_sigma
from app.engine.media.frame import VideoFrame
from app.engine.media.opencv import cv2
from app.engine.ports import Image
from app.engine.preview.patch import Patch

ScreenImage = NDArray[np.uint8]
"""H x W x 4, blue, green, red, 255: what Qt calls RGB32 on a little-endian machine."""

SEAM = 3
"""Pixels over which a patch fades into a small stand-in of its frame, which was compressed on its own."""


def scaled_size(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Width and height of a frame of `size` shown with `scale` pixels for each of its own; at least 1 x 1."""
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def screen_pictures(
    frame: VideoFrame, size: tuple[int, int], scale: float, patch: Patch | None
) -> tuple[ScreenImage, ScreenImage | None]:
    """The original and, where there is a patch, the dubbed picture of a frame, both of `scaled_size(size, scale)`.

    `frame` is the clip's own of `size`, on which the patch is laid before scaling, so that nothing shows where it
    ends; or a smaller stand-in of it, whose picture the patch fades into after scaling.
    """
    rgb = frame.rgb()
    target = scaled_size(size, scale)
    original = for_screen(rgb, target)
    if patch is None:
        return original, None
    if not patch.rgb.size:  # shown as it was filmed
        return original, original
    if frame.size == size:
        return original, for_screen(laid_on(rgb, patch), target)
    return original, faded_in(original, patch, target[0] / size[0])


def laid_on(rgb: Image, patch: Patch) -> Image:
    """A copy of a whole frame with the patch on it; what hangs over the frame's edge is cut off."""
    result = rgb.copy()
    part, left, top = patch.rgb, patch.left, patch.top
    x, y = max(left, 0), max(top, 0)
    right, bottom = min(left + part.shape[1], rgb.shape[1]), min(top + part.shape[0], rgb.shape[0])
    if right > x and bottom > y:
        result[y:bottom, x:right] = part[y - top : bottom - top, x - left : right - left]
    return result


def faded_in(screen: ScreenImage, patch: Patch, ratio: float) -> ScreenImage:
    """A copy of a picture with the patch on it, shrunk by `ratio` and mixed with the picture along its edges."""
    result = screen.copy()
    height, width = patch.rgb.shape[:2]
    left, top = max(0, math.ceil(patch.left * ratio)), max(0, math.ceil(patch.top * ratio))
    right = min(screen.shape[1], math.floor((patch.left + width) * ratio))
    bottom = min(screen.shape[0], math.floor((patch.top + height) * ratio))
    if right > left and bottom > top:
        under = np.ascontiguousarray(screen[top:bottom, left:right])
        size = (right - left, bottom - top)
        share = _seam(size)
        result[top:bottom, left:right] = cv2.blendLinear(
            under, _shrunk(patch, ratio, left, top, size), 1 - share, share
        )
    return result


def _shrunk(patch: Patch, ratio: float, left: int, top: int, size: tuple[int, int]) -> ScreenImage:
    """The patch as it falls on the rectangle at (left, top) of a picture `ratio` times the frame's size."""
    part = cv2.cvtColor(patch.rgb, cv2.COLOR_RGB2BGRA)
    sigma = antialias_sigma(ratio)
    if sigma > 0.3:
        part = cv2.GaussianBlur(part, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    # pixel centres lie at halves: frame x + 0.5 is picture (x + 0.5) * ratio
    x, y = ((corner + 0.5) * ratio - 0.5 - edge for corner, edge in ((patch.left, left), (patch.top, top)))
    matrix = np.array(((ratio, 0.0, x), (0.0, ratio, y)))
    shrunk = cv2.warpAffine(part, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(shrunk, np.uint8)


def _seam(size: tuple[int, int]) -> NDArray[np.float32]:
    """0 to 1: rises from the rectangle's edge inwards over `SEAM` pixels."""
    across, down = (np.minimum(np.arange(side), np.arange(side)[::-1]) for side in size)
    depth = np.minimum(across[None, :], down[:, None]).astype(np.float32)
    return np.clip((depth + 0.5) / SEAM, 0, 1).astype(np.float32, copy=False)


def for_screen(rgb: Image, size: tuple[int, int]) -> ScreenImage:
    """An RGB picture at another (width, height), in the screen's order of bytes."""
    return np.asarray(cv2.cvtColor(resized(rgb, size), cv2.COLOR_RGB2BGRA), np.uint8)


def resized(rgb: Image, size: tuple[int, int]) -> Image:
    """The picture at another (width, height), quickly and without aliasing.

    Halved exactly as often as it goes, the rest by linear interpolation: averaging areas at an odd ratio takes
    five times as long (22 ms for 1080 lines to 900).
    """
    while rgb.shape[1] >= 2 * size[0] and rgb.shape[0] >= 2 * size[1] and not (rgb.shape[0] | rgb.shape[1]) & 1:
        half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
        rgb = np.asarray(cv2.resize(rgb, half, interpolation=cv2.INTER_AREA), np.uint8)
    if (rgb.shape[1], rgb.shape[0]) == size:
        return rgb
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR), np.uint8)
