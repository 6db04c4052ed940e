"""What of a dub is to be looked at."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.core.project import Segment
from app.core.timebase import TimeRange
from app.engine.faces.analysis import LOW_SCORE, FaceAnalysis, FaceTrack
from app.engine.faces.doubts import Doubt, doubts_of

FPS = 25
FRAMES = 40


def analysis(present: list[bool], sure: list[bool], interpolated: list[bool]) -> FaceAnalysis:
    """One face, frame by frame."""
    tracks: list[FaceTrack] = []
    for index in range(FRAMES):
        if present[index]:
            score = np.array([LOW_SCORE + (0.1 if sure[index] else -0.1)], np.float32)
            points = np.zeros((1, 68, 2), np.float32)
            tracks.append(FaceTrack(index, 0, index, points, score, np.array([interpolated[index]])))
    times = tuple(Fraction(index, FPS) for index in range(FRAMES))
    return FaceAnalysis((640, 360), times, (), tuple(tracks), "test", "1")


def seconds(start: int, stop: int) -> TimeRange:
    return TimeRange(Fraction(start, FPS), Fraction(stop, FPS))


flags = st.lists(st.booleans(), min_size=FRAMES, max_size=FRAMES)


@given(flags, flags, flags, st.integers(0, FRAMES - 1), st.integers(1, FRAMES))
def test_each_frame_is_doubted_as_it_deserves(
    present: list[bool], sure: list[bool], interpolated: list[bool], first: int, length: int
) -> None:
    stop = min(FRAMES, first + length)
    found = doubts_of([Segment(range=seconds(first, stop))], analysis(present, sure, interpolated))
    assert list(found) == sorted(found, key=lambda doubt: doubt.range)
    for index in range(FRAMES):
        here = [doubt.kind for doubt in found if doubt.range.contains(Fraction(index, FPS))]
        doubtful = not sure[index] or interpolated[index]
        kind = "no face" if not present[index] else "uncertain" if doubtful else None
        assert here == ([kind] if kind is not None and first <= index < stop else [])


def test_another_face_in_the_picture_is_told_apart() -> None:
    everywhere = [True] * FRAMES
    found = doubts_of([Segment(range=seconds(4, 8), face=1)], analysis(everywhere, everywhere, [False] * FRAMES))
    assert found == (Doubt(seconds(4, 8), 1, "other faces only"),)
