"""Reference frames: what is better is ranked higher, all else equal."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from app.engine.faces.aligner import FACE, align, transform, warp_crop
from app.engine.faces.points import head_pose, mouth_opening
from app.engine.faces.reference import Variety, Want, frontality, propose_references, teeth_in_sight, unlike_frames
from app.engine.media.opencv import cv2
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


_TOOTH, _DARK, _TONGUE = (210, 200, 180), (30, 12, 10), (176, 92, 86)


def _mouthed(crop: Image, points: Points, upper: tuple[int, int, int], lower: tuple[int, int, int]) -> Image:
    """The crop with the upper and the lower half of the opening between the lips in two colours."""
    size = crop.shape[0]
    lips = transform(align(points, FACE, size), points)[60:68]
    inside = np.zeros((size, size), np.uint8)
    cv2.fillPoly(inside, [np.rint(lips).astype(np.int32)], (255,))
    middle = lips[[1, 2, 3, 5, 6, 7], 1].mean()
    painted = crop.copy()
    rows = np.arange(size)[:, None]
    painted[(inside > 0) & (rows < middle)] = upper
    painted[(inside > 0) & (rows >= middle)] = lower
    return painted


@pytest.mark.parametrize("size", [128, 320])
def test_teeth_are_told_from_tongue_and_dark(astronaut: Image, face_points: Points, size: int) -> None:
    """At whatever size the crop has."""
    points = _opened(face_points, 8)
    crop = warp_crop(astronaut, align(points, FACE, size), size)
    shares = [
        teeth_in_sight(_mouthed(crop, points, *colours), points)
        for colours in ((_DARK, _TONGUE), (_TOOTH, _DARK), (_TOOTH, _TOOTH))
    ]
    assert shares == [0, pytest.approx(0.5, abs=0.15), 1]


def test_lips_that_touch_show_no_teeth(crop: Image, face_points: Points) -> None:
    """However bright they are."""
    shut = face_points.copy()
    shut[65:68, 1] = shut[[63, 62, 61], 1]
    assert teeth_in_sight(np.full_like(crop, 220), shut) == 0


def test_teeth_in_sight_win(track: Points, crop: Image) -> None:
    """Of mouths that are open alike."""
    track = _opened(track, 6)
    shown, hidden = (_mouthed(crop, track[0], colour, _DARK) for colour in (_TOOTH, _TONGUE))
    best, *others = propose_references(track, _TIMES, lambda k: shown if k == 20 else hidden)
    assert best.index == 20 and best.teeth > 0.3
    assert all(other.teeth == 0 for other in others)


@pytest.mark.parametrize(("want", "gain"), [(Want.SHOWN, 1 / 0.6), (Want.SHUT, 1), (Want.POSE, 1)])
def test_teeth_count_only_where_all_is_to_be_shown(track: Points, crop: Image, want: Want, gain: float) -> None:
    track = _opened(track, 6)
    seen = [_mouthed(crop, track[0], colour, _DARK) for colour in (_TOOTH, _TONGUE)]
    scores = [propose_references(track, _TIMES, lambda _, one=one: one, 1, want=want)[0].score for one in seen]
    assert scores[0] / scores[1] == pytest.approx(gain, rel=0.03)


def _shut(points: Points) -> Points:
    """The lips of one frame touching."""
    moved = points.copy()
    moved[65:68, 1] = moved[[63, 62, 61], 1]
    return moved


def test_shut_lips_are_found_where_they_are_wanted(track: Points, crop: Image) -> None:
    """And are the last to be chosen where a mouth is to show all there is."""
    track[:] = _opened(track, 5)
    track[26] = _shut(track[26])
    assert propose_references(track, _TIMES, lambda _: crop, want=Want.SHUT)[0].index == 26
    usable = np.isin(np.arange(_COUNT), (5, 26, 50))
    shown = propose_references(track, _TIMES, lambda _: crop, usable=usable)
    assert [candidate.index for candidate in shown][-1] == 26


def test_another_pose_is_found_where_it_is_wanted(track: Points, crop: Image) -> None:
    """Other than all that are there already."""
    track[10:20, 27:36, 0] += 12
    track[44, 27:36, 0] -= 9

    def best(want: Want, unlike: Points | None) -> int:
        return propose_references(track, _TIMES, lambda _: crop, 1, want=want, unlike=unlike)[0].index

    assert best(Want.POSE, track[:1]) in range(10, 20)
    assert best(Want.POSE, track[[0, 12]]) == 44
    assert best(Want.POSE, track[[12, 44]]) not in {*range(10, 20), 44}
    assert best(Want.SHOWN, track[[0, 12]]) not in {*range(10, 20), 44}


def test_any_pose_does_where_there_is_none_to_differ_from(track: Points, crop: Image) -> None:
    """Then an open mouth wins."""
    track[30] = _opened(track[30], 8)
    assert propose_references(track, _TIMES, lambda _: crop, want=Want.POSE)[0].index == 30


def _mouths(face_points: Points) -> Points:
    """Four mouths in turn, each for 16 frames: as it is, open, wide open, drawn wide."""
    track = np.repeat(face_points[None], _COUNT, axis=0)
    track[16:32] = _opened(track[16:32], 6)
    track[32:48] = _opened(track[32:48], 12)
    middle = track[48:, 48:68, :1].mean(axis=1, keepdims=True)
    track[48:, 48:68, :1] = middle + 1.08 * (track[48:, 48:68, :1] - middle)  # drawn wide
    return track


def test_each_mouth_shows_what_those_before_do_not(face_points: Points, crop: Image) -> None:
    """One of each kind, those that are least known first, and no more."""
    found = unlike_frames(Variety.MOUTH, _mouths(face_points), np.ones(_COUNT, np.bool_), [3], 10, 4, lambda _: crop)
    assert [index // 16 for index in found[:1]] == [2]
    assert sorted(index // 16 for index in found) == [1, 2, 3]
    assert (
        unlike_frames(Variety.MOUTH, _mouths(face_points), np.ones(_COUNT, np.bool_), [3], 2, 4, lambda _: crop)
        == found[:2]
    )


def test_unlike_mouths_are_usable_and_apart(face_points: Points, crop: Image) -> None:
    """Of frames that are said to be usable, at least so far from each other and from those taken."""
    rng = np.random.default_rng(5)
    track = _mouths(face_points) + rng.normal(0, 1, (_COUNT, 68, 2)).astype(np.float32)
    usable = rng.random(_COUNT) < 0.6
    found = unlike_frames(Variety.MOUTH, track, usable, [3, 50], 30, 5, lambda _: crop)
    assert len(found) > 3 and usable[found].all()
    together = sorted([3, 50, *found])
    assert min(b - a for a, b in itertools.pairwise(together)) >= 5
    assert unlike_frames(Variety.MOUTH, track, np.zeros(_COUNT, np.bool_), [3], 5, 5, lambda _: crop) == []


def test_blurred_mouths_and_other_heads_are_left_out(face_points: Points, crop: Image) -> None:
    """All else equal; crops are asked for in order of time, and of few frames."""
    asked: list[int] = []

    def crop_of(index: int) -> Image:
        asked.append(index)
        return cv2.GaussianBlur(crop, (0, 0), 3) if 16 <= index < 32 else crop

    track = _mouths(face_points)
    track[48:, 27:36, 0] += 40  # turned far aside
    found = unlike_frames(Variety.MOUTH, track, np.ones(_COUNT, np.bool_), [3], 10, 4, crop_of)
    assert [index // 16 for index in found] == [2]
    assert asked == sorted(asked) and len(asked) <= 5


def test_each_pose_shows_a_turn_that_those_before_do_not(face_points: Points, crop: Image) -> None:
    """The farthest first, and none within five degrees of one that is there."""
    track = np.repeat(face_points[None], _COUNT, axis=0)
    eyes = float(np.linalg.norm(face_points[36] - face_points[45]))
    track[:, 27:36, 0] += np.linspace(-0.08 * eyes, 0.08 * eyes, _COUNT, dtype=np.float32)[:, None]
    found = unlike_frames(Variety.POSE, track, np.ones(_COUNT, np.bool_), [_COUNT // 2], 20, 2, lambda _: crop)
    turns = head_pose(track)[[_COUNT // 2, *found], 0]
    assert min(found[:2]) < 5 and max(found[:2]) > _COUNT - 6
    assert np.diff(np.sort(turns)).min() > 0.05
    still = np.repeat(face_points[None], _COUNT, axis=0)
    assert unlike_frames(Variety.POSE, still, np.ones(_COUNT, np.bool_), [3], 20, 2, lambda _: crop) == []
