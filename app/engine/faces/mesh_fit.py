"""Whether a face's mesh lies on the face: an upright mesh is also laid on a face that stands on its head."""

from __future__ import annotations

import numpy as np

from app.core.geometry import Box
from app.engine.faces.finds import Mesher
from app.engine.faces.mesh68 import mesh_to_68
from app.engine.faces.points import bounding_box
from app.engine.media.opencv import cv2
from app.engine.ports import Image, Points

_FITS = 0.5
"""Fit from which a mesh is believed. Looked at closely: at least 0.79 upright and 0.80 turned upright."""
_CLOSE_UP_MARGIN = 0.6
"""How much of its size a face's box grows on each side for a closer look."""
_CLOSE_UP_SIDE = 384
_SAME_FACE_IOU = 0.3
_LOOK_AGAIN = 100
"""Frames after which what is looked at seldom is looked at again."""


class _Doubtful:
    """A face that was looked at closely, and for how many frames it has been doubtful."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.frames = 0
        self.fits = True


class FitJudge:
    """Looks closely, now and then, at the faces of which detector and mesh tell different things."""

    def __init__(self) -> None:
        self._doubtful: list[_Doubtful] = []

    def forget(self) -> None:
        """Forgets all faces."""
        self._doubtful = []

    def fits(self, image: Image, points: Points, mesher: Mesher) -> bool:
        """Whether the mesh of a doubtful face lies on it. `mesher` follows no faces.

        It does not where a close-up upside down shows a face better, or where no close-up shows one.
        """
        box = bounding_box(points)
        known = next((other for other in self._doubtful if other.box.iou(box) > _SAME_FACE_IOU), None)
        if known is None:
            known = _Doubtful(box)
            self._doubtful.append(known)
        known.box = box
        known.frames += 1
        if is_due(known.frames):
            close = _close_up(image, box)
            upright, turned = fit_of_picture(close, mesher), fit_of_picture(close[::-1, ::-1], mesher)
            known.fits = upright >= max(turned, _FITS)
        return known.fits


def fit_of_picture(image: Image, mesher: Mesher) -> float:
    """How well the mesh of a picture's face agrees with the detector: confidence less misfit, -1 without a face."""
    found = mesher.process(np.ascontiguousarray(image))
    if not found.meshes or not found.detections:
        return -1.0
    points = mesh_to_68(found.meshes[0][:, :2])
    return found.detections[0].score - found.detections[0].misfit(points)


def is_due(count: int) -> bool:
    """Whether what costs too much for every frame is done in frame `count`: the 1st, 2nd, 4th, ..., each hundredth."""
    return count.bit_count() == 1 if count < _LOOK_AGAIN else count % _LOOK_AGAIN == 0


def _close_up(image: Image, box: Box) -> Image:
    """The face of `box` with room around it, at the size that the detector likes."""
    height, width = image.shape[:2]
    (x, y), half = box.centre, max(box.width, box.height) * (0.5 + _CLOSE_UP_MARGIN)
    left, top = min(max(int(x - half), 0), width - 1), min(max(int(y - half), 0), height - 1)
    part = image[top : max(int(y + half), top + 1), left : max(int(x + half), left + 1)]
    zoom = _CLOSE_UP_SIDE / max(part.shape[:2])
    size = max(round(part.shape[1] * zoom), 1), max(round(part.shape[0] * zoom), 1)
    return cv2.resize(part, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
