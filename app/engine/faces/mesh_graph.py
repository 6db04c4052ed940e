"""Meshes of the faces of a picture, and of the pictures that follow it: MediaPipe's face landmark graph.

The detector looks at every picture that may hold more faces than are followed; where all are followed without a doubt,
at every fourth, and at any in which one is lost (MediaPipe's looks at them all). A face that was meshed is looked for
where its mesh was; one that the detector found, where it was found. What is meshed is a square with room around the
face, turned so that the eyes are level.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.geometry import Box
from app.engine.faces.face_search import FULL_RANGE, SHORT_RANGE, FaceSearch, warped
from app.engine.faces.finds import Detection, Found
from app.engine.faces.mesh68 import mesh_to_68
from app.engine.faces.points import bounding_box
from app.engine.media.opencv import cv2
from app.engine.ports import FaceNetworks, Image

_LEAST_SCORE = 0.5
"""Of a detection, and of the presence of a face under a mesh."""
_LEAST_FAR_SCORE = 0.6
"""Of a detection by the full-range network. MediaPipe's graph has it so, whatever its Python class is told."""
_SIDE = 192
_ROOM = 1.5
"""Sides of the square that is meshed, in longer sides of the face's box."""
_LOOK_EVERY = 4
_SAME_FACE_IOU = 0.5
_LEFT_EYE, _RIGHT_EYE = 33, 263
"""Vertices: the outer corners of the image-left and the image-right eye."""


class Square(msgspec.Struct, frozen=True):
    """A turned square of a picture."""

    x: float
    y: float
    """Its middle, in pixels with edges at whole numbers."""
    side: float
    angle: float
    """Radians, clockwise on the screen."""

    @staticmethod
    def around(box: Box, left: NDArray[np.float64], right: NDArray[np.float64]) -> Square:
        """With room around `box`; its upper edge runs as from the left place (x, y) to the right one."""
        across = right - left
        side = _ROOM * max(box.width, box.height)
        return Square(*box.centre, side, math.atan2(float(across[1]), float(across[0])))

    @property
    def upright(self) -> Box:
        """The same square without its turn."""
        half = self.side / 2
        return Box(self.x - half, self.y - half, self.x + half, self.y + half)

    def matrix(self, pixels: int) -> NDArray[np.float64]:
        """2 x 3: takes places of the square, `pixels` along each side, to places of the picture."""
        scale = self.side / pixels
        cosine, sine = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        half = pixels / 2
        x, y = self.x - (cosine - sine) * half, self.y - (sine + cosine) * half
        return np.array([[cosine, -sine, x], [sine, cosine, y]])


class MeshGraph:
    """Meshes up to `max_faces` faces a picture; with `tracking` it follows them from one picture to the next."""

    def __init__(self, networks: FaceNetworks, max_faces: int, *, tracking: bool) -> None:
        self._networks, self._max_faces, self._tracking = networks, max_faces, tracking
        self._search = FaceSearch(networks.short_range, SHORT_RANGE, _LEAST_SCORE)
        self._followed: list[Square] = []
        self._rest = 0

    def process(self, image: Image) -> Found:
        """The faces of an RGB picture."""
        enough = len(self._followed) >= self._max_faces
        if self._rest or enough:
            meshes = self._meshed(image, _joined(self._followed))
            if enough or len(meshes) == len(self._followed):
                self._rest = max(self._rest - 1, 0)
                return self._found(meshes, [])
        detections = self._search.find(image)[: self._max_faces]
        meshes = self._meshed(image, _joined([*map(_square_of, detections), *self._followed]))
        self._rest = _LOOK_EVERY - 1 if meshes and _are_sure(meshes, detections) else 0
        return self._found(meshes, detections)

    def _found(self, meshes: list[NDArray[np.float32]], detections: list[Detection]) -> Found:
        self._followed = [_around_mesh(mesh) for mesh in meshes] if self._tracking else []
        self._rest = self._rest if self._followed else 0
        return Found(meshes, detections)

    def reset(self) -> None:
        """Follows no face any longer."""
        self._followed, self._rest = [], 0

    def _meshed(self, image: Image, squares: list[Square]) -> list[NDArray[np.float32]]:
        """The meshes of the squares that hold a face."""
        if not squares:
            return []
        matrices = [square.matrix(_SIDE) for square in squares]
        crops = np.stack([warped(image, matrix, _SIDE, cv2.BORDER_REPLICATE) for matrix in matrices])
        vertices, presences = self._networks.mesh(crops)
        return [
            _placed(mesh, matrix, square.side / _SIDE)
            for mesh, matrix, square, presence in zip(vertices, matrices, squares, presences, strict=True)
            if presence > _LEAST_SCORE
        ]


class NetworkEyes:
    """Looks with MediaPipe's networks, run by us."""

    name = "facemesh"

    def __init__(self, networks: FaceNetworks) -> None:
        self._networks, self.version = networks, networks.version

    def follower(self, max_faces: int) -> MeshGraph:
        """See `Eyes`."""
        return MeshGraph(self._networks, max_faces, tracking=True)

    def single(self) -> MeshGraph:
        """See `Eyes`."""
        return MeshGraph(self._networks, 1, tracking=False)

    def far(self) -> Callable[[Image], list[Detection]]:
        """See `Eyes`."""
        return FaceSearch(self._networks.full_range, FULL_RANGE, _LEAST_FAR_SCORE).find


def _are_sure(meshes: list[NDArray[np.float32]], detections: list[Detection]) -> bool:
    """Whether the detector agrees with every mesh, and sees no other face."""
    points = [mesh_to_68(mesh[:, :2]) for mesh in meshes]
    return len(meshes) == len(detections) and all(any(found.is_sure(each) for found in detections) for each in points)


def _square_of(found: Detection) -> Square:
    return Square.around(found.box, found.keys[0], found.keys[1])


def _around_mesh(mesh: NDArray[np.float32]) -> Square:
    flat = mesh[:, :2].astype(np.float64)
    return Square.around(bounding_box(mesh[:, :2]), flat[_LEFT_EYE], flat[_RIGHT_EYE])


def _joined(squares: Iterable[Square]) -> list[Square]:
    """The squares without those that a later one lies on."""
    kept: list[Square] = []
    for square in squares:
        kept = [other for other in kept if other.upright.iou(square.upright) <= _SAME_FACE_IOU]
        kept.append(square)
    return kept


def _placed(mesh: NDArray[np.float32], matrix: NDArray[np.float64], scale: float) -> NDArray[np.float32]:
    """A mesh in pixels of its square as one in pixels of the picture."""
    flat = mesh[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return np.column_stack([flat, mesh[:, 2] * scale]).astype(np.float32)
