"""`lags`: is the sound of prepared clips in step with their pictures? What is found is kept for training."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.options import Verbs, say
from app.core.errors import UserError
from app.wiring import keep_lag, measure_lags


def add_parser(verbs: Verbs) -> None:
    """Adds the verb."""
    parser = verbs.add_parser("lags", help="find clips whose sound is out of step", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/clips"), help="default: %(default)s")
    parser.add_argument(
        "--sync",
        type=Path,
        required=True,
        metavar="SYNC.pt",
        help="an ear of `train sync` that was not taught on the clips in question (its option `speakers`)",
    )
    parser.add_argument("--dry-run", action="store_true", help="keep nothing")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs the verb: a line for each clip; `train` and `evaluate --data` go by what was kept."""
    found = measure_lags(options.data, options.sync)
    if not found:
        raise UserError(f'"{options.data}" holds no clip that is long enough to be heard: prepare longer ones.')
    for lag in found:
        heard = f"correlation {lag.correlation:.2f}, {lag.before:.2f} as it stands"
        print(f"{lag.clip}: {lag.frames:+d} frames ({heard})" if lag.believed else f"{lag.clip}: unsure ({heard})")
        if not options.dry_run:
            keep_lag(options.data, lag)
    moved = sum(lag.frames != 0 for lag in found)
    say(f"{len(found)} clips were heard: the sound of {moved} is out of step.")
    return 0
