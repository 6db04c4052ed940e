"""Follows every face through a clip, in one pass over its frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment  # pyright: ignore

from app.engine.ahead import ahead
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.faces.appearance import Appearance
from app.engine.faces.identity import number_faces
from app.engine.faces.points import bounding_box
from app.engine.faces.scene_cuts import CutFinder
from app.engine.ports import DetectedFace, Image, LandmarkDetector, Points
from app.engine.progress import CancelToken, Progress, StageClock, no_progress

Frame = tuple[int, Fraction, Image]
"""Index (0, 1, 2, ...), presentation time in seconds, RGB picture."""

LONGEST_GAP = Fraction(2, 5)
"""Seconds between two sightings that are still bridged by interpolation. Sightings in neighbouring frames leave no gap,
however long the first one is shown."""

_GATE = 0.35
"""Farthest mean landmark distance, in face sizes, between consecutive frames of one face."""
_GATE_PER_SECOND = 1.0
"""How the gate widens while a face is out of sight."""
_WIDEST_GATE = 1.5
_AHEAD = 4
"""Frames that are decoded while one is looked at."""
_FEWEST_SIGHTINGS = 3
"""A track seen in fewer frames is taken for a false alarm, unless its shot is no longer or they are shown for
`LONGEST_GAP` (few frames a second)."""


def analyse(
    frames: Iterable[Frame],
    detector: LandmarkDetector,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
    total: int | None = None,
    times: Sequence[Fraction] | None = None,
    clock: StageClock | None = None,
) -> FaceAnalysis:
    """Finds and follows all faces of a clip, frame after frame; keeps landmarks, never pictures.

    Frames are asked for in a thread, some before they are needed; `clock` counts the time that is waited for them as
    "decode". `total` is the number of frames, for `progress` only. With `times`, those of the whole clip, `frames` may
    leave some out: nobody is seen in those, or followed across. A clip without a face gives an analysis without tracks.
    Raises Cancelled when `cancel` asks for it, ValueError for frames out of order.
    """
    detector.reset()
    tracker = _Tracker()
    ready = ahead(_with_cuts(frames), _AHEAD)
    with closing(ready):
        for number, (index, time, image, is_cut) in enumerate(clock.timed("decode", ready) if clock else ready, 1):
            if cancel is not None:
                cancel.check()
            if times is not None and tracker.leave_out(times, index):
                detector.reset()
            if is_cut:
                tracker.cut()
                detector.reset()
            tracker.add(index, time, image, detector.detect(image))
            progress("faces", number, total)
    if times is not None:
        tracker.leave_out(times, len(times))
    return tracker.result(detector)


def _with_cuts(frames: Iterable[Frame]) -> Iterator[tuple[int, Fraction, Image, bool]]:
    """The frames, and whether each begins a new shot; where some are left out it is not asked."""
    cuts, before = CutFinder(), None
    for index, time, image in frames:
        if before is not None and index != before + 1:
            cuts = CutFinder()
        before = index
        yield index, time, image, cuts.is_cut(image)


class _OpenTrack:
    """A face that is being followed."""

    def __init__(self, shot: int) -> None:
        self.shot = shot
        self.indices: list[int] = []
        self.points: list[Points] = []
        self.scores: list[float] = []
        self.appearance = Appearance()
        self.last_seen = Fraction(0)

    def see(self, index: int, time: Fraction, image: Image, face: DetectedFace) -> None:
        self.appearance.see(len(self.indices), image, face.points)
        self.indices.append(index)
        self.points.append(face.points.astype(np.float32))
        self.scores.append(face.score)
        self.last_seen = time

    def finished(self, number: int) -> FaceTrack:
        """The track with its gaps filled by straight lines."""
        seen = np.array(self.indices)
        every = np.arange(self.indices[0], self.indices[-1] + 1)
        flat = np.stack(self.points).reshape(len(seen), -1)
        columns = [_interpolated(every, seen, column) for column in flat.T]
        return FaceTrack(
            id=number,
            face=number,
            start=self.indices[0],
            points=np.stack(columns, axis=1).reshape(-1, 68, 2).astype(np.float32),
            scores=_interpolated(every, seen, np.array(self.scores)).astype(np.float32),
            interpolated=~np.isin(every, seen),
        )


class _Tracker:
    """Joins detections to tracks; knows nothing of files."""

    def __init__(self) -> None:
        self._times: list[Fraction] = []
        self._cuts: list[int] = []
        self._open: list[_OpenTrack] = []
        self._closed: list[_OpenTrack] = []
        self._size = (0, 0)

    def cut(self) -> None:
        """The next frame begins a new shot: nobody is followed across."""
        self._cuts.append(len(self._times))
        self._closed += self._open
        self._open = []

    def leave_out(self, times: Sequence[Fraction], until: int) -> bool:
        """Takes the times of the frames before number `until` that nobody looked at; whether there are any."""
        known = len(self._times)
        if known >= until:
            return False
        if known:
            self.cut()
        self._times += times[known:until]
        if until < len(times):
            self.cut()
        return True

    def add(self, index: int, time: Fraction, image: Image, faces: list[DetectedFace]) -> None:
        """Takes the faces of the next frame."""
        if index != len(self._times) or (self._times and time <= self._times[-1]):
            raise ValueError(f"frame {index} at {time} s is out of order")
        self._times.append(time)
        self._size = image.shape[1], image.shape[0]
        self._close_lost(index, time)
        matched = self._matches(time, faces)
        for number, face in enumerate(faces):
            track = matched.get(number)
            if track is None:
                track = _OpenTrack(len(self._cuts))
                self._open.append(track)
            track.see(index, time, image, face)

    def result(self, detector: LandmarkDetector) -> FaceAnalysis:
        """The analysis, after the last frame."""
        kept = [track for track in self._closed + self._open if self._believable(track)]
        kept.sort(key=lambda track: (track.indices[0], -_area(track.points[0])))
        tracks = [track.finished(number) for number, track in enumerate(kept)]
        numbered = number_faces(tracks, [t.appearance for t in kept], [t.shot for t in kept], self._times, self._size)
        return FaceAnalysis(
            size=self._size,
            times=tuple(self._times),
            cuts=tuple(self._cuts),
            tracks=tuple(numbered),
            detector=detector.name,
            detector_version=str(getattr(detector, "version", "")),
        )

    def _close_lost(self, index: int, time: Fraction) -> None:
        missed = [track for track in self._open if index - track.indices[-1] > 1]
        lost = [track for track in missed if time - track.last_seen > LONGEST_GAP]
        self._closed += lost
        self._open = [track for track in self._open if track not in lost]

    def _matches(self, time: Fraction, faces: list[DetectedFace]) -> dict[int, _OpenTrack]:
        """For each face that continues an open track, by its number in `faces`, that track."""
        if not faces or not self._open:
            return {}
        cost = np.array([[_distance(track.points[-1], face.points) for face in faces] for track in self._open])
        waits = [float(time - track.last_seen) for track in self._open]
        gate = np.array([min(_GATE + _GATE_PER_SECOND * max(wait - 0.05, 0), _WIDEST_GATE) for wait in waits])
        return {
            column: self._open[row]
            for row, column in _assignment(np.minimum(cost, 2 * gate.max()))
            if cost[row, column] <= gate[row]
        }

    def _believable(self, track: _OpenTrack) -> bool:
        edges = [0, *self._cuts, len(self._times)]
        length = edges[track.shot + 1] - edges[track.shot]
        return len(track.indices) >= min(_FEWEST_SIGHTINGS, length) or self._shown(track) >= LONGEST_GAP

    def _shown(self, track: _OpenTrack) -> Fraction:
        """Seconds for which the frames that show the face are on the screen; the clip's last one for none."""
        nexts = [index + 1 for index in track.indices if index + 1 < len(self._times)]
        return sum((self._times[index] - self._times[index - 1] for index in nexts), Fraction(0))


def _assignment(cost: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The pairs (row, column) of least total cost: the Hungarian method."""
    rows, columns = cast("tuple[NDArray[np.intp], NDArray[np.intp]]", linear_sum_assignment(cost))
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


def _interpolated(at: NDArray[np.int64], known: NDArray[np.int64], values: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.interp(at, known, values), dtype=np.float64)


def _area(points: Points) -> float:
    box = bounding_box(points)
    return box.width * box.height


def _distance(old: Points, new: Points) -> float:
    """Mean distance of corresponding landmarks, in sizes of the larger face."""
    size = max(_area(old), _area(new)) ** 0.5
    apart: NDArray[np.float64] = np.hypot(*(old - new).astype(np.float64).T)
    return float(apart.mean()) / max(size, 1e-6)
