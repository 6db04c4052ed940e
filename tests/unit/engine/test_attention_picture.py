"""The picture of where a patch looked."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.attention_picture import GREEN, Look, attention_picture, overlaid


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


def test_the_strongest_patch_is_the_reddest() -> None:
    weights = np.zeros((4, 4), np.float32)
    weights[1, 2] = 0.5
    picture = overlaid(np.full((64, 64, 3), 128, np.uint8), weights)
    centre, corner = picture[24, 40].astype(int), picture[60, 4].astype(int)
    assert centre[0] - centre[2] > 40
    assert abs(corner - 128).max() < 30
    nothing = overlaid(np.full((64, 64, 3), 128, np.uint8), np.zeros((4, 4), np.float32))
    assert (nothing == nothing[0, 0]).all()
