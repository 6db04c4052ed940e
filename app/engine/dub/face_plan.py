"""Where one face's crops lie in every frame of a clip: smoothed once, used by all that follows."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np

from app.core.errors import FaceError
from app.core.geometry import Similarity
from app.core.text import face_name
from app.engine.faces.aligner import FACE, align, crop_box, smooth_points, smooth_similarities, transform, warp_crop
from app.engine.faces.analysis import FaceAnalysis
from app.engine.media.frame import VideoFrame
from app.engine.ports import Image, Points

LARGEST = 512
"""Pixels along a side beyond which a face is not fetched: more costs time and is hardly seen."""
_STEP = 16


MOVED = [*range(4, 13), *range(48, 68)]
"""The landmarks that speech moves: the jaw between its corners, and the mouth."""


class FacePlan:
    """The aligned crops of one person in a clip. Raises FaceError where the clip shows no such person."""

    def __init__(self, analysis: FaceAnalysis, face: int, crop_size: int, clip: str) -> None:
        self.face, self.crop_size = face, crop_size
        self._similarities: dict[int, Similarity] = {}
        self._points: dict[int, Points] = {}
        self._found: dict[int, Points] = {}
        self._sure: set[int] = set()
        _check_face(analysis, face, clip)
        for track in analysis.tracks_of(face):
            times = [analysis.times[index] for index in track.indices]
            aligned = smooth_similarities([align(p, FACE, crop_size) for p in track.points], times)
            self._similarities |= dict(zip(track.indices, aligned, strict=True))
            self._points |= dict(zip(track.indices, smooth_points(track.points, times), strict=True))
            self._found |= dict(zip(track.indices, track.points, strict=True))
            self._sure |= {index for index, guess in zip(track.indices, track.interpolated, strict=True) if not guess}
        self.native_size = native_size([s.scale for s in self._similarities.values()], crop_size)

    def __contains__(self, index: int) -> bool:
        """Whether the face is in frame `index`."""
        return index in self._similarities

    @property
    def indices(self) -> list[int]:
        """The frames that show the face, in order."""
        return sorted(self._similarities)

    def is_sure(self, index: int) -> bool:
        """Whether the face was found in frame `index` itself, not interpolated from its neighbours."""
        return index in self._sure

    def similarity(self, index: int) -> Similarity:
        """Pixels of frame `index` to pixels of the crop. Raises KeyError where the face is not there."""
        return self._similarities[index]

    def points(self, index: int) -> Points:
        """The smoothed landmarks, 68 x 2, in pixels of the frame."""
        return self._points[index]

    def points_in_crop(self, index: int) -> Points:
        """The smoothed landmarks, 68 x 2, in pixels of the crop."""
        return transform(self._similarities[index], self._points[index])

    def shared_points(self, index: int) -> Points:
        """The smoothed landmarks, 68 x 2, as shares of the crop's side, whatever its size."""
        return self._shared(self.points_in_crop(index))

    def found_points(self, index: int) -> Points:
        """As `points`, but mouth and chin where they were found in this very frame.

        Lips shut and open again within the time over which landmarks are smoothed: smoothed, a wide open mouth is less
        open than it is, and a shut one never shut.
        """
        points = self._points[index].copy()
        points[MOVED] = self._found[index][MOVED]
        return points

    def true_points(self, index: int) -> Points:
        """`found_points`, 68 x 2, as shares of the crop's side."""
        return self._shared(transform(self._similarities[index], self.found_points(index)))

    def _shared(self, points: Points) -> Points:
        """Pixels of the crop as shares of its side."""
        return (points + np.float32(0.5)) / np.float32(self.crop_size)

    def crop(self, frame: VideoFrame) -> Image:
        """The aligned crop of a frame at the network's size."""
        return crop_of(frame, self.similarity(frame.index), self.crop_size)

    def native_similarity(self, index: int) -> Similarity:
        """Pixels of frame `index` to pixels of the crop at `native_size`."""
        return self._similarities[index].resized(self.crop_size, self.native_size)

    def native_crop(self, frame: VideoFrame) -> Image:
        """The aligned crop of a frame at the size that the face has in the film."""
        return crop_of(frame, self.native_similarity(frame.index), self.native_size)


def native_size(scales: Sequence[float], crop_size: int) -> int:
    """Side of a crop that keeps the film's pixels: `scales` are those from the film to crops of `crop_size`.

    By the median, a multiple of 16, at least `crop_size` and at most `LARGEST`.
    """
    film = crop_size / max(statistics.median(scales), 1e-6)
    return int(min(max(math.ceil(film / _STEP) * _STEP, crop_size), max(LARGEST, crop_size)))


def crop_of(frame: VideoFrame, similarity: Similarity, size: int) -> Image:
    """The aligned crop, converting only the part of the frame that it needs."""
    left, top, right, bottom = _even_region(frame, similarity, size)
    region = frame.rgb_region(left, top, right - left, bottom - top)
    x, y = similarity.apply((left, top))
    return warp_crop(region, Similarity(similarity.a, similarity.b, x, y), size)


def _even_region(frame: VideoFrame, similarity: Similarity, size: int) -> tuple[int, int, int, int]:
    """The crop's box with room for the blur, cut to the frame and widened to even numbers."""
    box = crop_box(similarity, size)
    room = 8 + int(2 / max(similarity.scale, 1e-3))
    width, height = frame.size
    left, top = (min(max(int(low) - room, 0), side - 2) & ~1 for low, side in ((box.left, width), (box.top, height)))
    right = min(max(int(box.right) + room, left + 2), width) + 1 & ~1
    bottom = min(max(int(box.bottom) + room, top + 2), height) + 1 & ~1
    return left, top, right, bottom


def _check_face(analysis: FaceAnalysis, face: int, clip: str) -> None:
    """Raises FaceError where the clip shows nobody, or not that many."""
    count = analysis.face_count
    if count == 0:
        raise FaceError(f'"{clip}" shows no face that can be found: give a clip with a face at least 40 pixels wide.')
    if not 0 <= face < count:
        there = f"only {face_name(0)}" if count == 1 else f"faces 1 to {count}"
        raise FaceError(f'"{clip}" has no {face_name(face)}: there is {there}; `inspect` lists them.')
