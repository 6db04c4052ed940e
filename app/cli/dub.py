"""`dub CLIP VOICE -o OUT.mp4`: a clip and a new voice in, a dubbed MP4 out.

`dub PROJECT.redub -o OUT.mp4` renders a project that the editor saved, with the ranges, faces, sound and weights that
it names.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from app.cli.options import (
    ProgressLine,
    Verbs,
    add_device_options,
    add_face_option,
    add_stream_options,
    add_weights_option,
    check_json_output,
    chosen_face,
    clip_streams,
    say,
    write_json,
)
from app.core.errors import UserError
from app.core.project import PROJECT_FIELDS, Project, Segment
from app.core.streams import Streams
from app.core.text import listed
from app.core.timebase import merge_ranges, parse_range, parse_time
from app.engine.dub.dubbing import Notify
from app.engine.dub.report import DubReport
from app.engine.export.export import Tools
from app.engine.export.export_presets import (
    DEFAULT,
    FOLDER,
    ExportPreset,
    find_preset,
    load_presets,
    preset_settings,
)
from app.engine.export.export_request import ExportRequest, check_request, run_export
from app.engine.files.project_file import SUFFIX, load_project, matches, missing_media, missing_takes
from app.engine.ports import Dubber
from app.engine.progress import Progress
from app.engine.provenance.statement import Statement
from app.wiring import cache_folder, data_folder, make_detector, make_dubber, signing_folder


class Default(str):
    """The value of an option that was not given: equal to the one that is, and yet told from it."""


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `dub` and its options to the command line."""
    parser = verbs.add_parser("dub", help="re-lip a clip to a new voice", description=__doc__)
    parser.add_argument("clip", type=Path, metavar="CLIP|PROJECT.redub")
    parser.add_argument("voice", type=Path, nargs="?", metavar="VOICE", help="none with a project, which names its own")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.mp4")
    parser.add_argument("--report", type=Path, metavar="R.json", help="write a report of the dub, as JSON")
    add_dub_options(parser)
    add_run_options(parser)
    parser.set_defaults(run=run)


def add_dub_options(parser: argparse.ArgumentParser) -> None:
    """Adds what one dub may be told apart from its files: what makes its project, and what it is written as."""
    add_project_options(parser)
    add_preset_option(parser)


def add_preset_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option --preset."""
    parser.add_argument("--preset", default=DEFAULT, metavar="NAME", help=_preset_help())


def add_project_options(parser: argparse.ArgumentParser) -> None:
    """Adds what a project is told apart from its files: where, whose face, how it sounds, with which weights."""
    parser.add_argument(
        "--range",
        action="append",
        default=[],
        dest="ranges",
        metavar="START-END",
        help="dub only here; may be given several times; default: the whole clip",
    )
    parser.add_argument(
        "--offset", default=Default("0"), metavar="S", help="time in the clip at which the voice starts"
    )
    parser.add_argument(
        "--reference",
        default=Default("auto"),
        metavar="TIME|auto",
        help="time of the frame that shows the network the face; default: %(default)s",
    )
    add_face_option(parser)
    parser.add_argument(
        "--original-audio",
        choices=PROJECT_FIELDS["original_audio"].choices,
        default=Default("drop"),
        help="the clip's own sound inside the dubbed ranges; outside it is kept; default: %(default)s",
    )
    parser.add_argument(
        "--fit",
        choices=PROJECT_FIELDS["fit"].choices,
        default=Default("cut"),
        help="a voice longer than the picture: cut it or hold the last frame; default: %(default)s",
    )
    add_stream_options(parser)
    parser.add_argument("--voice-stream", type=int, metavar="N", help="which stream of VOICE is the new voice")
    add_weights_option(parser)
    parser.set_defaults(weights=Default(parser.get_default("weights")))


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Adds what holds for a run of the program, whatever it dubs."""
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    add_statement_options(parser)
    add_device_options(parser)


def add_statement_options(parser: argparse.ArgumentParser) -> None:
    """Adds what is declared of a dub in its manifest, and with whose certificate."""
    parser.add_argument("--unsigned", action="store_true", help="write no signed manifest into the file")
    parser.add_argument(
        "--certificate", type=Path, metavar="CHAIN.pem", help="sign with this instead of the installation's own"
    )
    parser.add_argument("--certificate-key", type=Path, metavar="KEY.pem", help="its private key")
    parser.add_argument(
        "--translated", nargs=2, metavar=("FROM", "TO"), help="languages, such as en de: declare a translation"
    )
    parser.add_argument("--consent", default="", metavar="TEXT", help="who agreed, and on what ground; is declared too")


def declared(options: argparse.Namespace, project: Project) -> Statement:
    """What the options declare, and the project where they are silent.

    Raises UserError for a certificate without its key, or the other way about.
    """
    chain, key = options.certificate, options.certificate_key
    if (chain is None) != (key is None):
        raise UserError("--certificate and --certificate-key belong together: give both, or neither.")
    return Statement(
        sign=not options.unsigned,
        certificate=None if chain is None else (str(chain), str(key)),
        translated=tuple(options.translated) if options.translated else None,
        consent=options.consent or project.consent,
    )


def _own_presets() -> Path:
    return data_folder() / FOLDER


def _preset_help() -> str:
    names = listed(preset.name for preset in load_presets())
    own = str(_own_presets()).replace("%", "%%")
    return f"kind of file: {names}, or a preset of your own ({own}, a file NAME.toml); default: %(default)s"


def run(options: argparse.Namespace) -> int:
    """Runs `dub` with the parsed options and returns the exit code."""
    request = request_of(options, options.output)
    project = request.project
    check_request(request)
    if options.report is not None:
        media = (Path(project.clip), Path(project.voice))
        check_json_output("--report", options.report, (options.clip, *media, options.output))
    if names_project(options):
        for sentence in other_media(project):
            say(sentence)
    report = dub(request, options, nearby=bool(options.ranges))
    if options.report is not None:
        write_json(options.report, report)
    return 0


def names_project(options: argparse.Namespace) -> bool:
    """Whether a project stands in the place of the clip."""
    return options.clip.suffix.lower() == SUFFIX


def request_of(options: argparse.Namespace, output: Path) -> ExportRequest:
    """What the options ask for, written to `output`.

    Raises UserError for options that make no project, or contradict the one that is named, and for an unknown preset.
    """
    if not names_project(options) and options.voice is None:
        raise UserError(f'dub needs a new voice for "{options.clip}": name a sound file after the clip.')
    project = saved_project(options) if names_project(options) else project_of(options)
    settings = preset_settings(preset_of(options))
    return ExportRequest(project, output, settings, overwrite=options.overwrite, declared=declared(options, project))


def preset_of(options: argparse.Namespace) -> ExportPreset:
    """The export preset of the program or of the user's that the options name. Raises UserError where there is none."""
    return find_preset(load_presets(_own_presets(), say), options.preset)


def saved_project(options: argparse.Namespace) -> Project:
    """The project in the file that is given in the place of the clip.

    Raises UserError for options that would contradict it, and for one that cannot be rendered.
    """
    file: Path = options.clip
    given = _given(options)
    if given:
        raise UserError(f'The project "{file}" already sets {given[0]}: leave it out, or change the project.')
    project = load_project(file)
    ready(project, file)
    return project


def ready(project: Project, file: Path) -> None:
    """Raises UserError for the project in `file` where it cannot be rendered."""
    for medium, path in (("clip", project.clip), ("voice", project.voice)):
        if not path:
            raise UserError(f'The project "{file}" has no {medium} yet: open it in the editor and choose one.')
    for medium in missing_media(project):
        path = project.clip if medium == "clip" else project.voice
        raise UserError(
            f'The {medium} "{path}" of the project "{file}" is not there: '
            "put it back, or open the project in the editor and choose it again."
        )
    for path in missing_takes(project):
        raise UserError(
            f'The voice "{path}" of a segment of "{file}" is not there: put it back, or choose another take.'
        )
    if project.segments == ():
        raise UserError(f'The project "{file}" has no segment to dub: open it in the editor and draw one.')


def _given(options: argparse.Namespace) -> list[str]:
    """Which options were given that a project has an answer to, as they are written."""
    unset = ("face", "video_stream", "audio_stream", "voice_stream")
    plain = ("offset", "reference", "original_audio", "fit", "weights")
    given = [name for name in plain if not isinstance(getattr(options, name), Default)]
    names = [f"--{name.replace('_', '-')}" for name in given]
    return (
        (["VOICE"] if options.voice is not None else [])
        + (["--range"] if options.ranges else [])
        + [f"--{name.replace('_', '-')}" for name in unset if getattr(options, name) is not None]
        + names
    )


def other_media(project: Project) -> list[str]:
    """A sentence for each of the media that is not the file that the project was made with."""
    pairs = (("clip", project.clip, project.clip_sha256), ("voice", project.voice, project.voice_sha256))
    return [
        f'the {medium} "{path}" is not the file that the project was made with.'
        for medium, path, sha256 in pairs
        if not matches(Path(path), sha256)
    ]


def project_of(options: argparse.Namespace) -> Project:
    """The project that the options describe. Raises UserError for times and ranges that cannot be read."""
    face = chosen_face(options)
    reference = None if options.reference == "auto" else parse_time(options.reference)
    ranges = merge_ranges(parse_range(text) for text in options.ranges)
    segments = tuple(Segment(span, face, reference) for span in ranges)
    return Project(
        clip=str(options.clip),
        voice="" if options.voice is None else str(options.voice),
        offset=parse_time(options.offset),
        segments=segments or None,
        face=face,
        reference=reference,
        original_audio=_plain(options.original_audio),
        fit=_plain(options.fit),
        weights=_plain(options.weights),
        clip_streams=clip_streams(options),
        voice_streams=Streams(sound=options.voice_stream),
    )


def _plain(text: Any) -> Any:
    """A `Default` as the text that it is: projects are encoded, which knows no other kinds of text."""
    return str(text)


def dub(request: ExportRequest, options: argparse.Namespace, nearby: bool = False) -> DubReport:
    """Exports with the project's weights on the device of the options, and says how it went.

    `nearby`: see `Tools`.
    """
    line = ProgressLine()
    dubber = make_dubber(request.project.weights, options.device, say)
    say(f"device {dubber.device}, weights {dubber.weights_name}, detector {options.detector}.")
    try:
        report = run_export(request, tools_of(request, dubber, options.detector, nearby, line, say))
    finally:
        line.close()
    for sentence in summary(report):
        say(sentence)
    return report


def tools_of(
    request: ExportRequest, dubber: Dubber, detector: str, nearby: bool, progress: Progress, notify: Notify
) -> Tools:
    """What a dub from the command line works with."""
    return Tools(
        dubber=dubber,
        detector_name=detector,
        make_detector=partial(make_detector, detector),
        cache=cache_folder(),
        encoder=request.encoder,
        progress=progress,
        notify=notify,
        nearby=nearby,
        signing=signing_folder(),
    )


def summary(report: DubReport) -> list[str]:
    """What the user should know of a finished dub, a sentence each."""
    said = [
        (
            f'"{report.output}" is done: {report.dubbed_frames} of {report.frames} frames dubbed, '
            f"{report.frames_per_second:.1f} frames a second ({report.encoder})."
        )
    ]
    said.append(f"It is signed by {report.signed_by}." if report.signed_by else "It is not signed.")
    if report.cut_seconds > 0.05:
        said.append(f"The voice continues after the dubbed picture: its last {report.cut_seconds:.2f} s were cut.")
    if report.padded_seconds > 0.05:
        said.append(f"The voice ends {report.padded_seconds:.2f} s before the dubbed range does: silence follows it.")
    if report.held_seconds > 0:
        said.append(f"The last frame is held for {report.held_seconds:.2f} s, to the voice's end.")
    said += [
        f"From {span.start:.2f} to {span.stop:.2f} s the face was not found ({span.reason}): passed through."
        for span in report.faceless_spans
    ]
    return [*said, *report.warnings]
