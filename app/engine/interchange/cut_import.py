"""From a clip of a cut to a project: its file is found, its range becomes the segment, the voice under it the voice."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import msgspec
from msgspec.structs import replace

from app.core.edits import LONGEST_NAME, SHORTEST
from app.core.errors import UserError
from app.core.project import Project, Segment
from app.core.timebase import TimeRange, format_time
from app.engine.files.relink import Wanted, search
from app.engine.interchange.cut import CutClip
from app.engine.media.clip import Clip, open_clip

RATE_TOLERANCE = Fraction(1, 10_000)
"""Share by which two frame rates may differ and be the same: measured ones are never exact."""


class Located(msgspec.Struct, frozen=True):
    """A file of a cut that is there."""

    path: Path
    notes: tuple[str, ...] = ()
    """A sentence where it is not where the cut says."""


class LaidVoice(msgspec.Struct, frozen=True):
    """A sound of the cut that lies under the clip."""

    sound: CutClip
    offset: Fraction
    """Seconds of the clip's file at which the first sample of the sound's file would be heard."""


def locate(clip: CutClip, cut: Path, folder: Path | None = None) -> Located:
    """The clip's file: where the cut says, else by its name beside the cut, else by its name below `folder`.

    Raises UserError for a clip that cannot be dubbed and for a file that is nowhere.
    """
    if clip.problem or clip.media is None:
        raise UserError(f'Clip {clip.number} "{clip.name}" of "{cut}" cannot be dubbed: {clip.problem}.')
    if clip.media.is_file():
        return Located(clip.media)
    wanted = [Wanted("clip", clip.media, "")]
    places = [(cut.absolute().parent, False), *([(folder, True)] if folder is not None else [])]
    for place, deep in places:
        for found in search(place, wanted, deep=deep).found:
            return Located(found.path, (f'"{clip.media}" is not there: "{found.path}" of the same name is used.',))
    raise UserError(
        f'"{clip.media}", which clip {clip.number} "{clip.name}" of "{cut}" shows, is not there: put it back, or name '
        "the folder where it lies with --media."
    )


def with_cut(project: Project, chosen: CutClip, cut: Path, clip: Clip) -> tuple[Project, list[str]]:
    """The project with the chosen clip's range as its one segment, and what is to be known of it.

    `clip` is the file of `chosen`, opened. Raises UserError where the range lies outside of it.
    """
    notes = list(chosen.notes)
    shared = chosen.range.intersect(clip.whole)
    if shared is None or shared.duration < SHORTEST:
        raise UserError(
            f'Clip {chosen.number} "{chosen.name}" of "{cut}" shows "{clip.path}" from '
            f"{format_time(chosen.range.start)} on, and that file ends at {format_time(clip.stop)}: link it to the "
            "right file and export the cut again."
        )
    if shared != chosen.range and chosen.range.stop - shared.stop > 1 / clip.fps:
        notes.append(f'"{chosen.name}" is longer in the cut than its file is: what is missing is left out.')
    if abs(chosen.rate - clip.fps) > clip.fps * RATE_TOLERANCE:
        notes.append(
            f'The cut counts "{chosen.name}" in {rate_text(chosen.rate)} frames a second and the file has '
            f"{rate_text(clip.fps)}: times are taken in seconds."
        )
    name = " ".join(chosen.name.split())[:LONGEST_NAME]
    segment = Segment(shared, project.face, project.reference, id=1, name=name)
    return replace(project, segments=(segment,), cut=str(cut), cut_clip=chosen.number), notes


def project_of_clip(
    base: Project, chosen: CutClip, cut: Path, sounds: Sequence[CutClip], folder: Path | None
) -> tuple[Project, list[str]]:
    """`base` with the chosen clip, its range and the voice among `sounds` that lies under it; and what is to be known.

    `folder`: where files lie that moved. Raises UserError where the clip, or a file that it needs, cannot be used.
    """
    found = locate(chosen, cut, folder)
    project = replace(base, clip=str(found.path.absolute()))
    project, notes = with_cut(project, chosen, cut.absolute(), open_clip(found.path, streams=base.clip_streams))
    laid = voice_under(chosen, sounds)
    if laid is not None:
        sound = locate(laid.sound, cut, folder)
        project = replace(project, voice=str(sound.path.absolute()), offset=laid.offset)
        notes += [*sound.notes, f'"{sound.path.name}", which lies under "{chosen.name}" in the cut, is the voice.']
    return project, [*found.notes, *notes]


def voice_under(chosen: CutClip, sounds: Sequence[CutClip]) -> LaidVoice | None:
    """The sound of another file that lies under the clip for longest; None where there is none."""
    best: tuple[Fraction, CutClip] | None = None
    for sound in sounds:
        shared = None if sound.problem or sound.media == chosen.media else sound.at.intersect(chosen.at)
        if shared is not None and (best is None or shared.duration > best[0]):
            best = shared.duration, sound
    if best is None:
        return None
    sound = best[1]
    return LaidVoice(sound, chosen.range.start + (sound.at.start - chosen.at.start) - sound.range.start)


def span_text(span: TimeRange) -> str:
    """A stretch of time as clock times."""
    return f"{format_time(span.start)} to {format_time(span.stop)}"


def rate_text(rate: Fraction) -> str:
    """A frame rate as it is exactly: "25", "24000/1001"."""
    return str(rate)
