"""Timecode as film people read it: hours, minutes, seconds and frames, drop-frame where the rate asks for it.

Drop-frame (SMPTE ST 12-1) leaves out the first numbers of every minute but each tenth, so that the count of
29.97 frames a second stays with the clock; no picture is dropped. It is written with a semicolon before the frames.
"""

from __future__ import annotations

import re
from fractions import Fraction

import msgspec

from app.core.errors import UserError
from app.core.timebase import parse_time

LONGEST_ENTRY = 12
"""Digits of a time that is typed without any signs."""
TICK = Fraction(1, 1000)
"""Seconds by which a frame's time stamp may be rounded down, as in containers that count milliseconds."""

_TIMECODE = re.compile(
    r"(?P<sign>[-+]?)(?:(?:(?P<hours>\d{1,6}):)?(?P<minutes>\d{1,2}):)?(?P<seconds>\d{1,2})(?P<mark>[:;.,])(?P<frames>\d{1,3})"
)
_FRAME_NUMBER = re.compile(r"(?P<sign>[-+]?)(?P<frames>\d{1,12})\s*f", re.IGNORECASE)


class Counting(msgspec.Struct, frozen=True):
    """How the frames of a clip are counted; one for all timecodes that a window shows."""

    fps: Fraction
    drop: bool = True
    """Whether drop-frame counting is wanted at the rates that have it."""

    @property
    def drops(self) -> bool:
        """Whether frame numbers are in fact dropped at this rate."""
        return self.drop and is_drop_rate(self.fps)

    def format(self, time: Fraction) -> str:
        """Writes a time as a timecode at this rate; see the function `format`."""
        return format(time, self.fps, self.drop)

    def parse(self, text: str) -> Fraction:
        """Reads a timecode or a time at this rate; see the function `parse`."""
        return parse(text, self.fps, self.drop)

    def parse_entry(self, text: str, now: Fraction) -> Fraction:
        """See `parse_entry`."""
        return parse_entry(text, now, self.fps, self.drop)


def nominal_rate(fps: Fraction) -> int:
    """How many frames timecode counts to a second: 30 at 30000/1001. Raises ValueError unless `fps` is positive."""
    if fps <= 0:
        raise ValueError(f"a frame rate is positive, not {fps}")
    return max(1, (fps + Fraction(1, 2)).__floor__())


def is_drop_rate(fps: Fraction) -> bool:
    """Whether drop-frame counting exists for this rate: 29.97 and its multiples, as measured to 0.01 %."""
    nominal = nominal_rate(fps)
    return nominal % 30 == 0 and abs(fps * Fraction(1001, 1000) - nominal) < Fraction(nominal, 10_000)


def frame_number(time: Fraction, fps: Fraction) -> int:
    """The frame on screen at `time`, counted at an even `fps` from 0; negative before 0."""
    return ((time + TICK) * fps).__floor__()


def format(time: Fraction, fps: Fraction, drop: bool) -> str:
    """The timecode of the frame on screen at `time`: "01:02:03:04", with `drop` "01:02:03;04".

    `drop` is without effect at rates that have no drop-frame counting.
    """
    drop = drop and is_drop_rate(fps)
    nominal, number = nominal_rate(fps), frame_number(time, fps)
    count = _with_gaps(abs(number), nominal) if drop else abs(number)
    seconds, frames = divmod(count, nominal)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    width = max(2, len(str(nominal - 1)))
    mark = ";" if drop else ":"
    return f"{'-' if number < 0 else ''}{hours:02d}:{minute:02d}:{second:02d}{mark}{frames:0{width}d}"


def parse(text: str, fps: Fraction, drop: bool = False) -> Fraction:
    """Reads a timecode ("1:02:03:04", "1:02:03;04", "3;04"), a frame's number ("1234f"), or what `parse_time` does.

    A semicolon means drop-frame, and so does a colon with `drop`, at the rates that have it. The result is the
    frame's number divided by `fps`, exactly: where time stamps are rounded, half a frame more is safely inside the
    frame. Raises UserError where the text is none of these or counts to a frame that a second does not have.
    """
    stripped = text.strip()
    number = _FRAME_NUMBER.fullmatch(stripped)
    if number is not None:
        return _signed(int(number["frames"]), number["sign"]) / fps
    match = _TIMECODE.fullmatch(stripped)
    if match is None or not _counts_frames(match):
        return parse_time(stripped.removeprefix("+"))
    return _signed(_count(match, text, fps, drop or match["mark"] == ";"), match["sign"]) / fps


def parse_entry(text: str, now: Fraction, fps: Fraction, drop: bool = False) -> Fraction:
    """Reads what is typed into a timecode field that shows `now`, as editing programs do.

    Digits alone are aligned at the right: "512" is 5 s and 12 frames, "90" at 25 fps 3 s and 15 frames. With a sign it
    is added to `now`: "+10" is ten frames on, "-1:00" a minute back. All else is as for `parse`. Raises UserError.
    """
    stripped = text.strip()
    sign, amount = ("", stripped) if stripped[:1] not in ("+", "-") else (stripped[0], stripped[1:].lstrip())
    try:
        if amount.isdecimal() and not (amount.isascii() and len(amount) <= LONGEST_ENTRY):
            raise UserError("too many digits, or others than 0 to 9")
        if amount.isdecimal():
            time = Fraction(_aligned(amount, fps, drop and not sign)) / fps
        else:
            time = parse("" if amount[:1] in ("+", "-") else amount, fps, drop and not sign)
    except UserError as error:
        raise UserError(
            f'"{text}" is not a time: write 512 for 5 s 12 f, a timecode (0:00:05:12), seconds (5.5), a frame (137f), '
            "or +10 and -10 to go ten frames on or back."
        ) from error
    return time if not sign else now + time if sign == "+" else now - time


def _aligned(digits: str, fps: Fraction, drop: bool) -> int:
    """The frame's number that digits mean as hours, minutes, seconds and frames; each field carries over."""
    nominal = nominal_rate(fps)
    width = max(2, len(str(nominal - 1)))
    number, frames = int(digits[:-width] or 0), int(digits[-width:])
    hours, minutes, seconds = number // 10_000, number // 100 % 100, number % 100
    seconds += 60 * minutes + 3600 * hours + frames // nominal
    if not (drop and is_drop_rate(fps)):
        return seconds * nominal + frames % nominal
    minutes, second = divmod(seconds, 60)
    left_out = nominal // 15
    shown = max(frames % nominal, left_out) if minutes % 10 and second == 0 else frames % nominal
    return seconds * nominal + shown - left_out * (minutes - minutes // 10)


def _counts_frames(match: re.Match[str]) -> bool:
    """Whether the last field counts frames: "1:02:03:04" and "3;04" do; "1:02:03" and "3.04" are clock times."""
    return match["mark"] == ";" or (match["mark"] == ":" and match["hours"] is not None)


def _count(match: re.Match[str], text: str, fps: Fraction, drop: bool) -> int:
    """The frame's number, counted from 0 without gaps."""
    nominal = nominal_rate(fps)
    hours, minutes = int(match["hours"] or 0), int(match["minutes"] or 0)
    seconds, frames = int(match["seconds"]), int(match["frames"])
    if minutes > 59 or seconds > 59:
        raise UserError(f'"{text}" is not a timecode: minutes and seconds go up to 59.')
    if frames >= nominal:
        raise UserError(f'"{text}" is not a timecode of this clip: its frames go from 0 to {nominal - 1}.')
    minutes += 60 * hours
    if not (drop and is_drop_rate(fps)):
        return (60 * minutes + seconds) * nominal + frames
    left_out = nominal // 15
    if minutes % 10 and seconds == 0:
        frames = max(frames, left_out)  # the numbers before it do not exist: the next one that does is meant
    return (60 * minutes + seconds) * nominal + frames - left_out * (minutes - minutes // 10)


def _with_gaps(number: int, nominal: int) -> int:
    """Drop-frame's count for frame `number`: what was left out before it is added."""
    left_out = nominal // 15
    minute = 60 * nominal - left_out
    tens, rest = divmod(number, 10 * minute + left_out)
    # the first minute of ten is whole; each of the other nine begins with a gap
    return number + left_out * (9 * tens + max(0, rest - left_out) // minute)


def _signed(frames: int, sign: str) -> Fraction:
    return Fraction(-frames if sign == "-" else frames)
