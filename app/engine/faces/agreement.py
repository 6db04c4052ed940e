"""Where a generated crop may be believed beside the mouth: where it shows what the film shows."""

from __future__ import annotations

import numpy as np

from app.engine.faces.mask import Mask
from app.engine.media.opencv import cv2
from app.engine.ports import Image, Points

_SOFT = 0.015
"""Deviation, as a share of the crop's side, of the blur through which both are looked at: pores do not count."""
_ALIKE, _UNLIKE = 14.0, 36.0
"""Levels of difference up to which a place is believed, and from which it is not at all."""
_AROUND = 0.02
"""Deviation of the transition around what is not believed, as a share of the side."""
_LIPS_ROOM = 0.07
"""How far around the lips speech moves the skin, as a share of the side."""
_CHIN = (*range(7, 10), *range(56, 59))
"""Landmarks around the chin, which speech moves too."""
_CHIN_ROOM = 0.06


def believed(mask: Mask, generated: Image, source: Image, points: Points) -> Mask:
    """`mask` without those places beside mouth and chin where the generated crop shows something else than the film.

    A cheek hardly moves in speech. Where hair, a collar or the background of a reference came into it, because the head
    was turned otherwise there, the film's own cheek is right. Around lips and chin, which the film shows as the old
    voice moved them, the mask stays. All S x S (x 3); points: 68 x 2, in pixels of the crop.
    """
    size = mask.shape[0]
    soft = [cv2.GaussianBlur(crop.astype(np.float32), (0, 0), _SOFT * size) for crop in (generated, source)]
    apart = np.abs(soft[0] - soft[1]).max(axis=2)
    doubt = np.clip((apart - _ALIKE) / (_UNLIKE - _ALIKE), 0, 1) * (1 - _moved_by_speech(points, size))
    spread = cv2.GaussianBlur(cv2.dilate(doubt, np.ones((3, 3), np.uint8)), (0, 0), _AROUND * size)
    return (mask * (1 - np.maximum(spread, doubt))).astype(np.float32)


def _moved_by_speech(points: Points, size: int) -> Mask:
    """1 on and around lips and chin, falling to 0: S x S."""
    near = np.zeros((size, size), np.float32)
    for places, room in ((range(48, 60), _LIPS_ROOM), (_CHIN, _CHIN_ROOM)):
        outline = cv2.convexHull(np.round(points[[*places]]).astype(np.int32))
        outside = np.full((size, size), 255, np.uint8)
        cv2.fillConvexPoly(outside, outline, (0,))
        away = cv2.distanceTransform(outside, cv2.DIST_L2, 5) / (room * size)
        near = np.maximum(near, np.clip(2 * (1.5 - away), 0, 1))
    return near
