"""`lags`: is the sound of prepared clips in step with their pictures? What is found is kept for training."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.options import Verbs, say
from app.core.errors import UserError
from app.wiring import keep_lag, measure_lags

if TYPE_CHECKING:
    from app.wiring import Lag


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `lags` and its options to the command line."""
    parser = verbs.add_parser("lags", help="find clips whose sound is out of sync", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/clips"), help="default: %(default)s")
    parser.add_argument(
        "--ear",
        type=Path,
        required=True,
        metavar="FILE",
        help="an ear that was not taught on the clips in question: a generator's weights (.safetensors), or a "
        "checkpoint of `train sync`",
    )
    parser.add_argument("--dry-run", action="store_true", help="keep nothing")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs the verb: a line for each clip; `train` and `evaluate --data` go by what was kept."""
    found = measure_lags(options.data, options.ear)
    if not found:
        raise UserError(f'"{options.data}" holds no clip that is long enough to be heard: prepare longer ones.')
    for lag in found:
        print(_line(lag))
        if not options.dry_run:
            keep_lag(options.data, lag)
    moved, dropped = sum(lag.frames != 0 and not lag.dropped for lag in found), sum(lag.dropped for lag in found)
    say(
        f"{len(found)} clips were heard: {moved} out of step, {dropped} that nobody can tell, because ear and "
        f"regression disagree; {'nothing was kept' if options.dry_run else 'training goes by that'}."
    )
    return 0


def _line(lag: Lag) -> str:
    """What both ways say of a clip, and what comes of it."""
    ways = f"ear {lag.ear}; regression {lag.ridge}"
    if lag.dropped:
        return f"{lag.clip}: left out ({ways})"
    sure = lag.ear.believed or lag.ridge.believed
    return f"{lag.clip}: {lag.frames:+d} frames{'' if sure else ', unsure'} ({ways})"
