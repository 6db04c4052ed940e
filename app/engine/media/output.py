"""Where an export goes: checked before the work, written beside the target, renamed when whole."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from app.core.errors import MediaError
from app.core.text import bytes_text, listed
from app.engine.media.codecs import AAC_BIT_RATE, CODECS, CONTAINERS
from app.engine.replacing import put_in_place, real_target


def container_format(target: Path) -> str:
    """FFmpeg's container for a file name. Raises MediaError for a suffix that is not in `CONTAINERS`."""
    known = CONTAINERS.get(target.suffix.lower())
    if known is None:
        raise MediaError(f'"{target}" does not end in {listed(CONTAINERS)}: give the output such a name.')
    return known


def check_output(target: Path, overwrite: bool, inputs: Sequence[Path] = (), need_bytes: int = 0) -> None:
    """Raises MediaError where an export cannot be written to `target`; leaves nothing behind.

    `need_bytes` is an estimate of what will be written (see `estimate_bytes`); 0 leaves the disk unasked.
    """
    container_format(target)
    check_place(target)
    folder = real_target(target).parent
    if not folder.is_dir():
        raise MediaError(f'The folder "{folder}" of the output does not exist: create it or choose another.')
    for source in inputs:
        if target.exists() and source.exists() and target.samefile(source):
            raise MediaError(f'The output "{target}" is the input itself: choose another name.')
    if target.exists() and not overwrite:
        raise MediaError(f'The output "{target}" already exists: choose another name or allow overwriting it.')
    check_folder_writable(folder)
    check_room(folder, need_bytes)


def check_room(folder: Path, need_bytes: int) -> None:
    """Raises MediaError where the disk of `folder` has less room than that."""
    free = shutil.disk_usage(folder).free
    if need_bytes > free:
        raise MediaError(
            f'The disk of "{folder}" has {bytes_text(free)} left and the output needs about '
            f"{bytes_text(need_bytes)}: free some space or choose another folder."
        )


def check_folder_writable(folder: Path) -> None:
    """Raises MediaError where no file can be made in `folder`: tried, for permission bits do not tell it all."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise MediaError(
            f'The folder "{folder}" cannot be written to ({error.strerror}): choose another one.'
        ) from error


def estimate_bytes(width: int, height: int, frames: int, seconds: float) -> int:
    """A generous guess at an export's size by default: the default codec at its usual quality, twice for grain."""
    return 2 * expected_bytes(width, height, frames, seconds, CODECS[0].bits, AAC_BIT_RATE)


def expected_bytes(
    width: int, height: int, frames: int, seconds: float, bits_per_pixel: float, audio_bit_rate: int
) -> int:
    """A guess at an export's size; see `encoders.bits_per_pixel`."""
    picture = width * height * frames * bits_per_pixel / 8
    return int(picture + seconds * audio_bit_rate / 8)


def check_place(target: Path) -> None:
    """Raises MediaError where no file can be under that name, or something stands there that is none."""
    try:
        kind = target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:  # too long, links in a circle, not to be looked at
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise MediaError(f'"{target}" cannot be written ({reason}): choose another name or folder.') from error
    if stat.S_ISDIR(kind):
        raise MediaError(f'The output "{target}" is a folder: name a file in it.')
    if not stat.S_ISREG(kind):
        raise MediaError(f'The output "{target}" is a pipe or a device, not a file: choose another name.')


def publish(temporary: Path, target: Path) -> None:
    """Puts a whole file under its final name in one step, after its bytes have reached the disk.

    Raises MediaError where the system refuses; the temporary file is then still there.
    """
    try:
        put_in_place(temporary, target, durable=True)
    except OSError as error:
        raise unwritable(target, error) from error


def unwritable(target: Path, error: OSError) -> MediaError:
    """The error for an output that the system refuses to write."""
    return MediaError(f'"{target}" cannot be written ({error.strerror}): choose another name or folder.')
