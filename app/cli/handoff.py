"""`handoff PROJECT.redub -o FILE`: what other programs take.

FILE.srt, .vtt or .ass: the segments as subtitles. FILE.wav: the sound of the dub alone. FILE.otio, .xml (FCP 7) or .edl
(CMX 3600): the cut that the project came from, or else the clip, and over it a track of the dubbed ranges alone, each
rendered into a file with handles (in a folder beside it), with markers where no face, or no certain one, is found and
where lips stay as they were. An EDL holds the dubbed ranges only. With `--matte` the files show what was pasted alone.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from app.cli.dub import add_preset_option, add_run_options, declared, other_media, preset_of, ready, summary, tools_of
from app.cli.options import ProgressLine, Verbs, make_folder, say
from app.core.cues import cues_of
from app.core.errors import UserError
from app.core.project import Project
from app.core.text import listed
from app.engine.export.export_presets import preset_settings
from app.engine.export.export_request import ExportRequest, check_request, run_export
from app.engine.export.sound_file import SUFFIX as SOUND
from app.engine.export.sound_file import write_sound
from app.engine.faces.doubts import doubts_of
from app.engine.faces.load_analysis import load_analysis
from app.engine.files.project_file import load_project
from app.engine.interchange.cut import read_cut
from app.engine.interchange.cut_export import (
    FORMATS,
    HANDLES,
    DonePiece,
    Piece,
    is_timeline,
    pieces_of,
    timeline_of,
    write_timeline,
)
from app.engine.interchange.subtitles import FORMATS as SUBTITLES
from app.engine.interchange.subtitles import write_subtitles
from app.engine.media.clip import Clip, open_clip, open_voice
from app.engine.media.encoders import MATTE, EncoderSettings
from app.engine.media.reader import VideoReader
from app.wiring import cache_folder, make_detector, make_dubber


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `handoff` and its options to the command line."""
    parser = verbs.add_parser(
        "handoff", help="write a project for other programs: subtitles, a timeline", description=__doc__
    )
    parser.add_argument("project", type=Path, metavar="PROJECT.redub")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--handles", type=int, default=HANDLES, metavar="N", help="frames more at each end; default: %(default)s"
    )
    parser.add_argument(
        "--films", type=Path, metavar="DIR", help='folder of the rendered ranges; default: "FILE films"'
    )
    parser.add_argument(
        "--matte", action="store_true", help="ProRes 4444 of what was pasted alone, with its mask as transparency"
    )
    parser.add_argument("--no-cut", action="store_true", help="lay the ranges over the clip alone")
    add_preset_option(parser)
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs `handoff` with the parsed options and returns the exit code."""
    output: Path = options.output
    known = (*SUBTITLES, *FORMATS, SOUND)
    if output.suffix.lower() not in known:
        raise UserError(f'"{output}" does not end in {listed(known)}: give it such a name.')
    if output.exists() and not options.overwrite:
        raise UserError(f'"{output}" already exists: choose another name or allow --overwrite.')
    project = load_project(options.project)
    if is_timeline(output):
        return _timeline(options, project)
    if output.suffix.lower() == SOUND:
        return _sound(options, project)
    cues = cues_of(project.segments or ())
    write_subtitles(cues, output)
    say(f'"{output}" holds {len(cues)} line{"" if len(cues) == 1 else "s"}.')
    return 0


def _sound(options: argparse.Namespace, project: Project) -> int:
    """Writes what an export would sound like."""
    ready(project, options.project)
    clip = open_clip(Path(project.clip), streams=project.clip_streams)
    voice = open_voice(Path(project.voice), streams=project.voice_streams)
    write_sound(project, clip, voice, cache_folder() / "sound", options.output)
    say(f'"{options.output}" holds the sound of the dub.')
    return 0


def _timeline(options: argparse.Namespace, project: Project) -> int:
    """Renders the ranges, then writes the timeline: it never names a file that is not there."""
    ready(project, options.project)
    if options.handles < 0:
        raise UserError(f"--handles {options.handles} is fewer than none: give 0 or more.")
    for sentence in other_media(project):
        say(sentence)
    output: Path = options.output
    cut_file = None if options.no_cut or not project.cut else Path(project.cut)
    cut = None if cut_file is None else read_cut(cut_file)
    clip = open_clip(Path(project.clip), streams=project.clip_streams)
    films = options.films or output.with_name(f"{output.stem} films")
    preset = preset_of(options)
    settings, suffix = (MATTE, ".mov") if options.matte else (preset_settings(preset), preset.suffixes[0])
    pieces = pieces_of(project, clip, films, suffix, options.handles)
    make_folder(films)
    done = _rendered(options, project, clip, pieces, settings)
    folder = Path() if cut_file is None else cut_file.parent
    write_timeline(timeline_of(project, clip, done, cut, folder), output)
    say(f'"{output}" holds {len(done)} dubbed range{"" if len(done) == 1 else "s"}; their files lie in "{films}".')
    return 0


def _rendered(
    options: argparse.Namespace, project: Project, clip: Clip, pieces: list[Piece], settings: EncoderSettings
) -> list[DonePiece]:
    """The pieces, each in its file, with where a person should look."""
    said, again = declared(options, project), options.overwrite
    requests = [ExportRequest(project, piece.file, settings, piece.span, again, said) for piece in pieces]
    for request in requests:
        check_request(request)
    dubber = make_dubber(project.weights, options.device, say)
    line = ProgressLine()
    done: list[DonePiece] = []
    for piece, request in zip(pieces, requests, strict=True):
        alone = replace(request, project=replace(project, fit="cut"))  # a last frame is held by the cut, not in a file
        report = run_export(alone, tools_of(alone, dubber, options.detector, False, line, say))
        line.close()
        for sentence in summary(report):
            say(sentence)
        done.append(DonePiece(piece, report, ()))
    make = partial(make_detector, options.detector)
    with VideoReader(Path(project.clip), clip.times, clip.streams) as reader:
        analysis, _ = load_analysis(reader, options.detector, make, cache_folder())
    return [replace(one, doubts=doubts_of([one.piece.segment], analysis)) for one in done]
