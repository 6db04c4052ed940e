"""One video of a comparison: its most prominent face, framed frame by frame as the paper's supplement says (section B).

Each video is aligned by its own landmarks, as FFHQ is; within that picture the square around landmark 34 is cut out
(`evaluation_crop`) and brought to one size, whatever size or framing the video has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import FaceError
from app.core.geometry import Box, Similarity
from app.core.names import readable
from app.core.streams import AUTOMATIC, Streams
from app.engine.dub.face_plan import crop_of
from app.engine.evaluation.pairing import FrameTimes
from app.engine.faces.aligner import FFHQ, align, evaluation_crop, smooth_points, smooth_similarities, transform
from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.appearance import Appearance
from app.engine.faces.load_analysis import load_analysis
from app.engine.media.frame import VideoFrame
from app.engine.media.reader import VideoReader
from app.engine.ports import Image, LandmarkDetector, Points
from app.engine.progress import Progress, no_progress

ALIGNED = 256
"""Side of the aligned picture in which places of landmarks are told."""
_SIGHTINGS = 20
"""Frames from which it is told whose face it is."""


class FaceFinder(msgspec.Struct, frozen=True):
    """How faces are found, and where what was found is kept."""

    name: str
    make: Callable[[], LandmarkDetector]
    cache: Path


class Footage:
    """A video opened for comparison; a context manager.

    Raises MediaError for what is no video, FaceError for one that shows no face.
    """

    def __init__(
        self,
        path: Path,
        finder: FaceFinder,
        size: int,
        progress: Progress = no_progress,
        streams: Streams = AUTOMATIC,
    ) -> None:
        """`size`: the side of the crops that are compared."""
        self.path, self.size = path, size
        self.reader = VideoReader(path, streams=streams)

        def told(stage: str, done: int, total: int | None) -> None:
            progress(f"{stage} of {readable(path.name)}", done, total)

        try:
            self.analysis, _ = load_analysis(self.reader, finder.name, finder.make, finder.cache, told)
            self._placing = place_face(self.analysis, str(path))
        except BaseException:
            self.reader.close()
            raise

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the video."""
        self.reader.close()

    @property
    def times(self) -> FrameTimes:
        """When its frames appear."""
        times = self.analysis.times
        return FrameTimes(str(self.path), times, self.analysis.frame_stop(len(times) - 1))

    def points(self, indices: Sequence[int]) -> Points:
        """The landmarks as found in these frames, N x 68 x 2 in pixels of the frame; not a number where none were."""
        return self._gathered(indices, lambda place: place.points)

    def aligned_points(self, indices: Sequence[int]) -> Points:
        """The same in pixels of the aligned picture, `ALIGNED` wide."""
        return self._gathered(indices, lambda place: transform(place.similarity, place.points))

    def _gathered(self, indices: Sequence[int], points: Callable[[Place], Points]) -> Points:
        empty = np.full((68, 2), np.nan, np.float32)
        places = [self._placing.get(index) for index in indices]
        return np.stack([empty if place is None or not place.found else points(place) for place in places])

    def frames(self, indices: Sequence[int]) -> Iterator[VideoFrame]:
        """These frames, whose indices ascend. Raises MediaError for a video that is damaged."""
        wanted = iter(indices)
        index = next(wanted, None)
        for frame in self.reader.frames():
            if index is None:
                return
            if frame.index == index:
                yield frame
                index = next(wanted, None)

    def crop(self, frame: VideoFrame) -> Image | None:
        """The supplement's crop, size x size x 3; None where the frame has no face."""
        place = self._placing.get(frame.index)
        return None if place is None else crop_of(frame, place.boxed(self.size), self.size)

    def aligned_similarity(self, index: int) -> Similarity | None:
        """Pixels of frame `index` to those of the aligned picture; None where it has no face."""
        place = self._placing.get(index)
        return None if place is None else place.similarity

    def appearance(self) -> Appearance:
        """How its face looks, from frames spread over the video."""
        there = [index for index, place in self._placing.items() if place.found]
        picks = np.linspace(0, len(there) - 1, min(_SIGHTINGS, len(there))).round().astype(int)
        seen = Appearance()
        for index in dict.fromkeys(there[pick] for pick in picks.tolist()):
            seen.see(0, self.reader.frame_at(self.analysis.times[index]).rgb(), self._placing[index].points)
        return seen

    def relative_size(self, other: Footage) -> tuple[float, float]:
        """Its frame's width and height over those of another video."""
        return self.reader.size[0] / other.reader.size[0], self.reader.size[1] / other.reader.size[1]


class Place(msgspec.Struct, frozen=True):
    """Where the face is in one frame."""

    points: Points
    """68 x 2, in pixels of the frame, as they were found."""
    found: bool
    """Whether they were found in this very frame, not told from its neighbours."""
    similarity: Similarity
    """Pixels of the frame to those of the aligned picture; smoothed over time."""
    box: Box
    """The supplement's square, in pixels of the aligned picture."""

    def boxed(self, size: int) -> Similarity:
        """Pixels of the frame to those of the supplement's square at `size` pixels."""
        s, factor = self.similarity, size / self.box.width
        x, y = (s.x - self.box.left) * factor - 0.5, (s.y - self.box.top) * factor - 0.5
        return Similarity(s.a * factor, s.b * factor, x, y)


def place_face(analysis: FaceAnalysis, clip: str) -> dict[int, Place]:
    """Where the most prominent face is, by the index of the frame. Raises FaceError where there is none."""
    if not analysis.face_count:
        raise FaceError(f'"{clip}" shows no face that can be found: give a video of one face, 40 pixels wide or more.')
    places: dict[int, Place] = {}
    for track in analysis.tracks_of(0):
        times: list[Fraction] = [analysis.times[index] for index in track.indices]
        aligned = smooth_similarities([align(points, FFHQ, ALIGNED) for points in track.points], times)
        steady = smooth_points(track.points, times)
        for number, index in enumerate(track.indices):
            box = evaluation_crop(transform(aligned[number], steady[number]))
            places[index] = Place(track.points[number], not _guessed(track.interpolated, number), aligned[number], box)
    return places


def _guessed(interpolated: NDArray[np.bool_], number: int) -> bool:
    return bool(interpolated[number])
