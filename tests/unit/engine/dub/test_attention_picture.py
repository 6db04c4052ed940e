"""The picture of where a patch looked."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import numpy as np
import pytest

from app.engine.dub.attention_picture import GREEN, Look, attention_picture, look_at, overlaid
from app.engine.dub.reference_choice import Choice, Reference
from app.engine.ports import FrameBatch
from tests.unit.engine.rendering import QuickDubber


@pytest.fixture
def seen() -> Look:
    """Every patch of a 4 x 4 grid looks at one patch, the two heads at different ones."""
    maps = np.zeros((2, 16, 16), np.float32)
    maps[0, :, 6] = 1
    maps[1, :, 6], maps[1, :, 9] = 0.25, 0.75
    crop = np.full((32, 32, 3), 100, np.uint8)
    return Look(crop, crop, maps)


def test_maps_are_read_row_by_row(seen: Look) -> None:
    assert seen.side == 4
    mean = seen.map_of((3, 1))
    assert mean.sum() == pytest.approx(1)
    assert (mean[1, 2], mean[2, 1]) == (0.625, 0.375)
    assert seen.map_of((0, 0), head=1)[2, 1] == 0.75
    assert seen.strongest((0, 0)) == (2, 1)  # column, row


def test_the_square_marks_the_patch(seen: Look) -> None:
    picture = attention_picture(seen, (3, 1))
    assert picture.shape == (256, 128, 3)
    rows, columns = np.nonzero((picture == GREEN).all(axis=2))
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (96, 127, 32, 63)
    assert (seen.generated == 100).all()


@pytest.mark.parametrize("size", [32, 48, 80])
def test_the_grid_covers_crops_of_every_size(seen: Look, size: int) -> None:
    """Those at the film's own size too, whose sides are multiples of 16."""
    crop = np.full((size, size, 3), 100, np.uint8)
    picture = attention_picture(msgspec.structs.replace(seen, generated=crop, reference=crop), (3, 1))
    assert picture.shape == (8 * size, 4 * size, 3)
    rows, columns = np.nonzero((picture == GREEN).all(axis=2))
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (3 * size, 4 * size - 1, size, 2 * size - 1)


def test_the_map_is_that_of_the_reference_which_gives_most() -> None:
    """Its numbers sum to 1 although others were looked at too."""
    dubber, rng = QuickDubber(), np.random.default_rng(4)
    crops = rng.integers(0, 255, (3, 80, 80, 3), dtype=np.uint8)
    points = rng.uniform(0.2, 0.8, (3, 68, 2)).astype(np.float32)
    items = tuple(Reference(k, Fraction(k), crops[k], points[k]) for k in range(3))
    choice = Choice(dubber.encode_references(crops, points), items, np.array([0.5, 0, 1], np.float32))
    mel = np.zeros((1, *dubber.sound_shape), np.float32)
    frame = FrameBatch(crops[:1, :64, :64], mel, points[:1], choice.shares[None], np.ones(1, np.float32))
    generated, maps = dubber.attention(frame, choice.encoded, "6.2")
    found = look_at(frame, choice, dubber, "6.2")
    assert np.array_equal(found.generated, generated)
    assert np.array_equal(found.reference, crops[2])
    assert maps.shape == (2, 256, 3, 256) and found.maps.shape == (2, 256, 256) and found.side == 16
    np.testing.assert_allclose(found.maps.sum(axis=2), 1, atol=1e-5)
    np.testing.assert_allclose(found.maps * maps[:, :, 2].sum(axis=2, keepdims=True), maps[:, :, 2], atol=1e-6)


def test_the_strongest_patch_is_the_reddest() -> None:
    weights = np.zeros((4, 4), np.float32)
    weights[1, 2] = 0.5
    picture = overlaid(np.full((64, 64, 3), 128, np.uint8), weights)
    centre, corner = picture[24, 40].astype(int), picture[60, 4].astype(int)
    assert centre[0] - centre[2] > 40
    assert abs(corner - 128).max() < 30
    nothing = overlaid(np.full((64, 64, 3), 128, np.uint8), np.zeros((4, 4), np.float32))
    assert (nothing == nothing[0, 0]).all()
