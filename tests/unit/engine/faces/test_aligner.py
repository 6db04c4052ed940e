"""Alignment as a set of properties."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.geometry import Similarity
from app.engine.faces.aligner import (
    ALIGNED_POINTS,
    FACE,
    FFHQ,
    PRESETS,
    AlignPreset,
    align,
    crop_box,
    evaluation_crop,
    smooth_points,
    smooth_similarities,
    transform,
    warp_crop,
)
from app.engine.faces.points import eye_centres
from app.engine.ports import Image, Points

_SAME_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
_BOTH = pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)

_similarities = st.builds(
    lambda scale, angle, x, y: Similarity(scale * math.cos(angle), scale * math.sin(angle), x, y),
    st.floats(0.2, 5),
    st.floats(-math.pi, math.pi),
    st.floats(-500, 500),
    st.floats(-500, 500),
)


def _close(a: Similarity, b: Similarity, tolerance: float = 1e-6) -> bool:
    pairs = zip((a.a, a.b, a.x, a.y), (b.a, b.b, b.x, b.y), strict=True)
    return all(math.isclose(p, q, rel_tol=tolerance, abs_tol=tolerance) for p, q in pairs)


@_BOTH
def test_an_average_face_lands_on_the_template(preset: AlignPreset) -> None:
    """The template itself needs no more than scaling."""
    points = np.zeros((68, 2), np.float32)
    points[list(ALIGNED_POINTS)] = np.array(preset.template) * 100
    similarity = align(points, preset, 200)
    assert similarity.scale == pytest.approx(2, abs=1e-5)
    assert similarity.apply((0.0, 0.0)) == pytest.approx((-0.5, -0.5), abs=1e-4)


def test_framing_of_the_presets() -> None:
    """`face`: 2.9 eye distances, eyes at 0.24. `ffhq`: eyes a little above the middle, about 4.3 wide."""
    for preset in PRESETS.values():
        corners = np.array(preset.template[:4])
        left, right = corners[:2].mean(axis=0), corners[2:].mean(axis=0)
        assert right[0] - left[0] == pytest.approx(1 / preset.side, abs=1e-6)
        assert left[1] == pytest.approx(preset.eye_line, abs=1e-6)
        assert left[0] + right[0] == pytest.approx(1)
    assert (FACE.side, FACE.eye_line) == (2.9, 0.24)
    assert FFHQ.side == pytest.approx(4.288, abs=0.01)
    assert FFHQ.eye_line == pytest.approx(0.475, abs=0.01)


@_SAME_FIXTURE
@given(moved=_similarities)
def test_equivariance(face_points: Points, moved: Similarity) -> None:
    """A face that is moved, turned and scaled gives the same crop."""
    elsewhere = transform(moved, face_points)
    direct, round_trip = align(face_points, FACE, 192), align(elsewhere, FACE, 192)
    assert np.abs(transform(direct, face_points) - transform(round_trip, elsewhere)).max() < 0.05


@_SAME_FIXTURE
@given(shift=st.floats(-40, 40))
def test_mouth_and_jaw_do_not_move_the_crop(face_points: Points, shift: float) -> None:
    """Nor do brows."""
    speaking = face_points.copy()
    speaking[:27] += shift
    speaking[48:] += shift
    assert align(speaking, FACE, 192) == align(face_points, FACE, 192)


def test_sizes_show_the_same_part_of_the_frame(face_points: Points) -> None:
    """Twice the size is twice the scale, edge on edge."""
    small, large = (crop_box(align(face_points, FACE, size), size) for size in (96, 192))
    assert (small.left, small.top, small.right) == pytest.approx((large.left, large.top, large.right), abs=1e-3)


def test_crop_box_holds_the_face(face_points: Points) -> None:
    """The side is near 2.9 eye distances; the jaw is inside."""
    box = crop_box(align(face_points, FACE, 192), 192)
    left, right = eye_centres(face_points)
    assert box.width == pytest.approx(2.9 * np.hypot(*(right - left)), rel=0.15)
    assert box.top < face_points[:, 1].min() and face_points[8, 1] < box.bottom


def test_warp_puts_pixels_where_points_go(astronaut: Image) -> None:
    """A white dot lands on its transformed place."""
    frame = np.zeros_like(astronaut)
    frame[150:153, 200:203] = 255
    similarity = Similarity(0.9, 0.3, -40.0, -120.0)
    crop = warp_crop(frame, similarity, 160).astype(float)[..., 0]
    rows, columns = np.indices(crop.shape)
    centre = (crop * columns).sum() / crop.sum(), (crop * rows).sum() / crop.sum()
    assert centre == pytest.approx(similarity.apply((201.0, 151.0)), abs=0.05)


def test_identity_warp_changes_nothing(astronaut: Image) -> None:
    """Pixel centres lie at whole numbers."""
    crop = warp_crop(astronaut, Similarity(1.0, 0.0, -100.0, -50.0), 128)
    assert np.array_equal(crop, astronaut[50:178, 100:228])


@pytest.mark.parametrize("scale", [0.5, 0.3, 0.12])
def test_shrinking_does_not_alias(scale: float) -> None:
    """Stripes finer than a pixel of the crop come out as even grey."""
    stripes = np.zeros((600, 600, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = warp_crop(stripes, Similarity(scale, 0.0, 3.3, 3.3), 60)[15:-15, 15:-15]
    assert np.abs(crop.astype(float) - 127.5).max() < 24


def test_beyond_the_frame_its_edge_goes_on(astronaut: Image) -> None:
    """Also where the crop misses the frame altogether."""
    crop = warp_crop(astronaut, Similarity(1.0, 0.0, 40.0, 0.0), 64)
    assert np.array_equal(crop[:, 0], astronaut[:64, 0])
    assert warp_crop(astronaut, Similarity(1.0, 0.0, 5000.0, 0.0), 64).shape == (64, 64, 3)


def _times(count: int, seed: int) -> list[Fraction]:
    steps = np.random.default_rng(seed).integers(15, 60, count)
    return [Fraction(int(ms), 1000) for ms in np.cumsum(steps)]


@given(seed=st.integers(0, 1000), slope=st.floats(-200, 200))
@settings(deadline=None, max_examples=25)
def test_steady_motion_passes_unchanged(seed: int, slope: float) -> None:
    """No lag, with uneven frame times, up to both ends."""
    times = _times(40, seed)
    moving = [Similarity(1 + 0.1 * float(t), 0.02 * float(t), slope * float(t), 7.0) for t in times]
    assert all(_close(a, b) for a, b in zip(moving, smooth_similarities(moving, times), strict=True))


def test_jitter_shrinks() -> None:
    """White noise at 25 frames a second loses more than half of its spread."""
    rng = np.random.default_rng(3)
    times = [Fraction(k, 25) for k in range(300)]
    noisy = [Similarity(1.0, 0.0, float(x), 0.0) for x in rng.normal(0, 1, 300)]
    smooth = np.array([s.x for s in smooth_similarities(noisy, times)])
    assert smooth.std() < 0.6


def test_a_cut_is_not_smoothed_over() -> None:
    """A jump at a cut stays a jump, and one without a cut does not."""
    times = [Fraction(k, 25) for k in range(20)]
    jump = [Similarity(1.0, 0.0, 0.0 if k < 10 else 100.0, 0.0) for k in range(20)]
    assert all(_close(a, b) for a, b in zip(jump, smooth_similarities(jump, times, [times[10]]), strict=True))
    assert abs(smooth_similarities(jump, times)[10].x - 100) > 5


@given(seed=st.integers(0, 100))
@settings(deadline=None, max_examples=10)
def test_smoothing_runs_both_ways_alike(seed: int) -> None:
    """Zero phase: time reversed, the result is the same reversed."""
    times = _times(30, seed)
    values = [Similarity(*row) for row in np.random.default_rng(seed).normal(size=(30, 4)).tolist()]
    forward = smooth_similarities(values, times)
    backward = smooth_similarities(values[::-1], [times[-1] - t for t in times[::-1]])[::-1]
    assert all(_close(a, b) for a, b in zip(forward, backward, strict=True))


def test_smoothing_of_few_or_none() -> None:
    """Nothing, one frame, and lists that do not fit."""
    one = Similarity(1.0, 0.0, 2.0, 3.0)
    assert smooth_similarities([], []) == []
    assert smooth_similarities([one], [Fraction(1)]) == [one]
    with pytest.raises(ValueError, match="one time for each"):
        smooth_similarities([one], [])


def test_evaluation_crop_is_the_supplements() -> None:
    """A worked example, radius by height and radius by width."""
    points = np.full((68, 2), 50.0, np.float32)
    points[33], points[29], points[19] = (60, 70), (60, 66), (40, 20)
    points[48], points[54] = (45, 90), (75, 90)
    box = evaluation_crop(points)
    assert (box.left, box.top, box.right, box.bottom) == (14, 24, 106, 116)
    points[54] = (115, 90)
    assert evaluation_crop(points).width == 140


def test_points_are_smoothed_like_similarities(face_points: Points) -> None:
    """Steady motion unchanged, jitter less, shapes kept."""
    times = [Fraction(k, 30) for k in range(60)]
    drift = np.arange(60, dtype=np.float32)[:, None, None] * np.float32((1.5, -0.5))
    moving = face_points[None] + drift
    assert np.abs(smooth_points(moving, times) - moving).max() < 1e-2
    noisy = moving + np.random.default_rng(5).normal(0, 1, moving.shape).astype(np.float32)
    assert np.abs(smooth_points(noisy, times) - moving).mean() < 0.6 * np.abs(noisy - moving).mean()
    assert smooth_points(moving[:0], []).shape == (0, 68, 2)
