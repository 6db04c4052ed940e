"""What the network must not see, and that it does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.radio.hidden import SIDE, TOP, hidden_mask

SIZES = st.integers(2, 32).map(lambda k: 32 * k)


@given(size=SIZES)
def test_zeros_and_ones_of_the_crops_size(size: int) -> None:
    """Nothing between: what is half seen is seen."""
    mask = hidden_mask(size)
    assert mask.shape == (size, size)
    assert mask.dtype == np.float32
    assert set(np.unique(mask)) == {0.0, 1.0}


@given(size=SIZES)
def test_lies_below_its_top_and_between_the_margins(size: int) -> None:
    """By the centres of the pixels."""
    rows, columns = np.nonzero(hidden_mask(size))
    assert (rows.min() + 0.5) / size >= TOP > (rows.min() - 0.5) / size
    assert (columns.min() + 0.5) / size >= SIDE > (columns.min() - 0.5) / size - 1e-6
    assert (columns.max() + 0.5) / size <= 1 - SIDE + 1e-6


@given(size=SIZES)
def test_reaches_the_bottom_edge(size: int) -> None:
    """The chin of the widest-open jaw is hidden: every column that is hidden at all is hidden at the bottom."""
    mask = hidden_mask(size)
    assert np.array_equal(mask[-1], mask.max(axis=0))
    assert mask[-1].mean() == pytest.approx(1 - 2 * SIDE, abs=2 / size)


@given(size=SIZES)
def test_is_symmetric_and_grows_downwards(size: int) -> None:
    """A mirrored face is hidden alike, and no row sees more than the one above it."""
    mask = hidden_mask(size)
    assert np.array_equal(mask, mask[:, ::-1])
    assert (np.diff(mask, axis=0) >= 0).all()


@given(size=SIZES)
def test_upper_corners_are_round(size: int) -> None:
    """The first hidden row is shorter than the last."""
    mask = hidden_mask(size)
    widths = mask.sum(axis=1)
    first = np.nonzero(widths)[0][0]
    assert 0 < widths[first] < widths[-1]
