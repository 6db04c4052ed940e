"""How faces, segments and a clip that is not open are put into words."""

from __future__ import annotations

from pathlib import Path

from app.core.project import Segment, Take
from app.core.text import face_label
from app.ui.actions import shortcut


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


def empty_text(clip: str) -> tuple[str, str]:
    """(what stands where the picture will be, what to do) while the project's clip, by its path or "", is not open."""
    if not clip:
        return "No video yet", f"Drop a video here, or choose one with {shortcut('open_clip')}"
    if not Path(clip).exists():
        return f"{Path(clip).name} is missing", "File > Relink media finds it where it is now"
    return f"Opening {Path(clip).name}…", "It appears as soon as it is read"
