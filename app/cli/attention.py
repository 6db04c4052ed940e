"""`attention CLIP VOICE`: where one patch of a dubbed frame looked in the reference that gave it most."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from app.cli.options import (
    ProgressLine,
    Verbs,
    add_face_option,
    add_network_options,
    add_stream_options,
    chosen_face,
    clip_streams,
    say,
)
from app.core.errors import UserError
from app.core.project import Segment
from app.core.timebase import TimeRange, parse_time
from app.engine.dub.attention_picture import attention_picture, look
from app.engine.dub.dubbing import load_voice
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.reference_choice import choose_references
from app.engine.faces.load_analysis import load_analysis
from app.engine.media.picture import check_picture_output, write_png
from app.engine.media.probe import require_audio, require_video
from app.engine.media.reader import VideoReader
from app.wiring import cache_folder, make_detector, make_dubber


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `attention` and its options to the command line."""
    parser = verbs.add_parser("attention", help="show where a patch looked in the reference", description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("voice", type=Path)
    parser.add_argument("--time", required=True, metavar="T", help="time of the frame in the clip")
    parser.add_argument("--patch", required=True, metavar="X,Y", help="column and row of the patch, from 0")
    parser.add_argument("--layer", help="an attention layer of the network, such as 5.1; default: its last")
    parser.add_argument("--offset", default="0", metavar="S", help="time in the clip at which the voice starts")
    parser.add_argument("--reference", default="auto", metavar="TIME|auto")
    add_face_option(parser)
    add_stream_options(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="map.png")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    add_network_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs `attention` with the parsed options and returns the exit code."""
    patch, time, face = parse_patch(options.patch), parse_time(options.time), chosen_face(options)
    require_video(options.clip, clip_streams(options))
    require_audio(options.voice)
    check_picture_output(options.output, options.overwrite)
    dubber = make_dubber(options.weights, options.device, say)
    if not dubber.attention_layers:
        raise UserError(f"{dubber.weights_name} has no attention maps; choose weights with attention layers.")
    if max(patch) >= dubber.patches:
        last = dubber.patches - 1
        raise UserError(f"the patch {options.patch} is outside the grid: give two numbers from 0 to {last}.")
    layer = options.layer or dubber.attention_layers[-1]
    if layer not in dubber.attention_layers:
        there = ", ".join(dubber.attention_layers)
        raise UserError(f"{dubber.weights_name} has no attention layer {layer}; there are: {there}.")
    voice = load_voice(options.voice, parse_time(options.offset), cache_folder() / "sound", dubber)
    line = ProgressLine()
    with VideoReader(options.clip, streams=clip_streams(options)) as reader:
        detect = partial(make_detector, options.detector)
        analysis, _ = load_analysis(reader, options.detector, detect, cache_folder(), line)
        line.close()
        plan = FacePlan(analysis, face, dubber.crop_size, str(options.clip))
        reference = None if options.reference == "auto" else parse_time(options.reference)
        segment = Segment(TimeRange(time, time), face, reference)
        references = choose_references(reader, plan, segment, dubber)
        seen = look(reader, plan, references, voice, dubber, time, layer)
    write_png(options.output, attention_picture(seen, patch))
    column, row = seen.strongest(patch)
    say(f'"{options.output}": layer {layer}, patch {options.patch} looked most at {column},{row}.')
    return 0


def parse_patch(text: str) -> tuple[int, int]:
    """Reads a patch written as "X,Y". Raises UserError if it is not one."""
    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
        raise UserError(f"{text!r} is not a patch: write its column and row, such as 8,11.")
    return int(parts[0]), int(parts[1])
