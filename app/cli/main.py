"""Reads the command line, runs one verb, turns errors into one sentence and an exit code."""

from __future__ import annotations

import argparse
import io
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from app import __version__
from app.core.errors import Cancelled, UserError

BAD_INPUT = 2
"""Exit code for what the user can put right; argparse uses the same."""
STOPPED = 130
"""Exit code after Ctrl-C or SIGTERM, as shells count it."""

Verb = Callable[[argparse.Namespace], int | None]
Editor = Callable[[list[Path]], int]
"""Opens these files in the editor; returns the exit code."""
VERBS = (
    "demo",
    "dub",
    "batch",
    "project",
    "take",
    "handoff",
    "inspect",
    "verify",
    "attention",
    "doctor",
    "personalize",
    "prepare",
    "lags",
    "train",
    "evaluate",
)
"""The verbs; each stands in the module of that name. They are imported late: the editor's window does not wait."""


def main(arguments: Sequence[str] | None = None, editor: Editor | None = None) -> int:
    """Runs the program and returns its exit code: 0, 2 for bad input, 130 when stopped.

    Without a verb `editor` opens the files that are named; where there is none, a verb is required.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names may be no text
    logging.basicConfig(level=logging.WARNING, format="redub: %(message)s")
    given = list(sys.argv[1:] if arguments is None else arguments)
    if editor is not None and names_files(given):
        return editor([Path(name) for name in given])
    options = _parser().parse_args(given)
    run: Verb = options.run
    from app.wiring import model_errors

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


def names_files(arguments: Sequence[str]) -> bool:
    """Whether the arguments are files for the editor (or nothing at all) rather than a verb, an option or a slip."""
    if not arguments:
        return True
    first = arguments[0]
    if first in VERBS or first.startswith("-"):
        return False
    return bool(Path(first).suffix) or Path(first).exists()


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM unwinds like Ctrl-C, so that temporary files go."""
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python main.py",
        usage="%(prog)s [FILE ...]\n       %(prog)s VERB ...",
        description="Redub re-lips a clip to a new voice with RADIO, on this machine. "
        "Without a verb it opens the editor, with a project, a video or a sound.",
    )
    parser.add_argument("--version", action="version", version=f"Redub {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    from app.cli import (
        attention,
        batch,
        demo,
        doctor,
        dub,
        evaluate,
        handoff,
        inspect,
        lags,
        personalize,
        prepare,
        project,
        take,
        train,
        verify,
    )

    making = (demo, dub, batch, project, take, handoff)
    for module in (*making, inspect, verify, attention, doctor, personalize, prepare, lags, train, evaluate):
        module.add_parser(verbs)
    return parser
