"""`project CLIP [VOICE] -o NAME.redub`: a project for the editor or `dub`, with segments from subtitles or from a cut.

`--from` names subtitles (SRT, WebVTT, ASS), whose lines become segments with who speaks them, or the
SubtitleEditTts.json of Subtitle Edit, whose sounds become the voice: NAME.wav beside the project.

In the place of CLIP may stand a timeline (.otio, .otioz, FCP 7 .xml): `--list` shows its clips, `--pick` chooses one.
Its range becomes the segment and, without VOICE, the sound of another file that lies under it the voice.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from app.cli.dub import add_project_options, project_of
from app.cli.options import Verbs, say
from app.core.errors import UserError
from app.core.project import Project
from app.core.text import listed
from app.engine.files.project_file import SUFFIX, save_project
from app.engine.interchange.cut import CutClip, clip_named, clips_of, is_cut, read_cut, sounds_of
from app.engine.interchange.cut_import import project_of_clip, rate_text, span_text
from app.engine.interchange.lines_import import SUFFIXES, read_lines, with_lines
from app.engine.media.clip import open_clip
from app.engine.media.content import content_hash
from app.engine.media.probe import require_audio


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `project` and its options to the command line."""
    parser = verbs.add_parser(
        "project", help="make a project, with segments from subtitles or a cut", description=__doc__
    )
    parser.add_argument("clip", type=Path, metavar="CLIP|CUT.otio")
    parser.add_argument("voice", type=Path, nargs="?", metavar="VOICE", help="may be chosen later, in the editor")
    parser.add_argument("-o", "--output", type=Path, metavar=f"NAME{SUFFIX}")
    parser.add_argument("--from", type=Path, dest="lines", metavar="FILE", help=f"lines: {listed(SUFFIXES)}")
    parser.add_argument("--list", action="store_true", help="show the clips of a cut, and make nothing")
    parser.add_argument("--pick", metavar="N|NAME", help="which clip of a cut")
    parser.add_argument("--media", type=Path, metavar="FOLDER", help="where files of a cut lie that were moved")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing project and voice")
    add_project_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs `project` with the parsed options and returns the exit code."""
    if options.list:
        _list(options.clip)
        return 0
    output: Path | None = options.output
    if output is None:
        raise UserError("project needs a file to write: name it with -o.")
    voice = output.with_suffix(".wav")
    _check(options, output, voice)
    project = _of_cut(options, output) if is_cut(options.clip) else project_of(options)
    clip = open_clip(Path(project.clip), streams=project.clip_streams)
    project = replace(project, clip_sha256=clip.sha256)
    if project.voice:
        require_audio(Path(project.voice), project.voice_streams)
        project = replace(project, voice_sha256=content_hash(Path(project.voice)))
    if options.lines is not None:
        project, notes = with_lines(project, read_lines(options.lines, voice), clip.whole)
        for sentence in notes:
            say(sentence)
    save_project(project, output)
    say(_summary(project, output))
    return 0


def _list(cut: Path) -> None:
    """Prints the clips of a cut, a line each."""
    if not is_cut(cut):
        raise UserError(f'"{cut}" is no timeline: --list shows the clips of one.')
    for clip in clips_of(read_cut(cut), cut.parent):
        wrong = f"  ({clip.problem})" if clip.problem else ""
        print(
            f"{clip.number}  {clip.name}  {clip.track}  {clip.media or 'no media'}  "
            f"{span_text(clip.range)}  {rate_text(clip.rate)} frames a second{wrong}"
        )


def _of_cut(options: argparse.Namespace, output: Path) -> Project:
    """The project of the clip of a cut that was chosen; what was done for it is said."""
    cut: Path = options.clip
    packed = cut.suffix.lower() == ".otioz"
    unpacked = output.with_name(f"{output.stem} media")
    if packed and unpacked.exists():
        raise UserError(f'The folder "{unpacked}" for the media of "{cut}" already exists: choose another name.')
    timeline = read_cut(cut, unpacked if packed else None)
    chosen = clip_named(clips_of(timeline, cut.parent), options.pick, cut)
    sounds = [] if options.voice is not None else sounds_of(timeline, cut.parent)
    project, notes = cut_project(options, cut, chosen, sounds)
    for sentence in notes:
        say(sentence)
    return project


def cut_project(
    options: argparse.Namespace, cut: Path, chosen: CutClip, sounds: Sequence[CutClip]
) -> tuple[Project, list[str]]:
    """The project of one clip of a cut, and what is to be known of it.

    `sounds` are the cut's, among which the voice may lie. Raises UserError where the clip or its file cannot be used.
    """
    laid = () if options.voice is not None else sounds
    return project_of_clip(project_of(options), chosen, cut, laid, options.media)


def _check(options: argparse.Namespace, output: Path, voice: Path) -> None:
    """Raises UserError before anything is read where the result could not be, or would replace something."""
    if output.suffix.lower() != SUFFIX:
        raise UserError(f'The project "{output}" does not end in {SUFFIX}: give it such a name.')
    if options.lines is not None and (options.ranges or is_cut(options.clip)):
        other = "--range" if options.ranges else "A cut"
        raise UserError(f"{other} and --from both say where is dubbed: leave one of them out.")
    if options.pick is not None and not is_cut(options.clip):
        raise UserError(f'"{options.clip}" is no timeline: --pick chooses a clip of one.')
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
