"""The default landmark detector: a face mesh that is followed from frame to frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.geometry import Box
from app.engine.faces.finds import Detection, Eyes, Mesher
from app.engine.faces.mesh68 import mesh_to_68
from app.engine.faces.mesh_fit import FitJudge, is_due
from app.engine.faces.points import bounding_box
from app.engine.media.opencv import cv2
from app.engine.ports import DetectedFace, Image, Points

_LONGEST_SIDE = 960
"""Frames are shrunk to this before detection: the networks look at 192 x 192 pixels of a face anyway."""

_MINIMUM_CONFIDENCE = 0.5
_SAME_FACE_IOU = 0.5
_SAME_PLACE_IOU = 0.2
"""Overlap from which a detection is that of a mesh: their boxes are of different parts of the head."""
_WIDE_SHOT_MARGINS = (0.6, 0.3)
"""How much of its size a small face's box grows on each side before the mesh is fitted; tried in turn."""
_PORTRAIT_MARGINS = (0.0, 0.3)
"""Border put around a portrait before its face is looked for, as a share of its longer side; tried in turn: a face that
fills its picture is not found in it."""
_QUARTERS = (2, 1, 3)
"""The turns that are tried: heads stand upside down, or lie and were not found as they are."""
_WIDE_SHOT_SIDE = 384
"""Pixels of the enlarged crop of a small face."""


class MeshDetector:
    """Finds up to `max_faces` faces a frame and follows them from frame to frame.

    Faces too small for the short-range detector (wide shots) are looked for by the full-range one and meshed in an
    enlarged crop. Points have pixel centres at whole numbers, as OpenCV has them. `score` is the confidence of the face
    detector; of a face that it does not see any longer, but that is still followed, the last one.
    """

    def __init__(self, eyes: Eyes, max_faces: int = 4) -> None:
        self.name, self.version = eyes.name, eyes.version
        self._mesh, self._single, self._far = eyes.follower(max_faces), eyes.single(), eyes.far()
        self._max_faces = max_faces
        self._follows = False
        self._scores: list[tuple[Box, float]] = []
        self._small_faces: list[tuple[Box, float]] = []
        self._judge = FitJudge()
        self._turn, self._faceless = 0, 0

    def detect(self, image: Image) -> list[DetectedFace]:
        """The faces of an RGB frame, largest first; an empty list where there are none.

        A face that does not stand upright is looked for in the picture turned by quarters of a circle; once found, the
        frames that follow are turned alike.
        """
        faces = self._faces_turned(image, self._turn) or self._faces_otherwise(image)
        self._faceless = 0 if faces else self._faceless + 1
        return sorted(faces, key=_area, reverse=True)

    def reset(self) -> None:
        """Forgets the faces of earlier frames."""
        self._forget()
        self._turn, self._faceless = 0, 0

    def close(self) -> None:
        """Nothing to give back: the networks go with it."""

    def _forget(self) -> None:
        """Follows no face any longer."""
        self._mesh.reset()
        self._judge.forget()
        self._follows, self._scores = False, []
        self._small_faces = []

    def _faces_otherwise(self, image: Image) -> list[DetectedFace]:
        """The faces in the picture turned otherwise than now; tried in some of the frames without a face."""
        if not is_due(self._faceless + 1):
            return []
        for turn in ((self._turn + quarters) % 4 for quarters in _QUARTERS):
            self._let_go()
            faces = self._faces_turned(image, turn)
            if faces:
                self._turn = turn
                return faces
        self._let_go()
        return []

    def _let_go(self) -> None:
        """Follows no face any longer, before a picture that is turned otherwise."""
        if self._follows:
            self._forget()

    def _faces_turned(self, image: Image, turn: int) -> list[DetectedFace]:
        """The faces of `image`, looked for in it turned by so many quarters, with points in pixels of `image`."""
        small, factor = _shrunk(np.rot90(image, turn))
        faces = self._mesh_faces(small) or self._wide_shot_faces(np.rot90(image, turn), small, factor)
        return [
            DetectedFace(points=_turned_back(face.points / factor, image, turn) - np.float32(0.5), score=face.score)
            for face in _without_doubles(faces)
        ]

    def _mesh_faces(self, image: Image) -> list[DetectedFace]:
        """Faces by the tracking mesh; points with pixel edges at whole numbers."""
        found = self._mesh.process(image)
        self._follows = bool(found.meshes)
        meshes = [mesh_to_68(mesh[:, :2]) for mesh in found.meshes]
        self._scores = [self._score(points, found.detections) for points in meshes]
        return [
            DetectedFace(points=points, score=score)
            for points, (_, score) in zip(meshes, self._scores, strict=True)
            if self._fits(image, points, found.detections)
        ]

    def _fits(self, image: Image, points: Points, detections: Sequence[Detection]) -> bool:
        """Whether a mesh lies on its face; looked at closely where the detector says otherwise."""
        box = bounding_box(points)
        own = [found for found in detections if found.box.iou(box) > _SAME_PLACE_IOU]
        if not own or any(found.is_sure(points) for found in own):
            return True
        return self._judge.fits(image, points, self._single)

    def _score(self, points: Points, detections: Sequence[Detection]) -> tuple[Box, float]:
        """(box, score) of a mesh: that of a detection on it, or of the face that was there before."""
        box = bounding_box(points)
        matching = [found.score for found in detections if found.box.iou(box) > _SAME_PLACE_IOU]
        before = [score for other, score in self._scores if other.iou(box) > _SAME_PLACE_IOU]
        return box, max(matching or before or [_MINIMUM_CONFIDENCE])

    def _wide_shot_faces(self, image: Image, small: Image, factor: float) -> list[DetectedFace]:
        """Small faces: full-range detector on the whole frame, then the mesh on each enlarged crop."""
        found = [(each.box, each.score) for each in self._far(small)]
        found.sort(key=lambda pair: pair[0].width, reverse=True)
        # the full-range detector loses a small face every few frames: look again where one was
        before = [(box, score) for box, score in self._small_faces if all(box.iou(new) < 0.2 for new, _ in found)]
        meshed = [_small_face(self._single, image, box, factor, score) for box, score in found + before]
        faces = [face for face in meshed if face is not None and self._judge.fits(small, face.points, self._single)][
            : self._max_faces
        ]
        self._small_faces = [(bounding_box(face.points), face.score) for face in faces]
        return faces


class DepthDetector:
    """Finds the face of single pictures with the depth of its landmarks; a picture says nothing of the next."""

    def __init__(self, eyes: Eyes) -> None:
        self._mesh = eyes.single()

    def detect(self, image: Image) -> NDArray[np.float32] | None:
        """68 x 3 landmarks of the face in an RGB picture, or None.

        x and y in pixels, z in pixels too, less being nearer (the middle of the head is about 0).
        """
        for margin in _PORTRAIT_MARGINS:
            border = round(margin * max(image.shape[:2]))
            wide = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE).astype(np.uint8)
            meshes = self._mesh.process(wide).meshes
            if meshes:
                points = mesh_to_68(meshes[0])
                return np.column_stack([points[:, :2] - 0.5 - border, points[:, 2]]).astype(np.float32)
        return None


def _turned_back(points: Points, image: Image, turn: int) -> Points:
    """Points of `image` turned by so many quarters (against the clock) as points of `image`; pixel edges are whole."""
    height, width = image.shape[:2]
    x, y = points[:, 0], points[:, 1]
    pairs = ((x, y), (width - y, x), (width - x, height - y), (y, height - x))
    return np.stack(pairs[turn], axis=1).astype(np.float32)


def _small_face(mesher: Mesher, image: Image, box: Box, factor: float, score: float) -> DetectedFace | None:
    """The face in `box` (pixels of the shrunk frame), meshed in an enlarged crop of `image`."""
    for margin in _WIDE_SHOT_MARGINS:
        crop, left, top, zoom = _enlarged(image, box, factor, margin)
        meshes = [] if crop is None else mesher.process(crop).meshes
        if meshes:
            points = mesh_to_68(meshes[0][:, :2]) / zoom + np.array((left, top), np.float32)
            return DetectedFace(points=points * np.float32(factor), score=score)
    return None


def _enlarged(image: Image, box: Box, factor: float, margin: float) -> tuple[Image | None, int, int, float]:
    """A crop of `image` around `box` (in pixels / factor), its corner and its magnification."""
    height, width = image.shape[:2]
    (x, y), half = box.centre, max(box.width, box.height) * (0.5 + margin)
    left, right = max(int((x - half) / factor), 0), min(int((x + half) / factor), width)
    top, bottom = max(int((y - half) / factor), 0), min(int((y + half) / factor), height)
    if right - left < 8 or bottom - top < 8:
        return None, 0, 0, 1.0
    zoom = _WIDE_SHOT_SIDE / max(right - left, bottom - top)
    size = round((right - left) * zoom), round((bottom - top) * zoom)
    resized = cv2.resize(image[top:bottom, left:right], size, interpolation=cv2.INTER_CUBIC)
    return resized.astype(np.uint8, copy=False), left, top, zoom


def _shrunk(image: Image) -> tuple[Image, float]:
    """`image` with its longest side at most `_LONGEST_SIDE`, and the factor it was scaled by."""
    height, width = image.shape[:2]
    factor = _LONGEST_SIDE / max(height, width)
    if factor >= 1:
        return np.ascontiguousarray(image), 1.0
    size = round(width * factor), round(height * factor)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if factor <= 0.5 else cv2.INTER_LINEAR)
    return small.astype(np.uint8, copy=False), factor


def _without_doubles(faces: Sequence[DetectedFace]) -> list[DetectedFace]:
    """Drops faces that lie on one another: two trackers can settle on one face."""
    kept: list[DetectedFace] = []
    for face in faces:
        box = bounding_box(face.points)
        if all(box.iou(bounding_box(other.points)) < _SAME_FACE_IOU for other in kept):
            kept.append(face)
    return kept


def _area(face: DetectedFace) -> float:
    box = bounding_box(face.points)
    return box.width * box.height
