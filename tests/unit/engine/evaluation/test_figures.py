"""Figures of motion on numbers whose answer is known."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.timebase import TimeRange
from app.engine.evaluation.figures import (
    OPEN_MOUTH,
    corner_jerk,
    correlation,
    landmark_distance,
    lip_leak,
    offset_curve,
    opening_ratio,
    over,
    peak_of,
    silent_frames,
)


def noise(seed: int, count: int = 60) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count)


def test_correlation() -> None:
    a, b = noise(0), noise(1)
    assert correlation(a, 3 * a + 2) == pytest.approx(1)
    assert correlation(a, -a) == pytest.approx(-1)
    assert abs(correlation(a, b)) < 0.5
    assert correlation(a, np.full(60, 0.3)) == 0
    assert correlation(np.zeros(0), np.zeros(0)) == 0
    assert correlation(a[:1], a[:1]) == 0


def test_frames_without_a_face_do_not_count() -> None:
    a = noise(0)
    gaps = np.where(np.arange(60) % 7 == 0, np.nan, a)
    assert correlation(a, gaps) == pytest.approx(1)
    assert opening_ratio(a, 2 * gaps) == pytest.approx(2, rel=0.2)
    assert correlation(a, np.full(60, np.nan)) == opening_ratio(a, np.full(60, np.nan)) == 0


def test_landmark_distance_is_in_eye_distances() -> None:
    points = np.random.default_rng(1).uniform(0, 100, (4, 68, 2)).astype(np.float32)
    points[:, 36], points[:, 45] = (0, 0), (40, 30)  # 50 apart
    moved = points.copy()
    moved[:, 48:] += (3, 4)
    assert landmark_distance(points, points) == 0
    assert landmark_distance(points, moved) == pytest.approx(10, rel=1e-5)
    assert landmark_distance(points * 3, moved * 3) == pytest.approx(10, rel=1e-5)
    moved[:, :48] += 99
    assert landmark_distance(points, moved) == pytest.approx(10, rel=1e-5)


@given(st.integers(-8, 8), st.integers(0, 99))
def test_the_peak_lies_where_the_motion_went(shift: int, seed: int) -> None:
    a = noise(seed, 90)
    late = a[15 : 15 + 60]
    curve = offset_curve(a[15 + shift :][:60], late, 10)
    assert peak_of(curve.tolist()) == shift
    assert curve.max() == pytest.approx(1)
    assert len(curve) == 21


def test_of_equal_peaks_the_nearest_to_nought_is_told() -> None:
    assert peak_of([0.0] * 9) == 0
    assert peak_of([1.0, 0.0, 0.0, 1.0, 0.0]) == 1


def test_a_curve_may_reach_beyond_the_clip() -> None:
    curve = offset_curve(noise(0, 3), noise(0, 3), 5)
    assert curve.shape == (11,)
    assert curve[:2].tolist() == curve[-2:].tolist() == [0, 0]


def test_lips_leak_where_the_voice_is_silent() -> None:
    times = [Fraction(k, 10) for k in range(20)]
    silent = silent_frames(times, [TimeRange(Fraction(1, 2), Fraction(1))])
    assert np.flatnonzero(silent).tolist() == [0, 1, 2, 3, *range(11, 20)], "0.1 s around the voice is not asked"
    opening = np.where(np.arange(20) < 2, 2 * OPEN_MOUTH, 0.0)
    assert lip_leak(opening, silent) == pytest.approx(2 / 13)
    opening[3] = np.nan
    assert lip_leak(opening, silent) == pytest.approx(2 / 12)
    assert lip_leak(opening, np.zeros(20, np.bool_)) is None


def test_trembling_corners_have_jerk_and_steady_ones_none() -> None:
    points = np.zeros((30, 68, 2), np.float32)
    points[:, 45, 0] = 10
    points[:, 48:, 0] = np.arange(30)[:, None] * 0.2
    assert corner_jerk(points) == pytest.approx(0, abs=1e-3)
    points[::2, 48] += 0.5
    assert corner_jerk(points) > 5
    assert corner_jerk(points[:3]) is None
    assert corner_jerk(np.full((9, 68, 2), np.nan, np.float32)) is None


def test_over_the_real_one() -> None:
    assert over(3.0, 2.0) == 1.5
    assert over(None, 2.0) is over(1.0, None) is over(1.0, 0.0) is None
