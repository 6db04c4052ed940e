"""Reads the command line, runs one verb, turns errors into one sentence and an exit code."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

from app import __version__
from app.cli import attention, demo, doctor, dub, evaluate, inspect, prepare, train
from app.core.errors import Cancelled, UserError
from app.wiring import model_errors

BAD_INPUT = 2
"""Exit code for what the user can put right; argparse uses the same."""
STOPPED = 130
"""Exit code after Ctrl-C or SIGTERM, as shells count it."""

Verb = Callable[[argparse.Namespace], int | None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code: 0, 2 for bad input, 130 when stopped."""
    logging.basicConfig(level=logging.WARNING, format="redub: %(message)s")
    options = _parser().parse_args(arguments)
    run: Verb = options.run
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        with model_errors():
            return run(options) or 0
    except UserError as error:
        print(f"redub: {error}", file=sys.stderr)
        return BAD_INPUT
    except (KeyboardInterrupt, Cancelled):
        print("redub: stopped; nothing was left behind.", file=sys.stderr)
        return STOPPED
    finally:
        signal.signal(signal.SIGTERM, previous)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM unwinds like Ctrl-C, so that temporary files go."""
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python main.py", description="Redub re-lips a clip to a new voice with RADIO, on this machine."
    )
    parser.add_argument("--version", action="version", version=f"Redub {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for module in (demo, dub, inspect, attention, doctor, prepare, train, evaluate):
        module.add_parser(verbs)
    return parser
