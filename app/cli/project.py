"""`project CLIP [VOICE] -o NAME.redub`: a project for the editor or `dub`, with segments from subtitles.

`--from` names subtitles (SRT, WebVTT, ASS), whose lines become segments with who speaks them, or the
SubtitleEditTts.json of Subtitle Edit, whose sounds become the voice: NAME.wav beside the project.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from msgspec.structs import replace

from app.cli.dub import add_project_options, project_of
from app.cli.options import Verbs, say
from app.core.errors import UserError
from app.core.project import Project
from app.core.text import listed
from app.engine.files.project_file import SUFFIX, save_project
from app.engine.interchange.lines_import import SUFFIXES, read_lines, with_lines
from app.engine.media.clip import open_clip
from app.engine.media.content import content_hash
from app.engine.media.probe import require_audio


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `project` and its options to the command line."""
    parser = verbs.add_parser("project", help="make a project, with segments from subtitles", description=__doc__)
    parser.add_argument("clip", type=Path, metavar="CLIP")
    parser.add_argument("voice", type=Path, nargs="?", metavar="VOICE", help="may be chosen later, in the editor")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar=f"NAME{SUFFIX}")
    parser.add_argument("--from", type=Path, dest="lines", metavar="FILE", help=f"lines: {listed(SUFFIXES)}")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing project and voice")
    add_project_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs `project` with the parsed options and returns the exit code."""
    output: Path = options.output
    voice = output.with_suffix(".wav")
    _check(options, output, voice)
    clip = open_clip(options.clip, streams=project_of(options).clip_streams)
    project = replace(project_of(options), clip=str(options.clip), clip_sha256=clip.sha256)
    if options.voice is not None:
        require_audio(options.voice, project.voice_streams)
        project = replace(project, voice_sha256=content_hash(options.voice))
    if options.lines is not None:
        project, notes = with_lines(project, read_lines(options.lines, voice), clip.whole)
        for sentence in notes:
            say(sentence)
    save_project(project, output)
    say(_summary(project, output))
    return 0


def _check(options: argparse.Namespace, output: Path, voice: Path) -> None:
    """Raises UserError before anything is read where the result could not be, or would replace something."""
    if output.suffix.lower() != SUFFIX:
        raise UserError(f'The project "{output}" does not end in {SUFFIX}: give it such a name.')
    if options.lines is not None and options.ranges:
        raise UserError("--range and --from both say where is dubbed: leave one of them out.")
    spoken = options.lines is not None and options.lines.suffix.lower() == ".json"
    if spoken and options.voice is not None:
        raise UserError(f'"{options.lines}" brings a voice of its own: leave VOICE out.')
    for file in (output, voice) if spoken else (output,):
        if file.exists() and not options.overwrite:
            raise UserError(f'"{file}" already exists: choose another name or allow --overwrite.')


def _summary(project: Project, output: Path) -> str:
    count = len(project.segments or ())
    held = "dubs all of the clip" if project.segments is None else f"has {count} segment{'' if count == 1 else 's'}"
    speakers = list(dict.fromkeys(segment.speaker for segment in project.segments or () if segment.speaker))
    said = f", spoken by {', '.join(speakers)}" if speakers else ""
    return f'"{output}" {held}{said}.'
