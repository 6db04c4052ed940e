"""Timed lines of speech, as subtitles have them, to segments and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from app.core.edits import LONGEST_NAME, SHORTEST
from app.core.errors import UserError
from app.core.project import Project, Segment
from app.core.timebase import TimeRange


class Cue(msgspec.Struct, frozen=True):
    """A line that is spoken at a time of the clip."""

    range: TimeRange
    text: str
    speaker: str = ""
    """Who speaks; empty where nobody says so."""


def with_cues(project: Project, cues: Iterable[Cue], whole: TimeRange) -> tuple[Project, list[str]]:
    """The project with a segment for each line in place of those it had, and a sentence for each thing that was done.

    A line takes the face and the reference that the project has for new segments; the segment is called by its text.
    A line that reaches into the next one ends where that begins; lines that begin together become one segment. What
    lies outside the clip (`whole`) is cut off. Raises UserError where nothing is left.
    """
    ordered = sorted((cue for cue in cues), key=lambda cue: (cue.range.start, cue.range.stop))
    inside, outside = _inside(ordered, whole)
    joined = _joined(inside)
    apart, shortened = _apart(joined)
    if not apart:
        raise UserError("None of the lines lies within the clip: check that the file belongs to this clip.")
    segments = tuple(_segment(project, cue, number) for number, cue in enumerate(apart, start=1))
    counted = (
        (outside, "outside the clip: left out, or cut where it ends"),
        (len(inside) - len(joined), "at the same time as another one: joined to it"),
        (shortened, "reaching into the next one: it ends where that begins"),
    )
    return replace(project, segments=segments), [_counted(count, what) for count, what in counted if count]


def cues_of(segments: Sequence[Segment]) -> list[Cue]:
    """The segments as lines; one without a name is called by its number."""
    return [
        Cue(segment.range, segment.name or f"Segment {number}", segment.speaker)
        for number, segment in enumerate(segments, start=1)
    ]


def _inside(cues: Sequence[Cue], whole: TimeRange) -> tuple[list[Cue], int]:
    """What of the lines lies within the clip, and how many did not wholly."""
    found: list[Cue] = []
    for cue in cues:
        shared = cue.range.intersect(whole)
        if shared is not None and shared.duration >= SHORTEST:
            found.append(replace(cue, range=shared))
    return found, len(cues) - sum(cue in found for cue in cues)


def _joined(cues: Sequence[Cue]) -> list[Cue]:
    """Lines that begin less than a frame apart as one, as long as the longest."""
    found: list[Cue] = []
    for cue in cues:
        last = found[-1] if found else None
        if last is None or cue.range.start - last.range.start >= SHORTEST:
            found.append(cue)
            continue
        names = dict.fromkeys(name for one in (last, cue) for name in one.speaker.split(", ") if name)
        span = TimeRange(last.range.start, max(last.range.stop, cue.range.stop))
        found[-1] = Cue(span, " ".join(filter(None, (last.text, cue.text))), ", ".join(names))
    return found


def _apart(cues: Sequence[Cue]) -> tuple[list[Cue], int]:
    """The lines without overlaps, and how many were shortened for that."""
    found: list[Cue] = []
    shortened = 0
    for number, cue in enumerate(cues, start=1):
        stop = min(cue.range.stop, cues[number].range.start) if number < len(cues) else cue.range.stop
        shortened += stop < cue.range.stop
        found.append(replace(cue, range=TimeRange(cue.range.start, stop)))
    return found, shortened


def _segment(project: Project, cue: Cue, id: int) -> Segment:
    name, speaker = (" ".join(text.split())[:LONGEST_NAME] for text in (cue.text, cue.speaker))
    return Segment(cue.range, project.face, project.reference, id=id, name=name, speaker=speaker)


def _counted(count: int, what: str) -> str:
    return f"{count} {'line' if count == 1 else 'lines'} {what}."
