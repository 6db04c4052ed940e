"""Synthetic speakers: portraits whose lips move as a clip's do, with landmarks where the picture has gone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.data import synthetic
from models.data.augment import MIRRORED_68
from models.data.synthetic import (
    LOWER,
    UPPER,
    Floats,
    SyntheticSpeakers,
    closed,
    displacement,
    mouth_width,
    neutral_lips,
    turned,
)
from tests.unit.models.prepared import CANVAS, SIZE
from tests.unit.models.speakers import EDGE, INSIDE, SKIN, PlainPainter, face, pixels, portraits, talking

SEEDS = st.integers(0, 2**31)
NEUTRAL = talking(0)
FIRM = (36, 39, 42, 45, 27, 28, 29, 30)


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No head turns."""
    monkeypatch.setattr(synthetic, "TURN", np.zeros(2))
    monkeypatch.setattr(synthetic, "SAME_TURN", 0.0)


def spoken(
    *moments: Floats, seed: int = 0, targets: int = 1, picture: NDArray[np.uint8] | None = None, gap: float = 0.0
) -> tuple[NDArray[np.uint8], Floats]:
    """The made-up portrait at some moments of a clip."""
    speakers = SyntheticSpeakers(portraits(picture, gap), PlainPainter())
    return speakers.speak(np.random.default_rng(seed), np.stack(moments), NEUTRAL, targets)


def gaps(points: Floats) -> NDArray[np.float32]:
    """Of the inner lips, in pixels of the crop."""
    return np.linalg.norm(points[:, 62] - points[:, 66], axis=1) * SIZE


def textured(seed: int = 1) -> NDArray[np.uint8]:
    """A portrait on which every shift shows."""
    return np.random.default_rng(seed).integers(0, 256, (CANVAS, CANVAS, 3), dtype=np.uint8)


def dotted(landmark: int) -> NDArray[np.uint8]:
    """Plain skin with a soft red dot at a landmark."""
    x, y = pixels(face()[landmark, :2])
    across, down = np.meshgrid(np.arange(CANVAS), np.arange(CANVAS))
    picture = np.full((CANVAS, CANVAS, 3), SKIN, np.float64)
    picture[..., 0] += 160 * np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * 1.2**2))
    return np.rint(picture).astype(np.uint8)


def dot(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Where the red dot's summit is, in pixels of the picture."""
    red = picture[..., 0].astype(float) - picture[..., 2]
    red = np.maximum(red - 0.6 * red.max(), 0)
    return np.array([red.sum(axis=axis) @ np.arange(CANVAS) for axis in (0, 1)]) / red.sum()


# speak


@given(seed=SEEDS, count=st.integers(1, 5), data=st.data())
@settings(max_examples=15, deadline=None)
def test_what_comes_back(seed: int, count: int, data: st.DataObject) -> None:
    """A picture and 68 landmarks for each moment, from the generator alone."""
    targets = data.draw(st.integers(1, count))
    moments = [talking(0.04 * k) for k in range(count)]
    pictures, points = spoken(*moments, seed=seed, targets=targets, picture=textured())
    assert (pictures.shape, pictures.dtype) == ((count, CANVAS, CANVAS, 3), np.uint8)
    assert (points.shape, points.dtype) == ((count, 68, 2), np.float32)
    again = spoken(*moments, seed=seed, targets=targets, picture=textured())
    assert np.array_equal(pictures, again[0]) and np.array_equal(points, again[1])
    assert not np.array_equal(points, spoken(*moments, seed=seed + 1, targets=targets, picture=textured())[1])


def test_every_portrait_speaks_with_a_character_of_its_own() -> None:
    """Drawn anew for each call, by the colour of the portrait's cheeks; all moments of a call share it."""
    painter = PlainPainter()
    many = portraits(count=3)
    for index in range(3):
        many.pictures[index] = 60 + 40 * index
    speakers, rng = SyntheticSpeakers(many, painter), np.random.default_rng(0)
    for _ in range(20):
        speakers.speak(rng, np.stack([talking(0.1), talking(0.15)]), NEUTRAL, 1)
    assert speakers.crop_size == SIZE
    assert {tuple(skin.tolist()) for skin in painter.skins} == {(60 + 40 * k,) * 3 for k in range(3)}
    characters = [character for character, _ in painter.mouths]
    assert characters[0::2] == characters[1::2]
    assert len(set(characters)) == len(painter.skins) == 20


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("gap", [0.0, 0.03, 0.08])
def test_the_mouth_opens_as_the_clips_does(gap: float) -> None:
    """By as much at the portrait's own scale, whether it was filmed shut or smiling."""
    openings = np.array([0.0, 0.02, 0.05, 0.1, 0.15])
    _, points = spoken(*(talking(opening) for opening in openings), gap=gap)
    np.testing.assert_allclose(gaps(points), openings * SIZE + 0.5, atol=0.02)


@given(seed=SEEDS, less=st.floats(0, 0.1), more=st.floats(0.02, 0.1))
@settings(max_examples=20, deadline=None)
def test_more_open_in_the_clip_is_more_open_in_the_portrait(seed: int, less: float, more: float) -> None:
    """However the head turns."""
    _, points = spoken(talking(less), talking(less + more), seed=seed)
    first, second = gaps(points)
    assert second > first + 0.5 * more * SIZE


@pytest.mark.parametrize("landmark", [0, 8, 12, 19, 30, 36, 48, 51, 57])
@pytest.mark.parametrize("seed", range(4))
def test_landmarks_are_where_the_picture_has_gone(landmark: int, seed: int) -> None:
    """A dot at a landmark is found where the landmark is told to be, nearly to the pixel.

    Where skin is stretched to one side, as below the mouth's corners, the dot's own shape is, too.
    """
    moments = [talking(0), talking(0.08), talking(0.12, -0.2), talking(0.05, 0.2)]
    pictures, points = spoken(*moments, seed=seed, picture=dotted(landmark))
    for picture, told in zip(pictures, points, strict=True):
        across, down = np.abs(dot(picture) - pixels(told[landmark]))
        assert across < 0.67 and down < (1.7 if landmark == 48 else 1.1)


def test_the_dots_do_move() -> None:
    """The test above would say little of landmarks that stay."""
    _, points = spoken(talking(0), talking(0.12, -0.2))
    moved = np.linalg.norm(points[1] - points[0], axis=1) * SIZE
    assert moved[8] > 3 and moved[57] > 3 and moved[48] > 1


@given(seed=SEEDS, targets=st.integers(2, 4))
@settings(max_examples=20, deadline=None)
def test_targets_share_a_turn(seed: int, targets: int) -> None:
    """But for a fraction of a pixel."""
    _, points = spoken(*[NEUTRAL] * 5, seed=seed, targets=targets)
    assert np.abs(points[:targets] - points[0]).max() * SIZE < 0.4


@pytest.mark.parametrize("targets", [1, 2, 3])
def test_others_have_a_turn_of_their_own(targets: int) -> None:
    """From the targets and from each other."""
    drawn = np.stack([spoken(*[NEUTRAL] * 5, seed=seed, targets=targets)[1] for seed in range(12)]) * SIZE
    for one in range(targets, 5):
        for other in {0, *range(targets, 5)} - {one}:
            apart = np.abs(drawn[:, one] - drawn[:, other]).max(axis=(1, 2))
            assert apart.min() > 0 and np.median(apart) > 0.5


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_what_neither_turns_nor_moves_stays_as_it_is(gap: float) -> None:
    """The upper face to the bit, whatever the mouth does; a shut mouth stays shut."""
    picture = textured()
    pictures, points = spoken(NEUTRAL, talking(0.1, 0.1), picture=picture, gap=gap)
    upper = round(0.5 * SIZE + EDGE)  # above the nose's wings
    columns = slice(round(0.25 * SIZE + EDGE), round(0.75 * SIZE + EDGE))
    for one in pictures:
        assert np.array_equal(one[:upper, columns], picture[:upper, columns])
    lips = slice(round(0.6 * SIZE + EDGE), round(0.9 * SIZE + EDGE))
    assert not np.array_equal(pictures[1][lips], picture[lips])
    if gap == 0:
        np.testing.assert_allclose(points[0] * SIZE, face()[:, :2] * SIZE, atol=0.26)  # half a pixel between lips


@pytest.mark.usefixtures("still")
def test_the_painter_fills_what_stands_open_and_nothing_else() -> None:
    """Lips that touch are not painted at all."""
    painter = PlainPainter()
    speakers = SyntheticSpeakers(portraits(), painter)
    moments = np.stack([NEUTRAL, talking(0.15)])
    pictures, points = speakers.speak(np.random.default_rng(0), moments, NEUTRAL, 1)
    (_, mouth), *more = painter.mouths
    assert not more
    assert mouth.size == CANVAS
    np.testing.assert_allclose(mouth.inner, pixels(points[1, 60:68]), atol=1e-3)
    np.testing.assert_allclose(mouth.rest, closed(pixels(face()[:, :2]))[60:68], atol=1e-3)
    column, row = np.rint(mouth.inner.mean(axis=0)).astype(int)
    assert np.abs(pictures[1][row, column].astype(int) - INSIDE).max() <= 2
    assert np.abs(pictures[0].astype(int) - SKIN).max() <= 1
    green = pictures[1][..., 1].astype(int) - SKIN[1] > 2
    rows, columns = np.nonzero(green)
    left, top = mouth.inner.min(axis=0) - 2.5
    right, bottom = mouth.inner.max(axis=0) + 2.5
    assert left < columns.min() and columns.max() < right
    assert top < rows.min() and rows.max() < bottom


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize(("gap", "own"), [(0.0, False), (0.1, True)])
def test_a_smile_keeps_its_own_teeth(gap: float, own: bool) -> None:
    """They stay where they were, whatever is painted around them."""
    x, y = np.rint(pixels(face()[[62, 66], :2].mean(axis=0))).astype(int)
    picture = np.full((CANVAS, CANVAS, 3), SKIN, np.uint8)
    picture[y - 1 : y + 2, x - 2 : x + 3] = (10, 20, 250)
    pictures, _ = spoken(talking(0.15), picture=picture, gap=gap)
    blue = int(pictures[0][y, x, 2])
    assert (blue > 200) == own
    assert blue > 200 or pictures[0][y + 3, x, 1] > 150


# closed


@given(gap=st.floats(0, 0.3))
def test_closed_lips_touch(gap: float) -> None:
    """Half a pixel apart, in the middle; what is above the mouth and its corners stay, the chin comes up."""
    points = pixels(face(gap)[:, :2])
    shut = closed(points)
    upper, lower = list(UPPER), list(LOWER)
    np.testing.assert_allclose(shut[lower] - shut[upper], [(0, 0.5)] * 3, atol=1e-4)
    np.testing.assert_allclose(shut[lower] + shut[upper], points[lower] + points[upper], atol=1e-3)
    stays = [*range(5), *range(12, 49), 54, 60, 64]
    assert np.array_equal(shut[stays], points[stays])
    if gap * SIZE > 1:
        assert shut[8, 1] < points[8, 1] - 0.1 * gap * SIZE
        assert (shut[[50, 51, 52], 1] > points[[50, 51, 52], 1]).all()
        assert (shut[[56, 57, 58], 1] < points[[56, 57, 58], 1]).all()
    order = shut[[51, 62, 66, 57], 1]
    assert (np.diff(order) > 0).all()
    assert mouth_width(shut) == mouth_width(points)


# displacement


@given(seed=SEEDS)
def test_at_rest_nothing_is_displaced(seed: int) -> None:
    points = np.random.default_rng(seed).uniform(0, 1, (68, 2)).astype(np.float32)
    assert not displacement(points, points, pixels(face()[:, :2])).any()


@given(seed=SEEDS, factor=st.floats(0.2, 5), shift=st.floats(-0.3, 0.3))
def test_displacement_is_at_the_faces_scale(seed: int, factor: float, shift: float) -> None:
    """It grows with the face's mouth, not with the clip's, and a head that moves as a whole displaces nothing."""
    rng = np.random.default_rng(seed)
    points = (NEUTRAL + rng.normal(0, 0.03, (68, 2))).astype(np.float32)
    own = pixels(face()[:, :2])
    plain = displacement(points, NEUTRAL, own)
    assert np.abs(plain[48:]).max() > 0.3
    np.testing.assert_allclose(displacement(points, NEUTRAL, own * factor), plain * factor, atol=1e-3 * factor)
    np.testing.assert_allclose(displacement(points * factor, NEUTRAL * factor, own), plain, atol=1e-3)
    np.testing.assert_allclose(displacement(points + shift, NEUTRAL, own), plain, atol=1e-3)


@given(opening=st.floats(0.01, 0.2))
def test_only_lips_and_jaw_are_displaced(opening: float) -> None:
    """By as much as the clip's lips; the chin all the way, less towards the ears."""
    own = pixels(face()[:, :2])
    moved = displacement(talking(opening), NEUTRAL, own) / (opening * SIZE)
    assert not moved[:2].any() and not moved[15:48].any()
    np.testing.assert_allclose(moved[[57, 66, 8], 1], 1, atol=1e-3)
    np.testing.assert_allclose(moved[[51, 62]], 0, atol=1e-3)
    assert (np.diff(moved[4:9, 1]) > 0).all() and (np.diff(moved[8:13, 1]) < 0).all()


# turned


def any_head(seed: int) -> tuple[Floats, Floats]:
    """Landmarks in pixels and their depth: the made-up face, a little out of shape."""
    rng = np.random.default_rng(seed)
    points = face() + rng.normal(0, 0.01, (68, 3)).astype(np.float32)
    return pixels(points[:, :2]), (points[:, 2] * SIZE).astype(np.float32)


ANGLE = st.floats(-0.2, 0.2)


@given(seed=SEEDS)
def test_no_turn_is_no_change(seed: int) -> None:
    points, depth = any_head(seed)
    np.testing.assert_allclose(turned(points, depth, np.zeros(2, np.float32)), points, atol=1e-3)


@given(seed=SEEDS, yaw=ANGLE, pitch=ANGLE)
def test_a_turned_head_is_aligned_again(seed: int, yaw: float, pitch: float) -> None:
    """The middle of eyes and nose bridge stays; and turning is the same in a mirror."""
    points, depth = any_head(seed)
    there = turned(points, depth, np.array([yaw, pitch], np.float32))
    np.testing.assert_allclose(there[list(FIRM)].mean(axis=0), points[list(FIRM)].mean(axis=0), atol=1e-3)
    flip = np.array([-1, 1], np.float32)
    mirror = turned(points[MIRRORED_68] * flip, depth[MIRRORED_68], np.array([-yaw, pitch], np.float32))
    np.testing.assert_allclose(mirror, there[MIRRORED_68] * flip, atol=1e-3)


@given(seed=SEEDS, angle=st.floats(0.05, 0.2))
def test_what_is_near_goes_across_what_is_far(seed: int, angle: float) -> None:
    """Ears against the lips by yaw, and up against down by pitch."""
    points, depth = any_head(seed)
    depth[:17], depth[48:] = 20, -10
    for axis in (0, 1):
        turn = np.zeros(2, np.float32)
        turn[axis] = angle
        way, back = (turned(points, depth, sign * turn)[:, axis] for sign in (1, -1))
        ears, lips = (way - back)[[0, 16]].mean(), (way - back)[48:].mean()
        assert (ears - lips) * (1, -1)[axis] > 20 * angle


# measures


@given(seed=SEEDS)
def test_mouth_width_is_the_distance_of_its_corners(seed: int) -> None:
    points = np.random.default_rng(seed).uniform(0, 1, (68, 2)).astype(np.float32)
    assert mouth_width(points) == pytest.approx(float(np.hypot(*(points[48] - points[54]))))


@given(seed=SEEDS, count=st.integers(3, 60))
def test_neutral_lips_are_the_mean_of_the_least_open(seed: int, count: int) -> None:
    """A tenth of the frames, and three at least."""
    rng = np.random.default_rng(seed)
    least = max(3, count // 10)
    openings = np.concatenate([rng.uniform(0, 0.02, least), rng.uniform(0.05, 0.2, count - least)])
    points = np.stack([talking(opening) for opening in openings])
    order = rng.permutation(count)
    found = neutral_lips(points[order])
    assert (found.shape, found.dtype) == ((68, 2), np.float32)
    np.testing.assert_allclose(found, points[:least].mean(axis=0), atol=1e-5)
