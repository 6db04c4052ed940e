"""From the generated crop back into the frame: local colour matching and the warp back."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.geometry import Similarity
from app.engine.faces.aligner import antialias_sigma
from app.engine.faces.mask import Mask
from app.engine.media.opencv import cv2
from app.engine.ports import Image

_LARGEST_CORRECTION = 40.0
"""Grey levels: a larger difference is no colour cast but another thing in the picture."""
_REACH = 0.09
"""Standard deviation of the spreading, as a share of the crop's side."""
_RING_TRUST = 0.5
"""Weight of the ring around the mask inside the hidden region (neck, jaw), where the network guessed."""
_MEAN_TRUST = 1e-3
"""Weight of the overall mean difference, which rules where no measurement is near."""


class Patch(NamedTuple):
    """A rectangle of a frame to be blended: frame = frame + mask * (rgb - frame)."""

    rgb: Image
    """H x W x 3; H or W is nought where the face lies outside the frame."""
    mask: NDArray[np.float32]
    """H x W, 0 to 1; exactly 0 outside the pasted region."""
    left: int
    top: int


def colour_match(generated: Image, source: Image, hidden: Mask, mask: Mask) -> Image:
    """The generated crop with its local colour cast taken away, so that no step shows along the mask.

    The difference source - generated is measured around `mask`, where both show the same thing: outside
    `hidden`, and with less weight in the ring that is hidden but not pasted. It is spread into the mask by
    normalised convolution (Knutsson and Westin 1993) with a wide Gaussian, bounded to 40 levels: low frequencies alone
    are changed. Source and masks are S x S (x 3); the generated crop may be larger, R x R x 3, and comes back so.
    """
    size = source.shape[0]
    difference = source.astype(np.float32) - shrunk(generated, size).astype(np.float32)
    weight = _trust(difference, hidden, mask)
    if float(weight.sum()) <= 0:
        return generated
    mean = (difference * weight[..., None]).sum(axis=(0, 1)) / weight.sum()
    spread = _spread(np.dstack([difference * weight[..., None], weight]), _REACH * size)
    correction = (spread[..., :3] + _MEAN_TRUST * mean) / (spread[..., 3:] + _MEAN_TRUST)
    bounded = np.clip(correction, -_LARGEST_CORRECTION, _LARGEST_CORRECTION).astype(np.float32)
    if generated.shape[0] != size:
        bounded = cv2.resize(bounded, generated.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.clip(np.rint(generated + bounded), 0, 255).astype(np.uint8)


def shrunk(crop: Image, size: int) -> Image:
    """The crop at `size`, at most its own."""
    if crop.shape[0] == size:
        return crop
    return cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def crop_to_frame(generated: Image, mask: Mask, similarity: Similarity, frame_size: tuple[int, int]) -> Patch:
    """`generated` (R x R x 3) and `mask` (S x S) taken back into a frame of `frame_size` (width, height).

    Only the rectangle that the mask touches is made. `similarity` takes the frame into crops of the mask's size;
    those of R cover the same.
    """
    left, top, right, bottom = _touched(mask, similarity, *frame_size)
    if right <= left or bottom <= top:
        return Patch(np.zeros((0, 0, 3), np.uint8), np.zeros((0, 0), np.float32), 0, 0)
    back = similarity.inverse()
    matrix = np.array(Similarity(back.a, back.b, back.x - left, back.y - top).matrix())
    size = right - left, bottom - top
    large = similarity.resized(mask.shape[0], generated.shape[0]).inverse()
    place = np.array(Similarity(large.a, large.b, large.x - left, large.y - top).matrix())
    sharp = _prefiltered(generated, large.scale)
    rgb = cv2.warpAffine(sharp, place, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    weights = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return Patch(rgb.astype(np.uint8, copy=False), weights.astype(np.float32, copy=False), left, top)


def _trust(difference: NDArray[np.float32], hidden: Mask, mask: Mask) -> NDArray[np.float32]:
    """How far each pixel's difference may be taken for a colour cast (S x S, 0 to 1).

    Near the mask only, and less the larger the difference: hair, collar or background that the network
    drew differently say nothing of the skin's colour.
    """
    size = mask.shape[0]
    near = _spread((mask > 0).astype(np.float32), _REACH * size / 2)
    known = np.where(hidden > 0, np.float32(_RING_TRUST), np.float32(1)) * (mask <= 0)
    magnitude = np.abs(_spread(difference, 1.5)).max(axis=2) / _LARGEST_CORRECTION
    alike = np.clip(1 - magnitude * magnitude, 0, 1)
    return (near * known * alike * alike).astype(np.float32)


def _spread(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian blur, computed on a smaller grid where the blur is wide enough to allow it."""
    step = max(int(sigma // 3), 1)
    height, width = values.shape[:2]
    if step == 1:
        return cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE).astype(np.float32)
    small_size = max(width // step, 2), max(height // step, 2)
    small = cv2.resize(values, small_size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _touched(mask: Mask, similarity: Similarity, width: int, height: int) -> tuple[int, int, int, int]:
    """The rectangle of the frame (left, top, right, bottom) outside which the warped mask is nought."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return 0, 0, 0, 0
    back = similarity.inverse()
    xs = (float(columns[0]) - 1, float(columns[-1]) + 1)
    ys = (float(rows[0]) - 1, float(rows[-1]) + 1)
    corners = [back.apply((x, y)) for x in xs for y in ys]
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    return (
        max(math.floor(left), 0),
        max(math.floor(top), 0),
        min(math.ceil(right) + 1, width),
        min(math.ceil(bottom) + 1, height),
    )


def _prefiltered(crop: Image, scale: float) -> Image:
    """`crop` blurred as far as shrinking it by `scale` needs; unchanged where it is magnified."""
    sigma = antialias_sigma(scale)
    if sigma <= 0.3:
        return crop
    return cv2.GaussianBlur(crop, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)
