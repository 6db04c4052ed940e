"""Values as text."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text import bytes_text, duration_text, listed, offset_text

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000_000, "1.0 MB"),
        (2_340_000_000, "2.3 GB"),
        (230 * 10**9, "230 GB"),
        (4 * 10**12, "4.0 TB"),
    ],
)
def test_sizes_are_written_for_people(size: int, text: str) -> None:
    assert bytes_text(size) == text


@given(st.integers(0, 10**15))
def test_a_size_is_short_and_near(size: int) -> None:
    value, unit = bytes_text(size).split()
    scale = {"bytes": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}[unit]
    assert float(value) * scale == pytest.approx(size, rel=0.06)


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (Fraction(0), "+0 ms"),
        (Fraction(6, 25), "+240 ms"),
        (Fraction(-1, 30), f"{MINUS}33.3 ms"),
        (Fraction(25, 2), "+12.500 s"),
        (Fraction(-10), f"{MINUS}10.000 s"),
    ],
)
def test_offsets_are_written_in_the_unit_of_their_length(offset: Fraction, text: str) -> None:
    assert offset_text(offset) == text
    assert offset_text(offset, Fraction(25)).startswith(f"{text}, ")


def test_lengths_of_time() -> None:
    assert [duration_text(s) for s in (-1, 7.4, 750, 3725)] == ["0:00", "0:07", "12:30", "1:02:05"]


def test_lists_read_as_sentences_do() -> None:
    assert [listed("a"), listed("ab"), listed("abc")] == ["a", "a or b", "a, b or c"]
