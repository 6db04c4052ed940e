"""`demo`: the puppet speaks sentence A; the demo dubs it to sentence B. Needs no download and nobody's face."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.dub import dub
from app.cli.options import ProgressLine, Verbs, add_network_options, make_folder, say, write_json
from app.core.project import Project
from app.engine.export.export_request import ExportRequest
from app.engine.files.project_file import save_project
from app.engine.media.encoders import EncoderSettings
from app.engine.puppet.demo import make_demo


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `demo` and its options to the command line."""
    parser = verbs.add_parser("demo", help="make a demo clip and dub it", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="default: %(default)s")
    add_network_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs the verb: DIR/puppet.mp4, DIR/voice.flac, DIR/demo.redub and DIR/dubbed.mp4 with its report.

    A DIR/demo.redub that is there already stays as it is: somebody may have edited it.
    """
    folder: Path = options.out
    make_folder(folder)
    clip, voice = make_material(folder)
    project = Project(clip=str(clip.resolve()), voice=str(voice.resolve()), weights=options.weights)
    file = folder / "demo.redub"
    if not file.exists():
        save_project(project, file, backups=0)
    report = dub(ExportRequest(project, folder / "dubbed.mp4", EncoderSettings(), overwrite=True), options)
    write_json(folder / "report.json", report)
    return 0


def make_material(folder: Path) -> tuple[Path, Path]:
    """Writes the puppet's clip and the new voice; returns (clip, voice)."""
    line = ProgressLine()
    say(f'making the puppet "{folder / "puppet.mp4"}": a picture made to speak, not a recording of a person.')
    made = make_demo(folder, line)
    line.close()
    return made
