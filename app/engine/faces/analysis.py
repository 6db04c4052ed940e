"""What is known of the faces of a whole clip."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.timebase import TimeRange
from app.engine.ports import Points

LOW_SCORE = 0.5
"""Below this confidence of the detector a face counts as uncertain."""


class FaceTrack(msgspec.Struct, frozen=True):
    """One face through consecutive frames of one shot."""

    id: int
    """Number of the track, by its first frame."""
    face: int
    """Number of the person, 0 the most prominent; several tracks may be of one person."""
    start: int
    """Index of the first frame; frame `start + k` has row k of the arrays."""
    points: NDArray[np.float32]
    """N x 68 x 2, pixels of the frame."""
    scores: NDArray[np.float32]
    """N, the detector's confidence."""
    interpolated: NDArray[np.bool_]
    """N, True where no face was found and the landmarks come from the frames around."""

    @property
    def stop(self) -> int:
        """Index after the last frame."""
        return self.start + len(self.points)

    @property
    def indices(self) -> range:
        """Indices of its frames."""
        return range(self.start, self.stop)


class FacelessSpan(msgspec.Struct, frozen=True):
    """Consecutive frames in which a face was not found."""

    first: int
    """Index of the first frame."""
    stop: int
    """Index after the last frame."""
    start_time: Fraction
    """Seconds: presentation time of the first frame."""
    stop_time: Fraction
    """Seconds: end of the last frame."""
    reason: Literal["no face", "other faces only"]
    """"no face" (none at all in any of its frames) or "other faces only"."""


class FaceAnalysis(msgspec.Struct, frozen=True):
    """All faces of a clip, frame by frame."""

    size: tuple[int, int]
    """(width, height) of the frames."""
    times: tuple[Fraction, ...]
    """Seconds: presentation time of every frame."""
    cuts: tuple[int, ...]
    """Index of each shot's first frame, without the first shot's."""
    tracks: tuple[FaceTrack, ...]
    """By face, then by first frame."""
    detector: str
    detector_version: str

    @property
    def face_count(self) -> int:
        """How many persons."""
        return max((track.face for track in self.tracks), default=-1) + 1

    @property
    def cut_times(self) -> tuple[Fraction, ...]:
        """Seconds: presentation time of each shot's first frame, without the first shot's."""
        return tuple(self.times[cut] for cut in self.cuts)

    def tracks_of(self, face: int) -> tuple[FaceTrack, ...]:
        """The tracks of one person, in order of time; none for an unknown number."""
        return tuple(track for track in self.tracks if track.face == face)

    def points_at(self, face: int, index: int) -> Points | None:
        """Landmarks (68 x 2) of `face` in frame `index`; None where it was not found."""
        for track in self.tracks_of(face):
            if track.start <= index < track.stop:
                return track.points[index - track.start]
        return None

    def frame_stop(self, index: int) -> Fraction:
        """Seconds: where frame `index` ends; the last one lasts as long as the one before it."""
        if index + 1 < len(self.times):
            return self.times[index + 1]
        length = self.times[index] - self.times[index - 1] if index > 0 else Fraction(0)
        return self.times[index] + length

    def presence(self, face: int | None = None) -> NDArray[np.bool_]:
        """For every frame, whether `face` (or any face) is in it."""
        present = np.zeros(len(self.times), dtype=np.bool_)
        for track in self.tracks if face is None else self.tracks_of(face):
            present[track.start : track.stop] = True
        return present

    def faceless_spans(self, face: int = 0) -> tuple[FacelessSpan, ...]:
        """The stretches without `face`, in order of time."""
        others = self.presence()
        return tuple(
            FacelessSpan(
                first=first,
                stop=stop,
                start_time=self.times[first],
                stop_time=self.frame_stop(stop - 1),
                reason="other faces only" if others[first:stop].any() else "no face",
            )
            for first, stop in runs_of(~self.presence(face))
        )

    def uncertain_spans(self, face: int = 0) -> tuple[TimeRange, ...]:
        """The stretches where `face` was interpolated or found with little confidence, in order of time."""
        doubtful = np.zeros(len(self.times), dtype=np.bool_)
        for track in self.tracks_of(face):
            doubtful[track.start : track.stop] = track.interpolated | (track.scores < LOW_SCORE)
        return tuple(TimeRange(self.times[first], self.frame_stop(stop - 1)) for first, stop in runs_of(doubtful))


def runs_of(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(first, stop) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
