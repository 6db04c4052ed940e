"""What of a project can be played: the clip, and the voice that outlasts it where its last frame is held."""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip, Voice


def heard_project(project: Project, clip: Clip | None, voice: Voice | None) -> tuple[Project, TimeRange]:
    """What is heard, and from when to when, by the rules of an export.

    Where the last frame is held for the voice, the last segment goes on to the voice's end. Without a clip the voice
    is heard alone.
    """
    if clip is None:
        length = voice.duration if voice is not None else Fraction(0)
        return project, TimeRange(Fraction(0), max(Fraction(0), project.offset + length))
    last = _held_segment(project, clip)
    if last is None or voice is None:
        return project, clip.whole
    whole = TimeRange(Fraction(0), max(clip.stop, project.offset_of(last) + voice.duration))
    if project.segments is None or last.range.stop >= whole.stop:
        return project, whole
    longer = replace(last, range=TimeRange(last.range.start, whole.stop))
    return replace(project, segments=(*project.segments[:-1], longer)), whole


def _held_segment(project: Project, clip: Clip) -> Segment | None:
    """The segment that goes on over a held last frame; None where nothing is held."""
    if project.fit != "hold":
        return None
    last = (project.segments_of(clip.whole) or (None,))[-1]
    return last if last is not None and last.range.stop > clip.time_of(clip.count - 1) else None
