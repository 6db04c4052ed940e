"""How faces and segments are put into words; no Qt."""

from __future__ import annotations

from pathlib import Path

from app.core.project import Segment, Take


def face_label(face: int) -> str:
    """A person's name, counted from 1: the first one is the most prominent, whose number is 0 everywhere else."""
    return f"Face {face + 1}"


def segment_name(segment: Segment, implied: bool = False) -> str:
    """What the user calls it, else a number that it keeps; `implied` stands for all of the clip."""
    return segment.name or ("Whole clip" if implied else f"Segment {segment.id}")


def segment_label(segment: Segment, implied: bool) -> str:
    """The name people see, and whose mouth it dubs."""
    name = segment_name(segment, implied)
    name = f"{segment.speaker}: {name}" if segment.speaker else name
    return f"{name} · {face_label(segment.face)}" + (" · off" if segment.strength == 0 else "")


def heard_text(segment: Segment) -> str:
    """What a segment is dubbed to, in words."""
    own = segment.own_voice
    return "the project's voice" if own is None else take_text(own, segment.take or 0)


def take_text(take: Take, index: int) -> str:
    """A take as people read it: "Take 2: line b.wav"."""
    return f"Take {index + 1}: {take.name or Path(take.path).name}"
