"""Which tracks show one person, and who is the most prominent."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.faces.analysis import FaceTrack
from app.engine.faces.appearance import Appearance
from app.engine.faces.points import bounding_box

_SAME_PERSON = 0.3
"""Largest appearance distance of two tracks of one person. Measured on the training clips: two halves of a
clip 0.05 to 0.10, two sentences of one session 0.14, two persons before one camera 0.33 to 0.60, persons of
different recordings 0.7 to 1.1."""
_SAME_PLACE_BONUS = 0.15
"""What is taken off the distance where a face stands where the other left (jump cuts, short losses)."""


class _Person:
    def __init__(self, track: FaceTrack, appearance: Appearance) -> None:
        self.tracks = [track]
        self.appearance = appearance

    def add(self, track: FaceTrack, appearance: Appearance) -> None:
        self.tracks.append(track)
        self.appearance = self.appearance.merged(appearance)

    def distance(self, track: FaceTrack, appearance: Appearance) -> float:
        """Unlikeness of a later track; infinite where both are in the picture at once."""
        if any(own.start < track.stop and track.start < own.stop for own in self.tracks):
            return float("inf")
        latest = max((own for own in self.tracks), key=lambda own: own.stop)
        overlap = bounding_box(latest.points[-1]).iou(bounding_box(track.points[0]))
        return self.appearance.distance(appearance) - _SAME_PLACE_BONUS * overlap

    def prominence(self, times: Sequence[Fraction], size: tuple[int, int]) -> float:
        """Sum over the tracks of the share of the frame's area times seconds."""
        return sum(_prominence(track, times, size) for track in self.tracks)


def number_faces(
    tracks: Sequence[FaceTrack],
    appearances: Sequence[Appearance],
    shots: Sequence[int],
    times: Sequence[Fraction],
    size: tuple[int, int],
) -> list[FaceTrack]:
    """The tracks with `face` set: 0 for the person with the largest sum of area times duration.

    Shot by shot, the likest pairs of a known person and a new track are joined first, as long as they look
    alike and never share a frame; who is left over is a new person. Colour and rough shape are all that is
    compared: two people alike in both, in different shots, can be taken for one.
    """
    people: list[_Person] = []
    for shot in sorted(set(shots)):
        _join_shot(people, [(t, a) for t, a, s in zip(tracks, appearances, shots, strict=True) if s == shot])
    people.sort(key=lambda person: -person.prominence(times, size))
    return [
        msgspec.structs.replace(track, face=face)
        for face, person in enumerate(people)
        for track in sorted(person.tracks, key=lambda track: track.start)
    ]


def _join_shot(people: list[_Person], waiting: list[tuple[FaceTrack, Appearance]]) -> None:
    while waiting:
        best = min(
            ((person.distance(*pair), i, k) for i, person in enumerate(people) for k, pair in enumerate(waiting)),
            default=(float("inf"), 0, 0),
        )
        if best[0] <= _SAME_PERSON:
            people[best[1]].add(*waiting.pop(best[2]))
        else:
            people.append(_Person(*waiting.pop(0)))


def _prominence(track: FaceTrack, times: Sequence[Fraction], size: tuple[int, int]) -> float:
    """Median share of the frame's area times seconds."""
    extent = track.points.max(axis=1) - track.points.min(axis=1)
    areas: NDArray[np.float32] = extent[:, 0] * extent[:, 1]
    area = float(np.median(areas)) / (size[0] * size[1])
    last = min(track.stop, len(times) - 1)
    return area * max(float(times[last] - times[track.start]), 1e-3)
