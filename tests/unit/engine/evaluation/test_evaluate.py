"""Figures of merit on numbers whose answer is known."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from app.core.timebase import TimeRange
from app.engine.dub.fit_check import mouth_box, mouth_error
from app.engine.evaluation.evaluate import (
    Evaluation,
    Figures,
    contact_sheet,
    is_silent,
    last_fifth,
    stacked,
)


def test_the_mouth_box_is_where_the_mouth_is() -> None:
    crops = np.zeros((2, 100, 100, 3), np.uint8)
    crops[:, 46:88, 26:74] = 10
    assert mouth_box(crops).shape == (2, 42, 48, 3)
    assert mouth_box(crops).min() == 10
    assert mouth_box(crops[0]).shape == (42, 48, 3)
    assert mouth_error(crops, np.zeros_like(crops)) == 100
    assert mouth_error(crops, crops) == 1e-3


def test_a_contact_sheet_spreads_over_the_clip() -> None:
    real = np.arange(40, dtype=np.uint8)[:, None, None, None] * np.ones((40, 8, 8, 3), np.uint8)
    figures = Figures("c", 40, 0, 0, 0, 0, 0, 0, 0, {})
    sheet = contact_sheet(Evaluation(figures, real, real + np.uint8(100)), columns=4)
    assert sheet.shape == (16, 32, 3)
    assert sheet[0, ::8, 0].tolist() == [0, 13, 26, 39]
    assert sheet[8, ::8, 0].tolist() == [100, 113, 126, 139]


def test_sheets_of_faces_of_all_sizes_are_stacked() -> None:
    sheets = [np.full((2 * side, 3 * side, 3), side, np.uint8) for side in (8, 16, 12)]
    sheet = stacked(sheets)
    assert sheet.shape == (72, 48, 3) and sheet.dtype == np.uint8
    assert [sheet[row].max(axis=1).sum() for row in (0, 15, 16, 47, 48, 71)] == [192, 192, 768, 768, 432, 432]
    assert sheet[0, :24].min() == 8 and not sheet[0, 24:].any()


def test_the_last_fifth() -> None:
    assert last_fifth(Fraction(10)) == TimeRange(Fraction(8), Fraction(10))


@pytest.mark.parametrize("columns", [16, 24, 32])
def test_silence_is_asked_of_the_same_stretch_whatever_a_network_hears(columns: int) -> None:
    """A loud column in the middle counts, one that only a wide window has does not."""
    mels = np.full((3, 80, columns), -4.0, np.float32)
    mels[1, 5, columns // 2] = 0.0
    mels[2, 5, columns // 2 - 9 if columns > 16 else 0] = 0.0
    assert is_silent(mels).tolist() == [True, False, columns > 16]
