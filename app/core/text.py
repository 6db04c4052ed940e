"""Sizes, offsets and lengths of time as text for people.

Moments of a clip stand beside what reads them: timecode in `app.core.timecode`, which is what the window shows, and
clock times in `app.core.timebase`, where no clip's frames can be counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

_UNITS = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
LONG_OFFSET = 10
"""Seconds from which an offset is written in seconds."""


def listed(items: Iterable[str]) -> str:
    """One or more items for a sentence: "a, b or c"."""
    *head, last = items
    return f"{', '.join(head)} or {last}" if head else last


def face_label(face: int) -> str:
    """A person as people read it, counted from 1: the first one is the most prominent, whose number is 0 elsewhere."""
    return f"Face {face + 1}"


def face_name(face: int) -> str:
    """The same inside a sentence: "face 1"."""
    return face_label(face).lower()


def bytes_text(count: int) -> str:
    """A size, in powers of ten as file managers count: "512 bytes", "1.5 MB", "230 GB"."""
    for unit, size in _UNITS:
        if count >= size:
            value = count / size
            return f"{value:.1f} {unit}" if value < 100 else f"{value:.0f} {unit}"
    return f"{count} bytes"


def offset_text(offset: Fraction, fps: Fraction | None = None) -> str:
    """An offset in milliseconds, in seconds where it is long, and with `fps` in frames: "+240 ms, +6.0 frames".

    A true minus is as wide as the plus.
    """
    milliseconds = offset * 1000
    if abs(offset) >= LONG_OFFSET:
        text = f"{float(offset):+.3f} s"
    else:
        text = f"{float(milliseconds):+.{0 if milliseconds % 1 == 0 else 1}f} ms"
    if fps is not None:
        text += f", {float(offset * fps):+.1f} frames"
    return text.replace("-", "\N{MINUS SIGN}")


def duration_text(seconds: float) -> str:
    """A length of time to the second, at least 0: "0:07", "12:30" or "1:02:05"."""
    minutes, second = divmod(max(0, round(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
