"""The mask that is shown is the one that is pasted; faces are boxed where they are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from app.core.geometry import Similarity
from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.dub.face_plan import FacePlan
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.faces.mask import paste_mask
from app.engine.media.clip import Clip
from app.engine.media.probe import MediaInfo
from app.engine.preview.mask_shape import MaskShape, face_boxes, mask_at, mask_shape

WHOLE = TimeRange(Fraction(0), Fraction(60, 25))
INFO = MediaInfo("c.mp4", "mov", Fraction(60, 25), Fraction(0), None, None, ())
CLIP = Clip("c.mp4", "c", INFO, tuple(range(0, 60 * 512, 512)), Fraction(1, 12800), Fraction(25), (640, 360))


def a_face(x: float, y: float, size: float) -> np.ndarray:
    """68 landmarks of a face drawn on a circle and a cross: no portrait, but every point in its order of height."""
    chance = np.random.default_rng(3)
    angle = np.linspace(np.pi, 0, 17)
    jaw = np.stack([np.cos(angle), 0.2 + np.sin(angle)], axis=1)
    brows = np.stack([np.linspace(-0.8, 0.8, 10), np.full(10, -0.5)], axis=1)
    nose = np.stack([np.linspace(-0.02, 0.02, 9), np.linspace(-0.2, 0.4, 9)], axis=1)
    eyes = np.stack([np.r_[np.linspace(-0.6, -0.3, 6), np.linspace(0.3, 0.6, 6)], np.full(12, -0.25)], axis=1)
    mouth = np.stack([np.linspace(-0.4, 0.4, 20), np.full(20, 0.7)], axis=1)
    points = np.concatenate([jaw, brows, nose, eyes, mouth]) + chance.normal(0, 0.005, (68, 2))
    return (points * size + (x, y)).astype(np.float32)


@pytest.fixture
def analysis() -> FaceAnalysis:
    """Two faces in sixty frames; face 1 only in the last twenty, guessed in the first of them."""
    chance = np.random.default_rng(4)
    walk = np.stack([a_face(200 + 2 * i, 150 + 0.3 * i, 60) for i in range(60)])
    walk += chance.normal(0, 0.5, walk.shape).astype(np.float32)
    late = np.stack([a_face(500, 200, 30)] * 20)
    guessed = np.zeros(20, np.bool_)
    guessed[0] = True
    tracks = (
        FaceTrack(0, 0, 0, walk, np.ones(60, np.float32), np.zeros(60, np.bool_)),
        FaceTrack(1, 1, 40, late, np.ones(20, np.float32), guessed),
    )
    return FaceAnalysis((640, 360), tuple(Fraction(i, 25) for i in range(60)), (), tracks, "none", "0")


@pytest.mark.parametrize("index", [0, 3, 30, 59])
def test_the_mask_is_the_one_that_the_whole_clips_plan_gives(analysis: FaceAnalysis, index: int) -> None:
    plan = FacePlan(analysis, 0, 256, "clip.mp4")
    shape = mask_shape(analysis, Segment(WHOLE), index)
    assert shape is not None
    assert shape.similarity == plan.similarity(index)
    assert (shape.mask == paste_mask(plan.points_in_crop(index), 256)).all()


def test_a_wider_feather_is_softer(analysis: FaceAnalysis) -> None:
    hard, soft = (mask_shape(analysis, Segment(WHOLE, feather=feather), 30) for feather in (0.25, 3.0))
    assert hard is not None
    assert soft is not None
    assert ((hard.mask > 0.05) & (hard.mask < 0.95)).sum() * 2 < ((soft.mask > 0.05) & (soft.mask < 0.95)).sum()


def test_the_mask_of_a_frame_is_the_one_of_the_segment_that_dubs_it(analysis: FaceAnalysis) -> None:
    segments = (
        Segment(TimeRange(Fraction(0), Fraction(20, 25)), feather=0.25),
        Segment(TimeRange(Fraction(45, 25), Fraction(50, 25)), face=1, feather=3.0),
    )
    project = Project(segments=segments)
    for index, segment in ((5, segments[0]), (47, segments[1])):
        shown, expected = mask_at(project, CLIP, analysis, index), mask_shape(analysis, segment, index)
        assert shown is not None and expected is not None
        assert shown.similarity == expected.similarity and (shown.mask == expected.mask).all()
    assert mask_at(project, CLIP, analysis, 30) is None
    assert mask_at(Project(segments=()), CLIP, analysis, 5) is None


def test_a_project_that_names_no_segment_has_its_mask_too(analysis: FaceAnalysis) -> None:
    shown, expected = mask_at(Project(face=1), CLIP, analysis, 45), mask_shape(analysis, Segment(WHOLE, 1), 45)
    assert shown is not None and expected is not None
    assert (shown.mask == expected.mask).all()


def test_there_is_no_mask_where_there_is_no_face(analysis: FaceAnalysis) -> None:
    assert mask_shape(analysis, Segment(WHOLE, 1), 10) is None
    assert mask_shape(analysis, Segment(WHOLE, 7), 10) is None


def test_the_outline_goes_around_all_that_is_pasted() -> None:
    mask = np.zeros((100, 100), np.float32)
    mask[20:60, 30:80] = 0.5
    (line,) = MaskShape(mask, Similarity(1, 0, 0, 0)).outlines()
    assert line.min(axis=0) == pytest.approx([30, 20], abs=1.5)
    assert line.max(axis=0) == pytest.approx([79, 59], abs=1.5)


def test_nothing_pasted_has_no_outline() -> None:
    assert MaskShape(np.zeros((64, 64), np.float32), Similarity(1, 0, 0, 0)).outlines() == []


def test_faces_are_boxed_with_number_choice_and_whether_they_were_found(analysis: FaceAnalysis) -> None:
    assert [box.face for box in face_boxes(analysis, 10, None)] == [0]
    first, second = face_boxes(analysis, 40, 1)
    assert (first.face, first.chosen, first.sure) == (0, False, True)
    assert (second.face, second.chosen, second.sure) == (1, True, False)
    assert second.box.left == pytest.approx(470, abs=2)
    assert second.box.right == pytest.approx(530, abs=2)
    assert face_boxes(analysis, 10_000, None) == ()
