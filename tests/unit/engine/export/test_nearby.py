"""A dub of a short range looks for faces near it alone."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from app.core.project import Segment
from app.core.timebase import TimeRange
from app.engine.export.nearby import nearby_frames
from app.engine.faces.load_analysis import load_analysis
from app.engine.media.reader import VideoReader
from app.engine.ports import DetectedFace, Image
from tests.unit.engine.media.synth import ClipRecipe, make_clip
from tests.unit.engine.rendering import face_points

RATE = 2


class Counting:
    """A detector that sees one face everywhere and counts the pictures."""

    name = "counting"

    def __init__(self) -> None:
        self.looked_at = 0

    def detect(self, image: Image) -> list[DetectedFace]:
        self.looked_at += 1
        return [DetectedFace(face_points(32, 16, 10), 1.0)]

    def reset(self) -> None:
        """There is nothing to forget."""

    def close(self) -> None:
        """There is nothing to close."""


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes at two frames a second."""
    recipe = ClipRecipe(pts=[index * 6400 for index in range(120 * RATE)], fps=Fraction(RATE))
    return make_clip(tmp_path_factory.mktemp("long") / "long.mp4", recipe)


def _segment(start: int, stop: int, face: int = 0, reference: Fraction | None = None) -> Segment:
    return Segment(TimeRange(Fraction(start), Fraction(stop)), face, reference)


@pytest.mark.parametrize(
    ("segments", "wanted"),
    [
        ([_segment(0, 4)], [range(28)]),
        ([_segment(60, 64)], [range(100, 148)]),
        ([_segment(2, 4), _segment(100, 102)], [range(28), range(180, 224)]),
        ([_segment(2, 4), _segment(20, 22)], [range(64)]),
        ([_segment(2, 4, reference=Fraction(60))], [range(28), range(100, 140)]),
        ([_segment(2, 4, face=1)], []),
        ([_segment(0, 70)], []),
    ],
)
def test_the_frames_near_what_is_dubbed(long_clip: Path, segments: list[Segment], wanted: list[range]) -> None:
    with VideoReader(long_clip) as reader:
        assert nearby_frames(reader, segments) == wanted


def test_no_other_frames_are_looked_at(long_clip: Path, tmp_path: Path) -> None:
    with VideoReader(long_clip) as reader:
        parts = nearby_frames(reader, [_segment(60, 64)])
        detector = Counting()
        near, called = load_analysis(reader, "counting", lambda: detector, tmp_path, parts=parts)
        assert called and detector.looked_at == 48 and near.presence(0).sum() == 48
        again, called = load_analysis(reader, "counting", lambda: detector, tmp_path, parts=parts)
        assert not called and again.times == near.times
        whole, called = load_analysis(reader, "counting", lambda: detector, tmp_path)
        assert called and detector.looked_at == 48 + 120 * RATE and whole.presence(0).all()
