"""Whether a face's mesh lies on the face: an upright mesh is also laid on a face that stands on its head."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.geometry import Box
from app.engine.faces.mesh68 import mesh_to_68
from app.engine.faces.native_log import quiet_native_log
from app.engine.faces.points import MOUTH_CORNERS, bounding_box, eye_centres
from app.engine.media.opencv import cv2
from app.engine.ports import Image, Points

_SURE_SCORE = 0.85
_SURE_MISFIT = 0.2
"""Confidence from which, and misfit up to which, nobody looks twice. On 78 frames of real clips 12 % are below, on the
same ones upside down all that have a mesh."""
_FITS = 0.5
"""Fit from which a mesh is believed. Looked at closely: at least 0.79 upright and 0.80 turned upright."""
_MOUTH_HEIGHT = 1.15
"""Of the mouth's corners below the eyes, in eye distances: the unit of a face that is turned aside."""
_CLOSE_UP_MARGIN = 0.6
"""How much of its size a face's box grows on each side for a closer look."""
_CLOSE_UP_SIDE = 384
_SAME_FACE_IOU = 0.3
_LOOK_AGAIN = 100
"""Frames after which what is looked at seldom is looked at again."""


class Detection(msgspec.Struct, frozen=True):
    """What the face detector says of a face, before any mesh."""

    box: Box
    score: float
    keys: NDArray[np.float64]
    """4 x 2: middles of both eyes, tip of the nose, middle of the mouth, in pixels."""

    @staticmethod
    def of(found: Any, image: Image) -> Detection:
        """One of MediaPipe's detections in `image`."""
        height, width = image.shape[:2]
        box = found.location_data.relative_bounding_box
        left, top = box.xmin * width, box.ymin * height
        keys = [(key.x * width, key.y * height) for key in found.location_data.relative_keypoints[:4]]
        return Detection(
            Box(left, top, left + box.width * width, top + box.height * height), float(found.score[0]), np.array(keys)
        )

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


def mesh_points(mesh: Any, image: Image) -> Points:
    """The vertices of one of MediaPipe's meshes, N x 2, in pixels of `image`."""
    height, width = image.shape[:2]
    return np.array([(p.x * width, p.y * height) for p in mesh.landmark], dtype=np.float32)


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

    def fits(self, image: Image, points: Points, mesher: Any) -> bool:
        """Whether the mesh of a doubtful face lies on it. `mesher` is a FaceMesh that does not follow faces.

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
            with quiet_native_log():  # the mesher's first face
                upright, turned = fit_of_picture(close, mesher), fit_of_picture(close[::-1, ::-1], mesher)
            known.fits = upright >= max(turned, _FITS)
        return known.fits


def fit_of_picture(image: Image, mesher: Any) -> float:
    """How well the mesh of a picture's face agrees with the detector: confidence less misfit, -1 without a face."""
    result = mesher.process({"image": np.ascontiguousarray(image)})
    if not result.multi_face_landmarks or not result.face_detections:
        return -1.0
    points = mesh_to_68(mesh_points(result.multi_face_landmarks[0], image))
    found = Detection.of(result.face_detections[0], image)
    return found.score - found.misfit(points)


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
