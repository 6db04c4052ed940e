"""Faces by a network with anchors: what goes into it, and what its numbers mean (MediaPipe's face detection graphs)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.geometry import Box
from app.engine.faces.finds import Detection
from app.engine.media.opencv import cv2
from app.engine.ports import Image

Search = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""N x S x S x 3 -> (N x anchors x 16, N x anchors): numbers and scores, see `FaceNetworks`."""

_SAME_FACE_IOU = 0.3
"""Overlap from which two finds are of one face."""
_KEYS = 6


class SearchLayout(msgspec.Struct, frozen=True):
    """The pictures that a network takes and where its anchors stand."""

    side: int
    """S, in pixels."""
    grids: tuple[tuple[int, int], ...]
    """(places along a side, anchors in each place), in the order of the network's numbers."""

    def anchors(self) -> NDArray[np.float32]:
        """Their places, anchors x 2, as shares of the side."""
        parts = [_grid(places, each) for places, each in self.grids]
        return np.concatenate(parts)


SHORT_RANGE = SearchLayout(128, ((16, 2), (8, 6)))
FULL_RANGE = SearchLayout(192, ((48, 1),))


class FaceSearch:
    """Looks for all faces of single pictures."""

    def __init__(self, search: Search, layout: SearchLayout, least_score: float) -> None:
        self._search, self._side, self._least = search, layout.side, least_score
        self._anchors = layout.anchors()

    def find(self, image: Image) -> list[Detection]:
        """The faces of an RGB picture, the surest first; places have pixel edges at whole numbers."""
        numbers, scores = self._search(self._fitted(image)[None])
        sure = scores[0] >= self._least
        boxes, keys = _decoded(numbers[0][sure], self._anchors[sure], self._side)
        good = (boxes[:, 2:] >= boxes[:, :2]).all(axis=1)
        height, width = image.shape[:2]
        scale = float(max(height, width))
        shift = np.array([width - scale, height - scale]) / 2
        return [
            Detection(Box(*(box * scale + np.tile(shift, 2)).tolist()), score, (own * scale + shift)[:4])
            for box, own, score in _without_doubles(boxes[good], keys[good], scores[0][sure][good])
        ]

    def _fitted(self, image: Image) -> Image:
        """The whole picture in the middle of a black square of the network's side."""
        height, width = image.shape[:2]
        scale = max(height, width) / self._side
        inverse = np.array(
            [[scale, 0, (width - scale * self._side) / 2], [0, scale, (height - scale * self._side) / 2]]
        )
        return warped(image, inverse, self._side, cv2.BORDER_CONSTANT)


def warped(image: Image, inverse: NDArray[np.float64], side: int, border: int) -> Image:
    """A square of `side` pixels: what `image` holds at the places that `inverse` (2 x 3) takes its pixels to."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, inverse, (side, side), flags=flags, borderMode=border).astype(np.uint8, copy=False)


def _grid(places: int, each: int) -> NDArray[np.float32]:
    """The middles of places x places cells, row after row, each so many times."""
    middles = ((np.arange(places) + 0.5) / places).astype(np.float32)
    grid = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    return np.repeat(grid, each, axis=0)


def _decoded(
    numbers: NDArray[np.float32], anchors: NDArray[np.float32], side: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(boxes, N x 4: left, top, right, bottom; key points, N x 6 x 2), as shares of the side."""
    pairs = numbers.reshape(len(numbers), 2 + _KEYS, 2).astype(np.float64) / side
    middle, half = pairs[:, 0] + anchors, pairs[:, 1] / 2
    return np.hstack([middle - half, middle + half]), pairs[:, 2:] + anchors[:, None]


def _without_doubles(
    boxes: NDArray[np.float64], keys: NDArray[np.float64], scores: NDArray[np.float32]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64], float]]:
    """(box, key points, score) of each face: the means, by score, of the finds that lie on its surest one."""
    left = np.argsort(-scores, kind="stable")
    faces: list[tuple[NDArray[np.float64], NDArray[np.float64], float]] = []
    while len(left):
        on_it = _overlaps(boxes[left[0]], boxes[left]) > _SAME_FACE_IOU
        same = left[on_it] if on_it.any() else left[:1]
        weights = scores[same].astype(np.float64)
        mean_box, mean_keys = (np.average(part[same], axis=0, weights=weights) for part in (boxes, keys))
        faces.append((mean_box, mean_keys, float(scores[left[0]])))
        left = left[~on_it] if on_it.any() else left[1:]
    return faces


def _overlaps(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of a box with others, N."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.clip(sides, 0, None).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(axis=1) - shared
    return shared / np.maximum(union, 1e-12)
