"""Options and output that several verbs share."""

from __future__ import annotations

import argparse
import sys
import time

from app.core.errors import UserError
from app.wiring import DETECTORS


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """--weights, --device and --detector."""
    parser.add_argument("--weights", default="radio-starter", metavar="NAME|FILE", help="default: %(default)s")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: %(default)s")
    parser.add_argument("--detector", choices=DETECTORS, default=DETECTORS[0], help="default: %(default)s")


def say(sentence: str) -> None:
    """A sentence for the user, on standard error: standard output is for results."""
    print(f"redub: {sentence}", file=sys.stderr, flush=True)


def whole_number(text: str, what: str) -> int:
    """A number of 0 or more. Raises UserError otherwise."""
    if not text.isdigit():
        raise UserError(f"{what} is a whole number from 0 on, not {text!r}.")
    return int(text)


class ProgressLine:
    """Progress on standard error: stage, count, items a second, time left; one line where there is a terminal."""

    EVERY = 0.25
    EVERY_PLAIN = 10.0
    """Seconds between updates, in a terminal and elsewhere."""

    def __init__(self) -> None:
        self._stage = ""
        self._started = self._told = 0.0
        self._terminal = sys.stderr.isatty()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """See `app.engine.progress.Progress`."""
        now = time.monotonic()
        if stage != self._stage:
            self.close()
            self._stage, self._started, self._told = stage, now, now if not self._terminal else 0.0
        if now - self._told >= (self.EVERY if self._terminal else self.EVERY_PLAIN) or done == total:
            self._told = now
            self._show(stage, done, total, now - self._started)

    def close(self) -> None:
        """Ends the line that is being rewritten."""
        if self._stage and self._terminal:
            print(file=sys.stderr)
        self._stage = ""

    def _show(self, stage: str, done: int, total: int | None, seconds: float) -> None:
        text = progress_text(stage, done, total, seconds)
        print(f"\r\033[K{text}" if self._terminal else text, end="" if self._terminal else "\n", file=sys.stderr, flush=True)


def progress_text(stage: str, done: int, total: int | None, seconds: float) -> str:
    """Such as "dubbing  120/250 frames  17.3 a second  0:08 left"."""
    rate = done / seconds if seconds > 0 else 0.0
    count = f"{done}/{total}" if total else str(done)
    left = ""
    if total and rate > 0:
        minutes, second = divmod(round((total - done) / rate), 60)
        left = f"  {minutes}:{second:02d} left"
    return f"{stage}  {count} frames  {rate:.1f} a second{left}"
