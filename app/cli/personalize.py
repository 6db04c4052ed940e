"""`personalize CLIP -o NAME`: the weights learn how the person in a clip speaks, from the clip's own voice."""

from __future__ import annotations

import argparse
from datetime import date
from functools import partial
from pathlib import Path

from app.cli.options import (
    ProgressLine,
    Verbs,
    add_face_option,
    add_network_options,
    chosen_face,
    make_folder,
    say,
    write_json,
)
from app.core.errors import UserError
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.own_speech import OwnSpeech, own_speech
from app.engine.faces.load_analysis import load_analysis
from app.engine.media.content import content_hash
from app.engine.media.probe import require_video
from app.engine.media.reader import VideoReader
from app.engine.ports import Dubber
from app.engine.puppet.speech import VOICES_FOLDER
from app.wiring import cache_folder, make_detector, make_dubber, personal_folder, personalise, weights_names

ANOTHER_VOICE = VOICES_FOLDER / "b.flac"


def add_parser(verbs: Verbs) -> None:
    """Adds the verb."""
    parser = verbs.add_parser(
        "personalize", help="teach the weights how the person in a clip speaks", description=__doc__
    )
    parser.add_argument("clip", type=Path, help="a clip with at least 5 s of this person's speech, in its own voice")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="NAME|FILE",
        help="a name, by which --weights then knows them, or a file that ends in .safetensors",
    )
    add_face_option(parser)
    parser.add_argument("--steps", type=int, default=300, metavar="N", help="default: %(default)s, about a minute")
    parser.add_argument("--overwrite", action="store_true", help="replace weights of that name")
    add_network_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs the verb; exit code 1 where the weights that it started from are as good, and nothing was written."""
    require_video(options.clip)
    if options.steps < 1:
        raise UserError(f"--steps {options.steps} teaches nothing: give a number from 1 on.")
    target = target_of(options.output, options.overwrite)
    dubber = make_dubber(options.weights, options.device, say)
    lesson = _lesson(options, dubber)
    line = ProgressLine("steps")
    try:
        outcome = personalise(options.weights, lesson, target, options.steps, partial(line, "learning"))
    finally:
        line.close()
    if outcome.late:
        when = "late" if outcome.late > 0 else "early"
        say(f"{options.clip}: its sound comes {abs(outcome.late)} frames {when}; it was learned in step.")
    for name, before, after in outcome.figures:
        print(f"{name}: {before:.2f} before, {after:.2f} with what was learned")
    say(outcome.reason)
    if not outcome.taken:
        say("Nothing was written; go on with the weights as they are.")
        return 1
    write_json(target.with_suffix(".json"), _card(options, dubber, outcome.figures, outcome.late))
    say(f"{target} is written; dub with --weights {options.output}.")
    return 0


def target_of(output: str, overwrite: bool) -> Path:
    """The file to write. Raises UserError for names that are taken or no names."""
    if output.endswith(".safetensors"):
        target = Path(output)
        if not target.parent.is_dir():
            raise UserError(f'"{target}" lies in a folder that does not exist: choose another place.')
    else:
        if not output.replace("-", "").replace("_", "").isalnum():
            raise UserError(f'"{output}" is no name for weights: use letters, digits, "-" and "_".')
        target = personal_folder() / f"{output}.safetensors"
        if output in weights_names() and not target.exists():
            raise UserError(f'"{output}" is the name of weights that come with Redub: choose another.')
        make_folder(target.parent)
    if target.exists() and not overwrite:
        raise UserError(f'"{target}" exists: choose another name, or add --overwrite.')
    return target


def _lesson(options: argparse.Namespace, dubber: Dubber) -> OwnSpeech:
    """What the clip teaches."""
    line, cache = ProgressLine(), cache_folder()
    with VideoReader(options.clip) as reader:
        detect = partial(make_detector, options.detector)
        try:
            analysis, _ = load_analysis(reader, options.detector, detect, cache, line)
        finally:
            line.close()
        plan = FacePlan(analysis, chosen_face(options), dubber.crop_size, str(options.clip))
        return own_speech(reader, plan, dubber, ANOTHER_VOICE, cache / "sound")


def _card(
    options: argparse.Namespace, dubber: Dubber, figures: tuple[tuple[str, float, float], ...], late: int
) -> dict[str, object]:
    """What the weights are: for whom, from what, how good."""
    return {
        "made": date.today().isoformat(),
        "clip": options.clip.name,
        "clip_sha256": content_hash(options.clip),
        "face": chosen_face(options) + 1,
        "started_from": {"weights": dubber.weights_name, "sha256": dubber.weights_sha256},
        "steps": options.steps,
        "sound_late_by_frames": late,
        "held_out": "the last fifth of the clip, which also chose the best state",
        "figures": {name: {"before": before, "after": after} for name, before, after in figures},
        "for": "this person only, who must have agreed to it",
    }
