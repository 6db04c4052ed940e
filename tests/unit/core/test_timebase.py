"""Exact time."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import UserError
from app.core.timebase import (
    TimeRange,
    complement_ranges,
    decode_json,
    encode_json,
    floor_pts,
    format_time,
    merge_ranges,
    parse_range,
    parse_time,
    to_pts,
    to_seconds,
)

BASES = st.sampled_from([Fraction(1, 90000), Fraction(1001, 30000), Fraction(1, 12800), Fraction(1, 1000)])
TIMES = st.fractions(min_value=0, max_value=100, max_denominator=1000)
RANGES = st.lists(st.tuples(TIMES, TIMES).map(lambda pair: TimeRange(min(pair), max(pair))), max_size=8)


@given(st.integers(-(10**9), 10**9), BASES)
def test_ticks_survive_the_way_to_seconds_and_back(pts: int, base: Fraction) -> None:
    assert to_pts(to_seconds(pts, base), base) == pts == floor_pts(to_seconds(pts, base), base)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12.5", Fraction(25, 2)),
        (" 7 ", Fraction(7)),
        (".25s", Fraction(1, 4)),
        ("-0.2", Fraction(-1, 5)),
        ("90", Fraction(90)),
        ("1:02.5", Fraction(125, 2)),
        ("00:01:02.5", Fraction(125, 2)),
        ("1:00:00", Fraction(3600)),
    ],
)
def test_times_are_read_exactly(text: str, seconds: Fraction) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1:75", "1:61:00", "1,5", "nan", "1e3", "1:2:3:4"])
def test_what_is_no_time_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UserError, match="is not a time: write seconds"):
        parse_time(text)


@given(st.fractions(min_value=-10000, max_value=10000))
def test_a_formatted_time_reads_back_to_the_millisecond(seconds: Fraction) -> None:
    assert abs(parse_time(format_time(seconds)) - seconds) <= Fraction(1, 2000)


def test_formats() -> None:
    assert format_time(Fraction(59_9996, 10_000)) == "0:01:00.000"


def test_ranges_are_read() -> None:
    assert parse_range("2.5-1:10") == TimeRange(Fraction(5, 2), Fraction(70))
    for text in ("3", "5-2", "a-b", "4-4"):
        with pytest.raises(UserError):
            parse_range(text)


def test_a_range_is_half_open() -> None:
    item = TimeRange(Fraction(1), Fraction(2))
    assert item.contains(Fraction(1)) and not item.contains(Fraction(2))
    assert not item.overlaps(TimeRange(Fraction(2), Fraction(3)))
    with pytest.raises(ValueError, match="before it starts"):
        TimeRange(Fraction(2), Fraction(1))


@given(RANGES, TIMES)
def test_merging_keeps_every_moment_and_complement_holds_the_rest(ranges: list[TimeRange], time: Fraction) -> None:
    merged = merge_ranges(ranges)
    assert all(a.stop < b.start for a, b in pairwise(merged))
    inside = any(item.contains(time) for item in ranges)
    assert any(item.contains(time) for item in merged) == inside
    whole = TimeRange(Fraction(0), Fraction(90))
    left = complement_ranges(ranges, whole)
    assert any(item.contains(time) for item in left) == (not inside and whole.contains(time))


@given(RANGES)
def test_ranges_survive_json(ranges: list[TimeRange]) -> None:
    assert decode_json(encode_json(tuple(ranges)), tuple[TimeRange, ...]) == tuple(ranges)


def test_json_holds_fractions_as_text() -> None:
    assert encode_json(TimeRange(Fraction(1, 3), Fraction(2))) == b'{"start":"1/3","stop":"2/1"}'
    with pytest.raises(msgspec.ValidationError):
        decode_json(b'{"start":"x","stop":"2/1"}', TimeRange)
