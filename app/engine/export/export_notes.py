"""What somebody should know before an export: what stops it, and what will be cut, silent or undubbed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import msgspec

from app.core.project import Project, Segment
from app.core.timebase import TimeRange, format_time
from app.engine.dub.report import FitCheck
from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.doubts import doubts_of
from app.engine.media.clip import Clip, Voice
from app.engine.media.track_copy import TrackCopy
from app.engine.sound.extent import shown_until

WORTH_TELLING = Fraction(1, 20)
"""Seconds below which nobody hears that something is missing."""


class ExportNotes(msgspec.Struct, frozen=True):
    """What the user should know about an export before it begins, in plain sentences."""

    problems: tuple[str, ...]
    """Reasons why the export cannot begin."""
    warnings: tuple[str, ...]
    """With these it can."""
    facts: tuple[str, ...] = ()
    """Good to know."""


def export_notes(
    project: Project,
    clip: Clip | None,
    voice: Voice | None,
    analysis: FaceAnalysis | None,
    span: TimeRange | None,
    fits: Mapping[int, FitCheck] | None = None,
    written: Callable[[Fraction], str] = format_time,
) -> ExportNotes:
    """Looks at what `span` (None: all of the clip) of the project will become; quick, decodes nothing.

    `fits` tells by face how well the weights know it, as far as that was checked; None where nobody checks it.
    `written` puts a moment of the clip into words.
    """
    if clip is None or voice is None:
        return ExportNotes(_missing(project, clip, voice), ())
    shown = span or clip.whole
    parts = dubbed_parts(project, clip.whole, shown)
    if not parts:
        where = "the range" if span is not None else "the clip"
        return ExportNotes((f"No segment lies in {where}, so nothing would be dubbed: draw one first.",), ())
    if not any(_sounding(project, voice, part).overlaps(part.range) for part in parts):
        return ExportNotes(("The voice is never heard in the dubbed segments: move it to where they are.",), ())
    warnings = [
        *_fit_warnings(analysis, parts, fits),
        *_voice_warnings(project, clip, voice, parts, span),
        *_face_warnings(analysis, parts, written),
        *_carried_warnings(clip, shown),
    ]
    fits = fits or {}
    known = [fits[face] for face in dict.fromkeys(part.face for part in parts) if face in fits]
    return ExportNotes((), tuple(warnings), tuple(check.sentence for check in known if not check.doubtful))


def dubbed_parts(project: Project, whole: TimeRange, shown: TimeRange) -> tuple[Segment, ...]:
    """The segments, cut to what is shown."""
    cut = ((segment, segment.range.intersect(shown)) for segment in project.segments_of(whole))
    return tuple(msgspec.structs.replace(segment, range=part) for segment, part in cut if part is not None)


def _carried_warnings(clip: Clip, shown: TimeRange) -> tuple[str, ...]:
    """What the clip contains and the export cannot keep."""
    return TrackCopy(Path(clip.path), clip.info, max(Fraction(0), shown.start)).lost


def _missing(project: Project, clip: Clip | None, voice: Voice | None) -> tuple[str, ...]:
    """Problems with a clip or voice that is not open."""
    said: list[str] = []
    if clip is None:
        there = f'The clip "{project.clip}" is not open.'
        said.append(there if project.clip else "There is no clip yet: open a video.")
    if voice is None:
        there = f'The voice "{project.voice}" is not open.'
        said.append(there if project.voice else "There is no new voice yet: open a recording.")
    return tuple(said)


def _sounding(project: Project, voice: Voice, segment: Segment) -> TimeRange:
    """Seconds of the clip in which the voice sounds, as this segment places it."""
    return TimeRange(Fraction(0), project.voice_seconds(segment, voice.duration)).shifted(project.offset_of(segment))


def _voice_warnings(
    project: Project, clip: Clip, voice: Voice, parts: tuple[Segment, ...], span: TimeRange | None
) -> list[str]:
    """A voice that is longer or shorter than what it is for."""
    first, last = parts[0], parts[-1]
    begins, ends = _sounding(project, voice, first).start, _sounding(project, voice, last).stop
    said: list[str] = []
    if first.range.start - begins > WORTH_TELLING:
        said.append(
            f"The voice begins before the first dubbed segment: its first {_seconds(first.range.start - begins)} "
            "are not heard."
        )
    last_frame = clip.time_of(clip.count - 1)
    held = shown_until(project, clip.stop, last_frame, voice.duration, span and span.stop) - clip.stop
    over = ends - last.range.stop
    if held > WORTH_TELLING:
        said.append(f"The voice is longer than the picture: the last frame is held for {_seconds(held)}.")
    elif held == 0 and over > WORTH_TELLING:
        said.append(f"The voice continues after the last dubbed segment: its last {_seconds(over)} are cut.")
    if -over > WORTH_TELLING:
        said.append(f"The voice ends {_seconds(-over)} before the last dubbed segment does: silence follows it.")
    return said


def _face_warnings(
    analysis: FaceAnalysis | None, parts: tuple[Segment, ...], written: Callable[[Fraction], str]
) -> list[str]:
    """Stretches that will be passed through because nobody is seen in them."""
    if analysis is None:
        return ["The faces of the clip have not been found yet: the export finds them first, which takes a while."]
    spans = faceless_parts(analysis, parts)
    if not spans:
        return []
    total, first = sum((span.duration for span in spans), Fraction(0)), written(spans[0].start)
    if len(spans) == 1:
        return [f"One stretch without the face ({_seconds(total)}, at {first}) is passed through as filmed."]
    return [f"{len(spans)} stretches without the face ({_seconds(total)}, first {first}) are passed through as filmed."]


def _fit_warnings(
    analysis: FaceAnalysis | None, parts: tuple[Segment, ...], fits: Mapping[int, FitCheck] | None
) -> list[str]:
    """Weights that do not know a face, or of which that is not known yet."""
    if fits is None:
        return []
    faces = dict.fromkeys(part.face for part in parts)
    said = [fits[face].sentence for face in faces if face in fits and fits[face].doubtful]
    if analysis is not None and any(face not in fits for face in faces):
        said.append("How well the weights know this face is not known yet: it is being checked, and is said here then.")
    return said


def faceless_parts(analysis: FaceAnalysis, parts: tuple[Segment, ...]) -> tuple[TimeRange, ...]:
    """Where, inside the dubbed parts, their face was not found."""
    return tuple(doubt.range for doubt in doubts_of(parts, analysis) if doubt.kind != "uncertain")


def _seconds(length: Fraction) -> str:
    return f"{float(length):.2f} s"
