"""Options and output that several verbs share."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from app.core.errors import UserError
from app.core.names import readable_values
from app.core.streams import Streams
from app.core.text import duration_text
from app.core.timebase import encode_value
from app.engine.files import atomic_file
from app.engine.media.output import check_folder_writable
from app.wiring import DETECTORS

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # pyright: ignore[reportPrivateUsage]
"""What `add_subparsers` gives: argparse has no public name for it."""
FORMER_MESH = "mediapipe"
"""What the face mesh was called while MediaPipe ran it."""


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options --weights, --device and --detector."""
    add_weights_option(parser)
    add_device_options(parser)


def add_weights_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option --weights."""
    parser.add_argument("--weights", default="radio-starter", metavar="NAME|FILE", help="default: %(default)s")


def add_detector_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option --detector; by its former name the face mesh is found too, for scripts."""
    parser.add_argument(
        "--detector",
        type=lambda name: DETECTORS[0] if name == FORMER_MESH else name,
        choices=DETECTORS,
        default=DETECTORS[0],
        help="default: %(default)s",
    )


def add_device_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options --device and --detector."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: %(default)s")
    add_detector_option(parser)


def add_face_option(parser: argparse.ArgumentParser) -> None:
    """--face, counted from 1 as people do."""
    parser.add_argument(
        "--face", type=int, metavar="N", help="which face, as inspect numbers them; default: 1, the most prominent"
    )


def chosen_face(options: argparse.Namespace) -> int:
    """The number, from 0, of the face that `add_face_option` names. Raises UserError for one that is none."""
    if options.face is not None and options.face < 1:
        raise UserError(f"There is no face {options.face}: faces count from 1, the most prominent.")
    return 0 if options.face is None else options.face - 1


def add_stream_options(parser: argparse._ActionsContainer) -> None:  # pyright: ignore[reportPrivateUsage]
    """--video-stream and --audio-stream, of the clip."""
    for name, field in (("--video-stream", "picture"), ("--audio-stream", "sound")):
        parser.add_argument(
            name, type=int, metavar="N", help=f"which stream of the clip is its {field}, as inspect numbers them"
        )


def clip_streams(options: argparse.Namespace) -> Streams:
    """What the options of `add_stream_options` name."""
    return Streams(options.video_stream, options.audio_stream)


def say(sentence: str) -> None:
    """A sentence for the user, on standard error: standard output is for results."""
    print(f"redub: {sentence}", file=sys.stderr, flush=True)


def make_folder(folder: Path) -> None:
    """Makes the folder that `--out` names, where it is not there. Raises UserError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f'The folder "{folder}" cannot be made ({error.strerror}): choose another.') from error


def check_json_output(option: str, file: Path, others: Sequence[Path]) -> None:
    """Raises UserError where the JSON that `option` asks for cannot be written or would replace one of `others`."""
    try:
        file.stat()
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:  # such as a name that is too long
        raise UserError(f'The file "{file}" of {option} cannot be written ({error}): choose another name.') from error
    if file.is_dir() or not file.parent.is_dir():
        wrong = "is a folder" if file.is_dir() else "lies in a folder that does not exist"
        raise UserError(f'The file "{file}" of {option} {wrong}: give the name of a file in a folder that exists.')
    if any(file.resolve() == other.resolve() for other in others):
        raise UserError(f'{option} would write over "{file}", which this command works with: choose another name.')
    check_folder_writable(file.parent)


def json_of(value: object) -> bytes:
    """Indented JSON of what msgspec can encode and of exact times; names that are no text are written out."""
    return atomic_file.as_json(readable_values(msgspec.to_builtins(value, enc_hook=encode_value)))


def write_json(file: Path, value: object) -> None:
    """Writes what msgspec can encode, indented, whole or not at all. Raises UserError where that fails."""
    if file.exists() and not file.is_file():
        _write_to_device(file, value)
    else:
        atomic_file.write_atomic(file, json_of(value))


def _write_to_device(file: Path, value: object) -> None:
    """Into a pipe or terminal, such as /dev/stdout, which nothing may be renamed over."""
    try:
        file.write_bytes(json_of(value))
    except OSError as error:
        raise UserError(f'"{file}" cannot be written ({error.strerror}): choose another place.') from error


class ProgressLine:
    """Progress on standard error: stage, count, items a second, time left; one line where there is a terminal."""

    EVERY = 0.25
    EVERY_PLAIN = 10.0
    """Seconds between updates, in a terminal and elsewhere."""

    def __init__(self, unit: str = "frames") -> None:
        self._unit = unit
        self._stage = ""
        self._started = self._told = 0.0
        self._terminal = sys.stderr.isatty()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Shows how far a stage is, at most every `EVERY` seconds; see `app.engine.progress.Progress`."""
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
        text = progress_text(stage, done, total, seconds, self._unit)
        start, end = ("\r\033[K", "") if self._terminal else ("", "\n")
        print(start + text, end=end, file=sys.stderr, flush=True)


def progress_text(stage: str, done: int, total: int | None, seconds: float, unit: str = "frames") -> str:
    """One line of progress, such as "dubbing  120/250 frames  17.3 a second  0:08 left"."""
    rate = done / seconds if seconds > 0 else 0.0
    count = f"{done}/{total}" if total else str(done)
    left = ""
    if total and rate > 0:
        left = f"  {duration_text((total - done) / rate)} left"
    return f"{stage}  {count} {unit}  {rate:.1f} a second{left}"
