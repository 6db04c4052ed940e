"""Which part of an aligned crop the network may not see, and which part of its answer is pasted back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.project import Segment
from app.engine.faces.aligner import FACE, AlignPreset
from app.engine.media.opencv import cv2
from app.engine.ports import Points

Mask = NDArray[np.float32]
"""S x S, 0 to 1."""

_HIDDEN_TOP = 0.667
_HIDDEN_HALF_WIDTH = 1.276
_HIDDEN_CORNER = 0.35
"""The hidden region on the average face, in eye distances below and beside the middle of the eyes. In a
`face` crop it runs from y = 0.47 (the nostrils are at 0.50) to the bottom and from x = 0.06 to 0.94."""

FEATHER = 0.07
"""Usual width of the transition, as a share of the crop's side."""

_CHIN_ROOM = 0.28
"""How far the mask reaches below the chin, in eye distances: about what a jaw drops for a wide-open mouth,
so that the old chin is covered where the new mouth is less open, and the new one has room where it is more."""
# No room at the sides of the jaw, which hardly move: the new jaw line lies on the old one, and what is beyond it would
# come from a reference whose head stands elsewhere before the background (limitation F).

_SUBPIXEL_BITS = 4


def hidden_mask(size: int, preset: AlignPreset = FACE) -> Mask:
    """The fixed region hidden from the network: 1 inside, 0 outside, hard-edged; size x size.

    The lower face from the nostrils to the bottom edge of the crop, with rounded upper corners. It is the
    same for every frame: an outline that followed the jaw would tell the network how open the mouth was.
    """
    left, top = preset.unit(-_HIDDEN_HALF_WIDTH, _HIDDEN_TOP)
    centre, half = 0.5, 0.5 - left
    radius = _HIDDEN_CORNER / preset.side
    at = (np.arange(size) + 0.5) / size
    across = np.abs(at - centre)[None, :] - (half - radius)
    up = (top + radius) - at[:, None]
    distance = np.hypot(np.maximum(across, 0), np.maximum(up, 0))
    return (distance <= radius).astype(np.float32)


def paste_mask(
    points: Points, size: int, feather: float = FEATHER, preset: AlignPreset = FACE, hidden: Mask | None = None
) -> Mask:
    """How much of the generated crop is pasted over the source: 1 on the mouth, 0 from the outline on.

    `points` are the 68 landmarks in pixels of the crop (smoothed, or the outline would tremble), `feather`
    is the width of the transition as a share of the crop's side, all of it inside the outline. The outline
    runs along the jaw, lowered under the chin, and across the cheeks at the height of the mid-nose; nothing
    outside `hidden` (by default `hidden_mask`; else the one the network was trained with) is ever pasted.
    """
    outline = _outline(points.astype(np.float64), size / preset.side)
    inside = _filled(outline, size) * (hidden_mask(size, preset) if hidden is None else hidden)
    blurred = cv2.GaussianBlur(inside, (0, 0), max(feather * size / 2, 0.3), borderType=cv2.BORDER_CONSTANT)
    # a straight edge blurs to one half on the outline itself: from there the mask rises inwards
    depth = np.clip(2 * blurred - 1, 0, 1)
    return (depth * depth * (3 - 2 * depth) * (inside > 0)).astype(np.float32)


def segment_mask(points: Points, size: int, segment: Segment, hidden: Mask | None = None) -> Mask:
    """`paste_mask` as a segment's settings shape it: what is pasted, and what the preview shows to be pasted."""
    return paste_mask(points, size, FEATHER * segment.feather, hidden=hidden)


def _outline(points: NDArray[np.float64], eye_distance: float) -> NDArray[np.float64]:
    """The corners of the mask: jaw from ear to ear (lowered), then back over cheeks and nose."""
    jaw = points[2:15].copy()
    middle = points[[48, 54]].mean(axis=0)
    away = jaw - middle
    length = np.hypot(away[:, 0], away[:, 1])
    length[length == 0] = 1
    # 1 under the mouth, 0 beside it
    below = np.clip(away[:, 1] / length, 0, 1) ** 2
    jaw[:, 1] += below * _CHIN_ROOM * eye_distance
    return np.concatenate([jaw, points[29:30]])


def _filled(outline: NDArray[np.float64], size: int) -> Mask:
    """The polygon filled with 1, its edge anti-aliased to a fraction of a pixel."""
    canvas = np.zeros((size, size), np.uint8)
    corners = np.round(outline * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(canvas, [corners], (255,), lineType=cv2.LINE_AA, shift=_SUBPIXEL_BITS)
    return canvas.astype(np.float32) / np.float32(255)
