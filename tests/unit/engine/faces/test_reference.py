"""Reference frames: what is better is ranked higher, all else equal."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from app.engine.faces.aligner import FACE, align, warp_crop
from app.engine.faces.opencv import cv2
from app.engine.faces.points import mouth_opening
from app.engine.faces.reference import frontality, propose_references
from app.engine.ports import Image, Points

_COUNT = 64
_TIMES = [Fraction(k, 25) for k in range(_COUNT)]


@pytest.fixture
def crop(astronaut: Image, face_points: Points) -> Image:
    """The portrait's aligned crop."""
    return warp_crop(astronaut, align(face_points, FACE, 128), 128)


@pytest.fixture
def track(face_points: Points) -> Points:
    """The same face in every frame."""
    return np.repeat(face_points[None], _COUNT, axis=0)


def _opened(points: Points, gap: float) -> Points:
    """`points` with the inner lower lip moved down by `gap` pixels."""
    moved = points.copy()
    moved[..., 65:68, 1] += np.float32(gap)
    return moved


def test_mouth_opening_grows_with_the_gap_and_ignores_scale(face_points: Points) -> None:
    """Also for many frames at once."""
    openings = [float(mouth_opening(_opened(face_points, gap))) for gap in (0, 3, 6)]
    assert openings == sorted(openings)
    assert mouth_opening(face_points * 3 + 7) == pytest.approx(mouth_opening(face_points), rel=1e-5)
    assert mouth_opening(np.stack([face_points] * 5)).shape == (5,)


def test_frontality_falls_as_the_nose_moves_aside(face_points: Points) -> None:
    """To either side; at most 1."""
    turned = np.stack([face_points] * 3)
    turned[0, 27:36, 0] -= 12
    turned[2, 27:36, 0] += 12
    left, straight, right = frontality(turned)
    assert left < straight > right
    assert min(left, right) >= 0 and straight <= 1


def test_open_mouth_wins(track: Points, crop: Image) -> None:
    """All else equal."""
    track[40] = _opened(track[40], 8)
    assert propose_references(track, _TIMES, lambda _: crop)[0].index == 40


def test_sharp_crop_wins(track: Points, crop: Image) -> None:
    """All others are blurred."""
    blurred = cv2.GaussianBlur(crop, (0, 0), 2).astype(np.uint8)
    best = propose_references(track, _TIMES, lambda k: crop if k == 0 else blurred)[0]
    assert best.index == 0 and best.sharp == 1


def test_well_lit_crop_wins(track: Points, crop: Image) -> None:
    """Darkness and glare both lose."""
    dark, glare = (crop // 6).astype(np.uint8), np.maximum(crop, 250).astype(np.uint8)
    asked: list[int] = []

    def crop_of(index: int) -> Image:
        asked.append(index)
        return crop if index == 20 else (dark if index % 4 else glare)

    assert propose_references(track, _TIMES, crop_of)[0].index == 20
    assert asked == sorted(asked) and len(asked) <= 32


def test_unusable_frames_are_never_proposed(track: Points, crop: Image) -> None:
    """Interpolated ones, or the target itself."""
    usable = np.zeros(_COUNT, np.bool_)
    usable[[5, 33]] = True
    assert {c.index for c in propose_references(track, _TIMES, lambda _: crop, usable=usable)} == {5, 33}
    assert propose_references(track, _TIMES, lambda _: crop, usable=np.zeros(_COUNT, np.bool_)) == []
    assert propose_references(track[:0], [], lambda _: crop) == []


def test_proposals_are_spread_over_time(track: Points, crop: Image) -> None:
    """Even where the best ones are neighbours."""
    track[:12] = _opened(track[:12], 8)
    times = sorted(c.time for c in propose_references(track, _TIMES, lambda _: crop, count=5))
    assert len(times) == 5
    assert min(b - a for a, b in itertools.pairwise(times)) >= (_TIMES[-1] - _TIMES[0]) / 14


def test_ranked_and_counted(track: Points, crop: Image) -> None:
    """Best first, no more than asked for, always in the same order."""
    first = propose_references(track, _TIMES, lambda _: crop, count=4)
    assert len(first) == 4
    assert [c.score for c in first] == sorted((c.score for c in first), reverse=True)
    assert first == propose_references(track, _TIMES, lambda _: crop, count=4)
