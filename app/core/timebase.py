"""Exact time: rational seconds, presentation time stamps, clock times and half-open ranges.

Seconds are `fractions.Fraction` everywhere; a float would drift by a frame in an hour of 30000/1001.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, TypeVar

import msgspec

from app.core.errors import UserError

T = TypeVar("T")

_CLOCK = re.compile(r"(?P<sign>-?)(?:(?:(?P<hours>\d+):)?(?P<minutes>\d{1,2}):)?(?P<seconds>\d+(?:\.\d*)?|\.\d+)s?")
_RANGE = re.compile(r"\s*(?P<start>-?[^-]+?)\s*-\s*(?P<stop>.+?)\s*")


def to_seconds(pts: int, time_base: Fraction) -> Fraction:
    """The time of `pts` ticks of `time_base` seconds each."""
    return pts * time_base


def to_pts(seconds: Fraction, time_base: Fraction) -> int:
    """The tick nearest to `seconds`; halves go up, so that neighbours never swap."""
    return (seconds / time_base + Fraction(1, 2)).__floor__()


def floor_pts(seconds: Fraction, time_base: Fraction) -> int:
    """The last tick that is not after `seconds`."""
    return (seconds / time_base).__floor__()


def frame_ticks(time_base: Fraction, fps: Fraction) -> int:
    """How many ticks of `time_base` seconds a frame of average length lasts, at least one."""
    return max(1, round(1 / (fps * time_base)))


def parse_time(text: str) -> Fraction:
    """Reads seconds ("12.5", "-0.25", "12.5s") or a clock time ("1:02.5", "00:01:02.5") exactly.

    Raises UserError where the text is neither.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None or not _fields_in_range(match):
        raise UserError(f'"{text}" is not a time: write seconds (12.5) or a clock time (1:02.5 or 0:01:02.5).')
    value = Fraction(match["seconds"]) + 60 * int(match["minutes"] or 0) + 3600 * int(match["hours"] or 0)
    return -value if match["sign"] else value


def _fields_in_range(match: re.Match[str]) -> bool:
    """Whether no field of a clock time reaches 60; plain seconds may be as large as they like."""
    if match["minutes"] is None:
        return True
    return Fraction(match["seconds"]) < 60 and (match["hours"] is None or int(match["minutes"]) < 60)


def format_time(seconds: Fraction, places: int = 3) -> str:
    """A clock time for people, such as "0:01:02.500": rounded to `places` decimals."""
    scale = 10**places
    ticks = to_pts(abs(seconds), Fraction(1, scale))
    whole, part = divmod(ticks, scale)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    sign = "-" if seconds < 0 and ticks else ""
    tail = f".{part:0{places}d}" if places else ""
    return f"{sign}{hours}:{minute:02d}:{second:02d}{tail}"


class TimeRange(msgspec.Struct, frozen=True, order=True):
    """A stretch of time in seconds, half-open: `start` belongs to it, `stop` does not.

    Raises ValueError where it would end before it starts.
    """

    start: Fraction
    stop: Fraction

    def __post_init__(self) -> None:
        """Refuses ranges that end before they start."""
        if self.stop < self.start:
            raise ValueError(f"a range cannot end ({self.stop}) before it starts ({self.start})")

    @property
    def duration(self) -> Fraction:
        """Its length in seconds."""
        return self.stop - self.start

    def contains(self, seconds: Fraction) -> bool:
        """Whether `seconds` lies inside."""
        return self.start <= seconds < self.stop

    def overlaps(self, other: TimeRange) -> bool:
        """Whether the two share any time at all."""
        return max(self.start, other.start) < min(self.stop, other.stop)

    def intersect(self, other: TimeRange) -> TimeRange | None:
        """The time both hold, None where there is none."""
        start, stop = max(self.start, other.start), min(self.stop, other.stop)
        return TimeRange(start, stop) if start < stop else None

    def shifted(self, seconds: Fraction) -> TimeRange:
        """The same stretch, `seconds` later."""
        return TimeRange(self.start + seconds, self.stop + seconds)


def parse_range(text: str) -> TimeRange:
    """Reads "START-END", each as `parse_time` does. Raises UserError where it is none or is empty."""
    match = _RANGE.fullmatch(text)
    if match is None:
        raise UserError(f'"{text}" is not a range: write START-END, such as 2.5-7 or 1:02-1:10.5.')
    start, stop = parse_time(match["start"]), parse_time(match["stop"])
    if stop <= start:
        raise UserError(f'The range "{text}" is empty: its end must be later than its start.')
    return TimeRange(start, stop)


def merge_ranges(ranges: Iterable[TimeRange]) -> tuple[TimeRange, ...]:
    """The union, in order, without overlaps, touching neighbours joined and empty ones dropped."""
    merged: list[TimeRange] = []
    for item in sorted(item for item in ranges if item.stop > item.start):
        if merged and item.start <= merged[-1].stop:
            merged[-1] = TimeRange(merged[-1].start, max(merged[-1].stop, item.stop))
        else:
            merged.append(item)
    return tuple(merged)


def complement_ranges(ranges: Iterable[TimeRange], whole: TimeRange) -> tuple[TimeRange, ...]:
    """What is left of `whole` outside `ranges`, in order."""
    left: list[TimeRange] = []
    position = whole.start
    for item in merge_ranges(ranges):
        if item.start > position:
            left.append(TimeRange(position, min(item.start, whole.stop)))
        position = max(position, item.stop)
        if position >= whole.stop:
            break
    if position < whole.stop:
        left.append(TimeRange(position, whole.stop))
    return tuple(item for item in left if item.stop > item.start)


def encode_value(value: Any) -> str:
    """The `enc_hook` for msgspec: a Fraction becomes "numerator/denominator". NotImplementedError for all else."""
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    raise NotImplementedError(f"{type(value).__name__} has no encoding")


def decode_value(kind: type, value: Any) -> Any:
    """The `dec_hook` for msgspec, the way back from `encode_value`. Raises NotImplementedError for other types."""
    if kind is Fraction:
        return Fraction(value)
    raise NotImplementedError(f"{kind.__name__} has no decoding")


def encode_json(value: Any) -> bytes:
    """`value` as JSON, Fractions as "numerator/denominator"."""
    return msgspec.json.encode(value, enc_hook=encode_value)


def decode_json(data: bytes, kind: type[T]) -> T:
    """The way back from `encode_json`. Raises msgspec.ValidationError where the data do not fit `kind`."""
    return msgspec.json.decode(data, type=kind, dec_hook=decode_value)
