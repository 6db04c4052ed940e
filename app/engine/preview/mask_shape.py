"""What part of a frame is pasted over: the mask of one face in one frame, for showing it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from fractions import Fraction

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.geometry import Box, Similarity
from app.core.project import Project, Segment
from app.engine.faces.aligner import FACE, SMOOTHING_SIGMA, align, smooth_points, smooth_similarities, transform
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.faces.mask import Mask, segment_mask
from app.engine.media.clip import Clip
from app.engine.media.opencv import cv2

_REACH = 3 * Fraction(SMOOTHING_SIGMA).limit_denominator(1000)
"""Seconds beyond which the smoothing of landmarks looks at no frame."""

_SMOOTH = 7
"""Points of a contour that are averaged: it goes from pixel to pixel in steps."""


class MaskShape(msgspec.Struct, frozen=True, eq=False):
    """How much of the generated crop is pasted, and where the crop lies."""

    mask: Mask
    """S x S, 0 to 1."""
    similarity: Similarity
    """Pixels of the frame to pixels of the crop."""

    def outlines(self) -> list[NDArray[np.float64]]:
        """Closed lines around all that is pasted: N x 2 each, in pixels of the crop."""
        inside = (self.mask > 0).astype(np.uint8)
        found, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        return [_smoothed(line.reshape(-1, 2).astype(np.float64)) for line in found if len(line) > _SMOOTH]


class FaceBox(msgspec.Struct, frozen=True):
    """Where a face is in a frame."""

    face: int
    """Number of the person, 0 the most prominent."""
    box: Box
    """In pixels of the frame, around the landmarks."""
    chosen: bool
    """Whether this is the face that is dubbed."""
    sure: bool = True
    """Whether it was found in this very frame, not guessed from its neighbours."""


def mask_at(project: Project, clip: Clip, analysis: FaceAnalysis, index: int) -> MaskShape | None:
    """The mask of frame `index` as the project dubs it; None where it does not, or where the face is not there."""
    time = clip.time_of(index)
    here = (segment for segment in project.segments_of(clip.whole) if segment.range.contains(time))
    segment = next(here, None)
    return None if segment is None else mask_shape(analysis, segment, index)


def mask_shape(
    analysis: FaceAnalysis, segment: Segment, index: int, size: int = 256, hidden: Mask | None = None
) -> MaskShape | None:
    """The mask of the segment's face in frame `index` for a crop of `size` pixels; None where the face is not there.

    `hidden` is the network's hidden region (the usual one while no network is loaded). Only the frames that the
    smoothing looks at are read, which makes it quick enough to follow a playhead.
    """
    track = _track_at(analysis, segment.face, index)
    if track is None:
        return None
    times = [analysis.times[i] for i in track.indices]
    here = index - track.start
    first, stop = bisect_left(times, times[here] - _REACH), bisect_right(times, times[here] + _REACH)
    part, times = track.points[first:stop], times[first:stop]
    similarity = smooth_similarities([align(points, FACE, size) for points in part], times)[here - first]
    points = transform(similarity, smooth_points(part, times)[here - first])
    return MaskShape(segment_mask(points, size, segment, hidden), similarity)


def face_boxes(analysis: FaceAnalysis, index: int, chosen: int | None) -> tuple[FaceBox, ...]:
    """The faces in frame `index`, by number; `chosen` is the one that is dubbed, None where none is."""
    found: dict[int, FaceBox] = {}
    for track in analysis.tracks:
        if track.start <= index < track.stop:
            points, sure = track.points[index - track.start], not track.interpolated[index - track.start]
            low, high = points.min(axis=0), points.max(axis=0)
            box = Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
            found[track.face] = FaceBox(track.face, box, track.face == chosen, bool(sure))
    return tuple(found[face] for face in sorted(found))


def _track_at(analysis: FaceAnalysis, face: int, index: int) -> FaceTrack | None:
    return next((track for track in analysis.tracks_of(face) if track.start <= index < track.stop), None)


def _smoothed(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """A closed line without its steps."""
    half = _SMOOTH // 2
    return np.mean([np.roll(line, shift, axis=0) for shift in range(-half, half + 1)], axis=0)
