"""`evaluate`: judges dubbed videos of any method against the real clip, or weights on clips held out from training."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.evaluate_catalogue import run_catalogue
from app.cli.options import Verbs, add_network_options, add_stream_options
from app.core.errors import UserError
from app.engine.evaluation.video_set import is_video_set


def add_parser(verbs: Verbs) -> None:
    """Adds the verb."""
    parser = verbs.add_parser("evaluate", help="judge dubbed videos, or weights", description=__doc__)
    parser.add_argument(
        "table",
        type=Path,
        nargs="?",
        metavar="SET",
        help="a set of videos: a CSV (columns real, dubbed, name, voice) or a folder (real/ beside one for each "
        "method, files of one name belonging together); or a catalogue of clips for weights to be judged on "
        "(columns file, licence, speaker)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="PLACE",
        help="folder of the report; FIGURES.json of weights",
    )
    _add_video_options(parser)
    _add_weights_options(parser)
    add_network_options(parser)
    parser.set_defaults(run=run)


def _add_video_options(parser: argparse.ArgumentParser) -> None:
    videos = parser.add_argument_group("videos")
    videos.add_argument("--real", type=Path, metavar="VIDEO", help="the real clip")
    videos.add_argument("--dubbed", type=Path, nargs="+", metavar="VIDEO", help="dubs of it, a video for each method")
    videos.add_argument("--names", nargs="+", metavar="NAME", help="what the methods are called; default: file names")
    add_stream_options(videos)
    videos.add_argument("--voice", type=Path, metavar="SOUND", help="the voice that they were dubbed to, for LipLeak")


def _add_weights_options(parser: argparse.ArgumentParser) -> None:
    weights = parser.add_argument_group("weights")
    weights.add_argument("--sheet", type=Path, metavar="SHEET.png", help="also write real above dubbed")
    weights.add_argument(
        "--data", type=Path, metavar="DIR", help="prepared clips: those whose sound `lags` found late are heard in step"
    )
    weights.add_argument("--limit", type=int, metavar="N", help="at most N clips a group")


def run(options: argparse.Namespace) -> int:
    """Runs the verb."""
    from app.cli.evaluate_videos import run_pair, run_set  # its plots and statistics would slow every verb's start

    pair = [f"--{name}" for name in ("real", "dubbed", "names", "voice") if getattr(options, name) is not None]
    if options.table is None:
        if options.real is None or options.dubbed is None:
            raise UserError("Nothing says what to judge: give --real and --dubbed, or a set.")
        _refuse_weights_options(options)
        return run_pair(options)
    if pair:
        raise UserError(f'"{options.table}" says what to judge, and so does {pair[0]}: give one of them.')
    if options.table.is_dir() or is_video_set(options.table):
        _refuse_weights_options(options)
        return run_set(options)
    streams = [f"--{name}-stream" for name in ("video", "audio") if getattr(options, f"{name}_stream") is not None]
    if streams:
        raise UserError(f"{streams[0]} belongs to videos: leave it out where weights are judged.")
    return run_catalogue(options)


def _refuse_weights_options(options: argparse.Namespace) -> None:
    """Raises UserError for options that say nothing of videos."""
    given = [f"--{name}" for name in ("sheet", "data", "limit") if getattr(options, name) is not None]
    if given:
        raise UserError(f"{given[0]} belongs to a catalogue of clips: leave it out where videos are judged.")
