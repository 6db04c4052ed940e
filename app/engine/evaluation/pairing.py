"""Which frame of a dubbed video belongs to which of the real one: by their time stamps, whatever their rates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction

import msgspec

from app.core.errors import MediaError
from app.core.timebase import format_time

LEAST = 12
"""Pairs of frames below which nothing can be told of a mouth's motion."""
_LEAST_COMMON = Fraction(1, 2)
"""Share of the longer video that both are to have in common."""
_WORTH_SAYING = Fraction(1, 10)
"""Seconds of different length that are said."""


class FrameTimes(msgspec.Struct, frozen=True):
    """When a video's frames appear, and what it is called in sentences."""

    name: str
    times: Sequence[Fraction]
    """Seconds, ascending."""
    stop: Fraction
    """Seconds: the end of the last frame."""

    @property
    def frame(self) -> Fraction:
        """Seconds that a frame lasts, on average."""
        return (self.stop - self.times[0]) / len(self.times)


class Pairing(msgspec.Struct, frozen=True):
    """Pairs of frames of one moment, in order of time; no frame is in two of them."""

    real: tuple[int, ...]
    dubbed: tuple[int, ...]
    step: Fraction
    """Seconds from one pair to the next, on average."""
    notes: tuple[str, ...] = ()
    """What was matched, a sentence each."""

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.real)


def pair_frames(real: FrameTimes, dubbed: FrameTimes) -> Pairing:
    """Pairs each frame of the video with fewer of them a second with the nearest one of the other.

    Frames further apart than half a frame of the slower video have no partner. Raises MediaError where the videos have
    less than half of the longer one in common, or fewer than `LEAST` pairs.
    """
    _check_lengths(real, dubbed)
    slow, fast = (dubbed, real) if dubbed.frame > real.frame else (real, dubbed)
    pairs = _nearest(slow.times, fast.times, slow.frame / 2)
    if len(pairs) < LEAST:
        raise MediaError(
            f'"{dubbed.name}" has {len(pairs)} frames in common with "{real.name}", too few to judge: give at least '
            f"{LEAST} frames."
        )
    one, other = tuple(a for a, _ in pairs), tuple(b for _, b in pairs)
    first, second = (other, one) if slow is dubbed else (one, other)
    return Pairing(first, second, slow.frame, tuple(_notes(real, dubbed, len(pairs))))


def _check_lengths(real: FrameTimes, dubbed: FrameTimes) -> None:
    """Raises MediaError for videos that can hardly show the same."""
    longer, shorter = max(real.stop, dubbed.stop), min(real.stop, dubbed.stop)
    if shorter < longer * _LEAST_COMMON:
        raise MediaError(
            f'"{dubbed.name}" lasts {format_time(dubbed.stop)} and "{real.name}" {format_time(real.stop)}: cut both to '
            "the same stretch."
        )


def _nearest(slow: Sequence[Fraction], fast: Sequence[Fraction], reach: Fraction) -> list[tuple[int, int]]:
    """(index in slow, index in fast) of the frames that are nearest in time, each used once."""
    pairs: list[tuple[int, int]] = []
    used = -1
    for index, time in enumerate(slow):
        at = bisect_left(fast, time)
        near = [k for k in (at - 1, at) if used < k < len(fast)]
        best = min(near, key=lambda k: abs(fast[k] - time), default=None)
        if best is not None and abs(fast[best] - time) <= reach:
            pairs.append((index, best))
            used = best
    return pairs


def _notes(real: FrameTimes, dubbed: FrameTimes, pairs: int) -> list[str]:
    """What a reader of the figures is to know of how the frames were paired."""
    notes: list[str] = []
    rates = [float(1 / video.frame) for video in (real, dubbed)]
    if abs(rates[0] / rates[1] - 1) > 0.01:
        notes.append(
            f"it has {rates[1]:.5g} frames a second and the real clip {rates[0]:.5g}: the nearest in time were paired"
        )
    if abs(real.stop - dubbed.stop) > _WORTH_SAYING:
        notes.append(
            f"it lasts {format_time(dubbed.stop)} and the real clip {format_time(real.stop)}: {pairs} frames that both "
            "have were judged"
        )
    return notes
