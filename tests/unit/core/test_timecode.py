"""Timecode: known values, and there and back for any frame."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import timecode
from app.core.errors import UserError

F = Fraction
NTSC, NTSC60, FILM, PAL = F(30000, 1001), F(60000, 1001), F(24000, 1001), F(25)
RATES = [NTSC, NTSC60, FILM, PAL, F(24), F(30), F(50), F(120), F(120000, 1001), F(10), F(1)]


@pytest.mark.parametrize("fps", [NTSC, NTSC60, F(120000, 1001), F(2997, 100), F(5994, 100)])
def test_rates_with_drop_frame(fps: Fraction) -> None:
    assert timecode.is_drop_rate(fps)


@pytest.mark.parametrize("fps", [F(30), F(60), FILM, PAL, F(24), F(2999, 100), F(29), F(1)])
def test_rates_without(fps: Fraction) -> None:
    assert not timecode.is_drop_rate(fps)


# SMPTE ST 12-1: two numbers go at each minute but the tenth
@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "00:00:00;00"),
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (3597, "00:01:59;29"),
        (3598, "00:02:00;02"),
        (17981, "00:09:59;29"),
        (17982, "00:10:00;00"),
        (107892, "01:00:00;00"),
        (-1, "-00:00:00;01"),
    ],
)
def test_drop_frame_numbers(number: int, text: str) -> None:
    assert timecode.format(number / NTSC, NTSC, drop=True) == text
    assert timecode.parse(text, NTSC) == number / NTSC


def test_at_59_94_four_numbers_go() -> None:
    assert timecode.format(3600 / NTSC60, NTSC60, drop=True) == "00:01:00;04"


def test_drop_frame_stays_with_the_clock() -> None:
    assert timecode.format(F(3600), NTSC, drop=True) == "01:00:00;00"
    assert timecode.format(F(3600), NTSC, drop=False) == "00:59:56:12"


def test_a_rate_without_drop_frame_never_drops() -> None:
    assert timecode.format(F(61), PAL, drop=True) == "00:01:01:00"
    assert timecode.parse("00:01:00;00", PAL) == 60


def test_frames_of_high_rates_have_three_digits() -> None:
    assert timecode.format(F(119, 120), F(120), drop=False) == "00:00:00:119"


@given(st.sampled_from(RATES), st.integers(0, 10**7), st.booleans())
def test_every_frame_comes_back(fps: Fraction, number: int, drop: bool) -> None:
    text = timecode.format(number / fps, fps, drop)
    assert timecode.parse(text, fps) == number / fps
    assert timecode.parse(f"{number}f", fps) == number / fps


@given(st.integers(0, 10**6))
def test_drop_frame_numbers_ascend(number: int) -> None:
    one, other = (timecode.format(n / NTSC, NTSC, drop=True) for n in (number, number + 1))
    assert one < other


@given(st.sampled_from([NTSC, NTSC60, FILM, PAL, F(50)]), st.integers(0, 10**6))
def test_time_stamps_in_milliseconds_are_understood(fps: Fraction, number: int) -> None:
    rounded = F((number / fps * 1000).__floor__(), 1000)
    assert timecode.frame_number(rounded, fps) == number


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12.5", F(25, 2)),
        ("1:02.5", F(125, 2)),
        ("0:01:02", F(62)),
        ("0:01:02:05", F(62) + F(1, 5)),
        ("3;05", F(3) + F(1, 5)),
        (" 50f ", F(2)),
        ("-50F", F(-2)),
        ("-0:00:01:05", F(-6, 5)),
        ("+2", F(2)),
    ],
)
def test_what_people_type(text: str, seconds: Fraction) -> None:
    assert timecode.parse(text, PAL) == seconds


def test_a_colon_counts_with_gaps_where_the_clip_does() -> None:
    assert timecode.parse("0:01:00:02", NTSC, drop=True) == 1800 / NTSC
    assert timecode.parse("0:01:00:02", NTSC) == 1802 / NTSC


def test_a_number_that_was_left_out_means_the_next_frame() -> None:
    assert timecode.parse("0:01:00;00", NTSC) == timecode.parse("0:01:00;02", NTSC)
    assert timecode.parse("0:10:00;00", NTSC) == 17982 / NTSC


@pytest.mark.parametrize(
    "text", ["", "x", "1:2:3:4:5", "0:00:00:25", "0:61:00:00", "0:00:61:00", "--1", "1:99", "f", "²f"]
)
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(UserError, match=r"is not a time"):
        timecode.parse(text, PAL)


@given(st.text(max_size=12) | st.text("0123456789:;.f-+ ", max_size=14))
def test_any_text_is_a_time_or_an_error_for_people(text: str) -> None:
    try:
        assert isinstance(timecode.parse(text, NTSC), Fraction)
    except UserError as error:
        assert str(error).endswith(".")


def test_a_rate_is_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        timecode.format(F(1), F(0), drop=False)


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("512", 5 * 25 + 12),
        ("7", 7),
        ("90", 90),
        ("10000", 60 * 25),
        ("1020304", (3600 + 120 + 3) * 25 + 4),
        ("+10", 260),
        ("-10", 240),
        ("+512", 250 + 137),
        ("- 1:00", 250 - 60 * 25),
        ("+1:02:03:04", 250 + (3600 + 123) * 25 + 4),
        ("+12f", 262),
        ("0:00:05:12", 137),
        ("5.5", None),
        ("137f", 137),
        ("  512 ", 137),
    ],
)
def test_what_is_typed_into_a_field_is_read_as_editors_do(text: str, frames: int | None) -> None:
    counting = timecode.Counting(Fraction(25))
    expected = Fraction(11, 2) if frames is None else Fraction(frames, 25)
    assert counting.parse_entry(text, Fraction(10)) == expected


@pytest.mark.parametrize("text", ["", "abc", "5;12;1", "+", "--5", "+-5", "1" * 13, "0:00:05:25", "١٢"])
def test_what_is_no_time_is_answered_with_what_is_one(text: str) -> None:
    with pytest.raises(UserError, match=r"512 for 5 s 12 f"):
        timecode.Counting(Fraction(25)).parse_entry(text, Fraction(0))


@given(number=st.integers(0, 10_000_000), fps=st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(24)]))
def test_a_timecode_without_its_signs_means_the_same(number: int, fps: Fraction) -> None:
    counting = timecode.Counting(fps)
    shown = counting.format(number / fps)
    assert counting.parse_entry(re.sub("[:;]", "", shown), Fraction(3)) == number / fps
