"""Lines from a file into a project: the one way for the command line and the editor."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import msgspec
from msgspec.structs import replace

from app.core.cues import Cue, with_cues
from app.core.edits import set_voice
from app.core.project import Project
from app.core.timebase import TimeRange
from app.engine.interchange.spoken_lines import SUFFIX, assemble, read_spoken_lines
from app.engine.interchange.subtitles import FORMATS, read_subtitles
from app.engine.media.content import content_hash

SUFFIXES = (*FORMATS, SUFFIX)
"""Of files that lines are read from."""


class ImportedLines(msgspec.Struct, frozen=True):
    """What a file of lines brings."""

    cues: tuple[Cue, ...]
    notes: tuple[str, ...]
    """A sentence for each thing that was not as it should be."""
    voice: Path | None = None
    """The sound in which all lines lie at their times; None where the file has no sound."""
    voice_sha256: str = ""


def read_lines(file: Path, voice: Path) -> ImportedLines:
    """The lines of subtitles, or of a SubtitleEditTts.json, whose sounds are laid into one, written to `voice`.

    Raises UserError for what cannot be read, and where the voice cannot be written.
    """
    if file.suffix.lower() != SUFFIX:
        subtitles = read_subtitles(file)
        return ImportedLines(subtitles.cues, subtitles.notes)
    spoken = read_spoken_lines(file)
    assemble(spoken.lines, voice)
    return ImportedLines(tuple(line.cue for line in spoken.lines), spoken.notes, voice, content_hash(voice))


def with_lines(project: Project, lines: ImportedLines, whole: TimeRange) -> tuple[Project, list[str]]:
    """The project with the lines as its segments, and their voice where they have one; and what was done to them.

    `whole`: the clip. Raises UserError where no line lies in it.
    """
    if lines.voice is not None:
        project = set_voice(replace(project, offset=Fraction(0)), str(lines.voice), lines.voice_sha256)
    project, done = with_cues(project, lines.cues, whole)
    return project, [*lines.notes, *done]
