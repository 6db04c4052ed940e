"""`evaluate CATALOGUE`: weights judged on clips that were held out from training."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from app.cli.options import ProgressLine, check_json_output, say, write_json
from app.core.errors import FaceError, UserError
from app.core.timebase import TimeRange
from app.engine.evaluation.evaluate import Figures, Judge, contact_sheet, evaluate_clip, last_fifth, stacked
from app.engine.evaluation.prepare import LONG_CLIP, TrainingClip, is_dropped, kept_lag, read_catalogue
from app.engine.media.picture import check_picture_output, write_png
from app.engine.media.probe import require_video
from app.engine.ports import Image
from app.wiring import cache_folder, make_detector, make_dubber, picture_figures

Trial = tuple[str, TrainingClip, TimeRange | None]
"""(group, clip, what of it is judged)."""


def run_catalogue(options: argparse.Namespace) -> int:
    """Writes every clip's figures and each group's medians, and prints the medians."""
    check_json_output("--output", options.output, [options.table])
    if options.sheet is not None:
        check_picture_output(options.sheet, overwrite=True)
    judge = Judge(
        dubber=make_dubber(options.weights, options.device, say),
        detector_name=options.detector,
        make_detector=partial(make_detector, options.detector),
        cache=cache_folder(),
        picture_figures=picture_figures,
    )
    trials = list(_limited(_in_step(_trials(read_catalogue(options.table)), options.data), options.limit))
    if not trials:
        raise UserError(f'"{options.table}" lists no held-out clip: there is nothing to judge the weights on.')
    found, sheet = _judge(trials, judge, options.data)
    if not found:
        raise UserError(
            f'"{options.table}" lists no held-out clip with a face: there is nothing to judge the weights on.'
        )
    medians = {group: _medians([f for g, f in found if g == group]) for group in dict.fromkeys(g for g, _ in found)}
    write_json(
        options.output,
        {
            "weights": judge.dubber.weights_name,
            "sha256": judge.dubber.weights_sha256,
            "medians": medians,
            "clips": [msgspec.to_builtins(f) | {"group": g} for g, f in found],
        },
    )
    if options.sheet is not None:
        write_png(options.sheet, stacked(sheet))
    for group, values in medians.items():
        print(f"{group}: " + ", ".join(f"{name} {value:.3g}" for name, value in values.items()))
    return 0


def _judge(trials: list[Trial], judge: Judge, data: Path | None) -> tuple[list[tuple[str, Figures]], list[Image]]:
    """Figures and contact sheets of all trials; clips without a face are said and passed over."""
    found: list[tuple[str, Figures]] = []
    sheet: list[Image] = []
    line = ProgressLine("clips")
    for number, (group, clip, span) in enumerate(trials):
        other = trials[(number + 1) % len(trials)][1].file
        try:
            lag = 0 if data is None else kept_lag(data / clip.name)
            result = evaluate_clip(clip.file, other, span, judge, lag)
        except FaceError as error:
            say(str(error))
            continue
        found.append((group, result.figures))
        sheet.append(contact_sheet(result))
        line("judging clips", number + 1, len(trials))
    line.close()
    return found, sheet


def _trials(clips: list[TrainingClip]) -> Iterator[Trial]:
    """Held-out sentences, held-out speakers, and the last fifths of long clips."""
    trained = {clip.speaker for clip in clips if not clip.held_out}
    for clip in clips:
        if clip.held_out:
            yield ("held-out sentences" if clip.speaker in trained else "held-out speakers"), clip, None
            continue
        duration = require_video(clip.file).duration
        if duration >= LONG_CLIP:
            yield "last fifths", clip, last_fifth(duration)


def _in_step(trials: Iterator[Trial], data: Path | None) -> Iterator[Trial]:
    """The trials without last fifths of clips that may be out of step; which those are is said."""
    for group, clip, span in trials:
        if span is not None and data is not None and is_dropped(data / clip.name):
            say(f"{clip.name} is left out: `lags` could not tell whether its sound and picture are in step.")
            continue
        yield group, clip, span


def _limited(trials: Iterator[Trial], limit: int | None) -> Iterator[Trial]:
    """At most `limit` trials of each group, spread over the catalogue."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(trial[0], []).append(trial)
    for group in groups.values():
        count = min(limit or len(group), len(group))
        yield from (group[int(k)] for k in np.linspace(0, len(group) - 1, count).round())


def _medians(figures: list[Figures]) -> dict[str, float]:
    """The median of every figure over the clips of a group that have it, and how many clips there are."""
    flat = [{k: v for k, v in msgspec.to_builtins(f).items() if isinstance(v, float)} | f.pictures for f in figures]
    return {"clips": float(len(flat))} | {name: _median([f[name] for f in flat], name) for name in flat[0]}


def _median(values: list[float], name: str) -> float:
    """Of those that are there: a clip that is never silent has -1 for what its mouth does in silence."""
    there = [value for value in values if value >= 0] if name.startswith("silent") else values
    return float(np.median(there)) if there else -1.0
