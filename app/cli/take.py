"""`take PROJECT.redub`: voices of their own for segments or speakers, to compare and to choose from.

`--add VOICE` gives the segments of `--speaker NAME`, or those numbered by `--segment N`, another voice and lets it be
heard; it begins where the segment does, unless the segment has an offset of its own. `--use N` changes to a take,
`--use project` back to the project's voice; `--keep` removes all takes but the one that is heard. Without one of these
it lists what there is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from msgspec.structs import replace

from app.cli.options import Verbs, say
from app.core import edits
from app.core.errors import UserError
from app.core.project import Project, Segment
from app.core.timebase import parse_time
from app.engine.files.project_file import load_project, save_project
from app.engine.media.take_file import take_of


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `take` and its options to the command line."""
    parser = verbs.add_parser("take", help="give segments or speakers voices of their own", description=__doc__)
    parser.add_argument("project", type=Path, metavar="PROJECT.redub")
    parser.add_argument("--segment", type=int, action="append", default=[], dest="segments", metavar="N", help="from 1")
    parser.add_argument("--speaker", metavar="NAME", help="all segments of a speaker")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--add", type=Path, metavar="VOICE", help="another voice for these segments")
    what.add_argument("--use", metavar="N|project", help="the take that is heard, as the list numbers them")
    what.add_argument("--keep", action="store_true", help="remove all takes but the one that is heard")
    parser.add_argument("--offset", metavar="S", help="with --add: time in the clip at which the voice starts")
    parser.add_argument("--name", default="", help="with --add: what the take is called")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs `take` with the parsed options and returns the exit code."""
    project = load_project(options.project)
    chosen = _chosen(project, options)
    if options.add is None and options.use is None and not options.keep:
        _list(project, chosen)
        return 0
    changed = _changed(project, [segment.id for segment in chosen], options)
    save_project(changed, options.project)
    _list(changed, [found for one in chosen if (found := changed.segment(one.id)) is not None])
    return 0


def _chosen(project: Project, options: argparse.Namespace) -> list[Segment]:
    """The segments that are meant; all, where nothing is said. Raises UserError where there is none."""
    segments: list[Segment] = list(project.segments or ())
    for number in options.segments:
        if not 1 <= number <= len(segments):
            raise UserError(f'"{options.project}" has no segment {number}: it has {len(segments)}, counted from 1.')
    if options.speaker is not None:
        found = [segment for segment in segments if segment.speaker.casefold() == options.speaker.casefold()]
        if not found:
            raise UserError(f'Nobody called "{options.speaker}" speaks in "{options.project}": see the list.')
        return found
    if options.segments:
        return [segments[number - 1] for number in options.segments]
    if options.add is not None or options.use is not None or options.keep:
        raise UserError("Say which segments are meant: give --segment N or --speaker NAME.")
    return segments


def _changed(project: Project, ids: list[int], options: argparse.Namespace) -> Project:
    """The project with what the options ask for. Raises UserError where that cannot be."""
    if options.add is not None:
        take = replace(take_of(options.add), name=" ".join(options.name.split()))
        project = edits.add_take(project, ids, take)
        if options.offset is not None:
            offset = parse_time(options.offset)
            for id in ids:
                project = edits.set_segment(project, id, offset=offset)
        return project
    if options.keep:
        return edits.keep_take(project, ids)
    if options.use == "project":
        return edits.use_take(project, ids, None)
    if not options.use.isdecimal() or int(options.use) < 1:
        raise UserError(f'"{options.use}" is no take: give its number, or `project`.')
    return edits.use_take(project, ids, int(options.use) - 1)


def _list(project: Project, segments: list[Segment]) -> None:
    """Prints the segments and their voices; what is heard has a star."""
    everyone = project.segments or ()
    if not segments:
        say("The project has no segment: draw one in the editor.")
    for segment in segments:
        name = ": ".join(filter(None, (segment.speaker, segment.name)))
        print(f"{everyone.index(segment) + 1}  {name}".rstrip())
        heard = segment.own_voice
        print(f"   {'*' if heard is None else ' '} project  {project.voice or 'no voice yet'}")
        for number, take in enumerate(segment.takes, start=1):
            called = f"  ({take.name})" if take.name else ""
            print(f"   {'*' if number - 1 == segment.take else ' '} {number}  {take.path}{called}")
