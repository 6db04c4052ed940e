"""`dub CLIP VOICE -o OUT.mp4`: a clip and a new voice in, a dubbed MP4 out."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from app.cli.options import ProgressLine, Verbs, add_network_options, check_json_output, say, write_json
from app.core.project import Project, Segment
from app.core.timebase import merge_ranges, parse_range, parse_time
from app.engine.export import Tools, export
from app.engine.media.encoders import EncoderSettings
from app.engine.media.output import check_output
from app.engine.media.probe import require_audio, require_video
from app.engine.report import DubReport
from app.wiring import cache_folder, make_detector, make_dubber


def add_parser(verbs: Verbs) -> None:
    """Adds the verb."""
    parser = verbs.add_parser("dub", help="re-lip a clip to a new voice", description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("voice", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.mp4")
    parser.add_argument(
        "--range",
        action="append",
        default=[],
        dest="ranges",
        metavar="START-END",
        help="dub only here; may be given several times; default: the whole clip",
    )
    parser.add_argument("--offset", default="0", metavar="S", help="time in the clip at which the voice starts")
    parser.add_argument(
        "--reference",
        default="auto",
        metavar="TIME|auto",
        help="time of the frame that shows the network the face; default: %(default)s",
    )
    parser.add_argument("--face", type=int, default=0, metavar="N", help="which face, 0 the most prominent")
    parser.add_argument(
        "--original-audio",
        choices=("keep", "duck", "drop"),
        default="drop",
        help="the clip's own sound inside the dubbed ranges; outside it is kept; default: %(default)s",
    )
    parser.add_argument(
        "--fit",
        choices=("cut", "hold"),
        default="cut",
        help="a voice longer than the picture: cut it or hold the last frame; default: %(default)s",
    )
    parser.add_argument("--report", type=Path, metavar="R.json", help="write what was done, as JSON")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    add_network_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs the verb."""
    inputs = (options.clip, options.voice)
    require_video(options.clip)
    require_audio(options.voice)
    check_output(options.output, options.overwrite, inputs)
    if options.report is not None:
        check_json_output("--report", options.report, (*inputs, options.output))
    report = dub(project_of(options), options.output, options)
    if options.report is not None:
        write_json(options.report, report)
    return 0


def project_of(options: argparse.Namespace) -> Project:
    """The project that the options describe. Raises UserError for times and ranges that cannot be read."""
    reference = None if options.reference == "auto" else parse_time(options.reference)
    ranges = merge_ranges(parse_range(text) for text in options.ranges)
    segments = tuple(Segment(span, options.face, reference) for span in ranges)
    return Project(
        clip=str(options.clip),
        voice=str(options.voice),
        offset=parse_time(options.offset),
        segments=segments or None,
        face=options.face,
        reference=reference,
        original_audio=options.original_audio,
        fit=options.fit,
    )


def dub(project: Project, output: Path, options: argparse.Namespace) -> DubReport:
    """Exports and says how it went."""
    line = ProgressLine()
    dubber = make_dubber(options.weights, options.device, say)
    say(f"device {dubber.device}, weights {dubber.weights_name}, detector {options.detector}.")
    tools = Tools(
        dubber=dubber,
        detector_name=options.detector,
        make_detector=partial(make_detector, options.detector),
        cache=cache_folder(),
        encoder=EncoderSettings(),
        progress=line,
        notify=say,
    )
    try:
        report = export(project, output, tools, options.overwrite)
    finally:
        line.close()
    for sentence in summary(report):
        say(sentence)
    return report


def summary(report: DubReport) -> list[str]:
    """What the user should know of a finished dub, a sentence each."""
    said = [
        f'"{report.output}" is done: {report.dubbed_frames} of {report.frames} frames dubbed, '
        f"{report.frames_per_second:.1f} frames a second ({report.encoder})."
    ]
    if report.cut_seconds > 0.05:
        said.append(f"The voice goes on after the dubbed picture: its last {report.cut_seconds:.2f} s were cut.")
    if report.padded_seconds > 0.05:
        said.append(f"The voice ends {report.padded_seconds:.2f} s before the dubbed range does: silence follows it.")
    if report.held_seconds > 0:
        said.append(f"The last frame is held for {report.held_seconds:.2f} s, to the voice's end.")
    said += [
        f"From {span.start:.2f} to {span.stop:.2f} s the face was not found ({span.reason}): passed through."
        for span in report.faceless_spans
    ]
    return [*said, *report.warnings]
