"""`handoff PROJECT.redub -o FILE`: what other programs take: the segments as subtitles (.srt, .vtt, .ass)."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.options import Verbs, say
from app.core.cues import cues_of
from app.core.errors import UserError
from app.engine.files.project_file import load_project
from app.engine.interchange.subtitles import write_subtitles


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `handoff` and its options to the command line."""
    parser = verbs.add_parser("handoff", help="write a project's segments for other programs", description=__doc__)
    parser.add_argument("project", type=Path, metavar="PROJECT.redub")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs `handoff` with the parsed options and returns the exit code."""
    output: Path = options.output
    project = load_project(options.project)
    if output.exists() and not options.overwrite:
        raise UserError(f'"{output}" already exists: choose another name or allow --overwrite.')
    cues = cues_of(project.segments or ())
    write_subtitles(cues, output)
    say(f'"{output}" holds {len(cues)} line{"" if len(cues) == 1 else "s"}.')
    return 0
