"""Until when a project is shown and heard: to the end of the clip, or of the voice that its last frame is held for."""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip, Voice


def shown_until(
    project: Project, picture: Fraction, last_frame: Fraction, voice: Fraction, stop: Fraction | None = None
) -> Fraction:
    """Seconds at which the result ends: an export's, what is heard before it, and what is said of it.

    The clip's last frame begins at `last_frame` and ends at `picture`, and the project's voice lasts `voice` seconds.
    Where the project wants it, the last frame is held for the end of the voice that the last segment has, provided that
    the frame is dubbed and that the range asked for (to `stop`, None: the whole clip) holds it: elsewhere holding it
    lets no more of the voice be heard.
    """
    last = (project.segments_of(TimeRange(Fraction(0), picture)) or (None,))[-1]
    if project.fit != "hold" or last is None or last.range.stop <= last_frame:
        return picture
    if stop is not None and stop <= last_frame:
        return picture
    return max(picture, project.offset_of(last) + project.voice_seconds(last, voice))


def placed_segments(project: Project, picture: Fraction, stop: Fraction) -> tuple[Segment, ...]:
    """The segments, or one over all that is shown; where `stop` is later than `picture`, the last goes on to it."""
    segments = project.segments_of(TimeRange(Fraction(0), stop))
    if stop == picture or not segments:
        return segments
    *others, last = segments
    return *others, replace(last, range=TimeRange(last.range.start, stop))


def heard_project(project: Project, clip: Clip | None, voice: Voice | None) -> tuple[Project, TimeRange]:
    """What is heard, and from when to when, as an export of the whole clip has it.

    Where the last frame is held for the voice, the last segment goes on to the voice's end. Without a clip the voice
    is heard alone.
    """
    if clip is None:
        length = voice.duration if voice is not None else Fraction(0)
        return project, TimeRange(Fraction(0), max(Fraction(0), project.offset + length))
    if voice is None:
        return project, clip.whole
    stop = shown_until(project, clip.stop, clip.time_of(clip.count - 1), voice.duration)
    if project.segments is not None:
        project = replace(project, segments=placed_segments(project, clip.stop, stop))
    return project, TimeRange(Fraction(0), stop)
