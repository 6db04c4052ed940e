"""Mouths for portraits: each speaker's own, and in place however the face stands."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.engine.media.opencv import cv2
from app.engine.puppet.portrait_mouth import Character, PortraitMouths

Floats = NDArray[np.float32]
SIZE = 160
SKIN = np.array((190, 150, 130), np.float32)
PAINTER = PortraitMouths()


class Mouth(msgspec.Struct, frozen=True):
    """A mouth that stands open."""

    inner: Floats
    rest: Floats
    size: int = SIZE


def mouth(gap: float, width: float = 44, at: tuple[float, float] = (80, 90), size: int = SIZE) -> Mouth:
    """`gap` pixels between the lips in the middle, most of it by the lower one."""

    def lips(up: float, down: float) -> Floats:
        across = np.linspace(-0.5, 0.5, 5) * width
        lens = 1 - (2 * across / width) ** 2
        upper = np.stack([across, -up * lens], axis=1)
        lower = np.stack([across, down * lens], axis=1)[3:0:-1]
        return (np.concatenate([upper, lower]) + at).astype(np.float32)

    return Mouth(lips(0.2 * gap, 0.8 * gap), lips(0, 0.1), size)


def character(seed: int, skin: Floats = SKIN) -> Character:
    return PAINTER.character(np.random.default_rng(seed), skin)


def within(lips: Floats, size: int = SIZE) -> NDArray[np.bool_]:
    """The pixels between the lips."""
    inside = np.zeros((size, size), np.uint8)
    cv2.fillPoly(inside, [np.rint(lips).astype(np.int32)], (255,))
    return inside > 0


SEEDS = st.integers(0, 1000)
MOUTHS = st.builds(
    mouth,
    gap=st.floats(1, 30),
    width=st.floats(20, 70),
    at=st.tuples(st.floats(-10, SIZE + 10), st.floats(-10, SIZE + 10)),
)


@given(SEEDS, MOUTHS)
@settings(deadline=None, max_examples=40)
def test_nothing_is_painted_away_from_the_mouth(seed: int, opened: Mouth) -> None:
    """But for a few pixels around it; also of a mouth that is cut off by the picture's edge or outside of it."""
    image = PAINTER.paint(character(seed), opened)
    assert image.shape == (SIZE, SIZE, 3) and image.dtype == np.float32
    assert image.min() >= 0 and image.max() <= 255
    low, high = opened.inner.min(axis=0) - 4, opened.inner.max(axis=0) + 4
    y, x = np.mgrid[:SIZE, :SIZE]
    near = (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
    border = (x == 0) | (x == SIZE - 1) | (y == 0) | (y == SIZE - 1)
    assert not image[~near & ~border].any()


@given(SEEDS, st.floats(4, 20))
@settings(deadline=None, max_examples=20)
def test_between_the_lips_all_is_painted(seed: int, gap: float) -> None:
    opened = mouth(gap)
    assert PAINTER.paint(character(seed), opened)[within(opened.inner)].max(axis=1).min() > 0


@given(SEEDS)
@settings(deadline=None, max_examples=20)
def test_a_seed_gives_one_speaker(seed: int) -> None:
    """The same, frame for frame, whoever else was painted between."""
    opened = mouth(14)
    first = PAINTER.paint(character(seed), opened)
    PAINTER.paint(character(seed + 1), mouth(6))
    assert character(seed) == character(seed)
    assert np.array_equal(PortraitMouths().paint(character(seed), opened), first)


def test_speakers_differ() -> None:
    speakers = [character(seed) for seed in range(30)]
    assert len({speaker.style for speaker in speakers}) > 6
    pictures = [PAINTER.paint(speaker, mouth(14))[within(mouth(14).inner)] for speaker in speakers[:8]]
    for k, one in enumerate(pictures):
        for other in pictures[:k]:
            assert np.abs(one - other).mean() > 2


@pytest.mark.parametrize("seed", range(5))
def test_a_darker_face_has_a_darker_mouth_but_less_so(seed: int) -> None:
    light, dark = character(seed), character(seed, SKIN / 3)
    assert msgspec.structs.replace(light, light=0.0) == msgspec.structs.replace(dark, light=0.0)
    assert 1 / 3 < dark.light / light.light < 1
    inside = within(mouth(14).inner)
    assert PAINTER.paint(dark, mouth(14))[inside].mean() < PAINTER.paint(light, mouth(14))[inside].mean()


@given(SEEDS, st.integers(-30, 30), st.integers(-30, 30))
@settings(deadline=None, max_examples=20)
def test_the_inside_goes_with_the_head(seed: int, x: int, y: int) -> None:
    speaker = character(seed)
    here = PAINTER.paint(speaker, mouth(12))
    there = PAINTER.paint(speaker, mouth(12, at=(80 + x, 90 + y)))
    moved = np.roll(here, (y, x), axis=(0, 1))
    inside = within(mouth(12, at=(80 + x, 90 + y)).inner)
    assert np.abs(there - moved)[inside].max() < 2


@pytest.mark.parametrize("seed", range(4))
def test_upper_teeth_keep_their_place_as_the_jaw_drops(seed: int) -> None:
    """They are fixed to the skull; below them more is seen."""
    speaker = character(seed)
    less, more = (PAINTER.paint(speaker, mouth(gap))[88:100, 76:85].mean(axis=(1, 2)) for gap in (16, 24))
    drops = [np.diff(rows) for rows in (less, more)]  # where the teeth end, the dark begins
    assert drops[0].argmin() == drops[1].argmin() and max(drop.min() for drop in drops) < -40
    teeth = slice(3, int(drops[0].argmin()) + 1)
    assert np.abs(less - more)[teeth].max() < 10 < less[teeth].min() - less.min()


@pytest.mark.parametrize("scale", [1, 2])
def test_a_larger_mouth_has_larger_teeth(scale: int) -> None:
    """The same picture at another size."""
    speaker = character(3)
    small, large = mouth(14), mouth(14 * scale, 44 * scale, (80.5 * scale - 0.5, 90.5 * scale - 0.5), SIZE * scale)
    painted = PAINTER.paint(speaker, large)
    shrunk = cv2.resize(painted, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    expected = PAINTER.paint(speaker, mouth(14, at=(80, 90)))
    inside = cv2.erode(within(small.inner).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert np.abs(shrunk - expected)[inside].mean() < 8
    assert expected[inside].std() > 25
