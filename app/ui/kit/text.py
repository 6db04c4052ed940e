"""How faces and segments are put into words; no Qt."""

from __future__ import annotations

from app.core.project import Segment


def face_label(face: int) -> str:
    """A person's name: 0 is the most prominent one, as everywhere."""
    return f"Face {face}"


def segment_label(segment: Segment, number: int, implied: bool) -> str:
    """The name people see: its place in the row and whose mouth it dubs; `implied` stands for all of the clip."""
    name = "Whole clip" if implied else f"Segment {number + 1}"
    return f"{name} · {face_label(segment.face)}" + (" · off" if segment.strength == 0 else "")
