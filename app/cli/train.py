"""`train sync|radio|audio`: the networks learn from prepared clips; a run can be stopped and goes on."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.options import Verbs
from app.wiring import train


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `train` and its options to the command line."""
    parser = verbs.add_parser("train", help="train the networks", description=__doc__)
    parser.add_argument("network", metavar="NAME", help="what learns: sync, radio or audio")
    parser.add_argument("--data", type=Path, default=Path("data/clips"), help="default: %(default)s")
    parser.add_argument("--run", type=Path, dest="folder", metavar="DIR", help="default: runs/NETWORK")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: %(default)s")
    parser.add_argument("--precision", choices=("auto", "float32", "bf16"), default="auto", help="default: %(default)s")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="OPTION=VALUE",
        help='a change to the run\'s config, such as "run.steps=8000" or "loss.adversarial=0"; may be repeated',
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs `train` with the parsed options and returns the exit code."""
    folder = options.folder or Path("runs") / options.network
    train(options.network, options.data, folder, options.device, options.precision, options.changes)
    return 0
