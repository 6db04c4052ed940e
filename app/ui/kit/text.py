"""How times, faces and segments are put into words; no Qt."""

from __future__ import annotations

from fractions import Fraction

from app.core.project import Segment


def face_label(face: int) -> str:
    """A person's name: 0 is the most prominent one, as everywhere."""
    return f"Face {face}"


def segment_label(segment: Segment, number: int, implied: bool) -> str:
    """The name people see: its place in the row and whose mouth it dubs; `implied` stands for all of the clip."""
    name = "Whole clip" if implied else f"Segment {number + 1}"
    return f"{name} · {face_label(segment.face)}" + (" · off" if segment.strength == 0 else "")


def offset_text(offset: Fraction) -> str:
    """An offset in milliseconds, or in seconds where it is long: "+120 ms", "-12.500 s"."""
    if abs(offset) < 10:
        return f"{round(offset * 1000):+d} ms"
    return f"{float(offset):+.3f} s"


def exact_offset_text(offset: Fraction, fps: Fraction | None) -> str:
    """Such as "+240 ms, +6.0 frames"; a true minus, so that it is as wide as the plus."""
    text = f"{float(offset * 1000):+.0f} ms" if offset * 1000 % 1 == 0 else f"{float(offset * 1000):+.1f} ms"
    if fps is not None:
        text += f", {float(offset * fps):+.1f} frames"
    return text.replace("-", "\N{MINUS SIGN}")
