"""Where an export goes: checked before the work, written beside the target, renamed when whole."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from app.core.errors import MediaError
from app.engine.media.file_lock import FileLock

_LONGEST_NAME = 255
"""Bytes of a name that every usual file system takes."""
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.part\.\w+$", re.DOTALL)
"""Names as `temporary_beside` gives them."""

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov"}
"""Suffixes an export may have, and FFmpeg's names of their containers.

Matroska is not among them: its time stamps are whole milliseconds, which 30000/1001 frames a second are not.
"""


def container_format(target: Path) -> str:
    """FFmpeg's container for a file name. Raises MediaError for a suffix that is not in `FORMATS`."""
    known = FORMATS.get(target.suffix.lower())
    if known is None:
        raise MediaError(f'"{target}" does not end in {_suffixes()}: give the output such a name.')
    return known


def _suffixes() -> str:
    *head, last = FORMATS
    return f"{', '.join(head)} or {last}"


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
        raise MediaError(f'The output "{target}" exists already: choose another name or allow overwriting it.')
    check_folder_writable(folder)
    check_room(folder, need_bytes)


def check_room(folder: Path, need_bytes: int) -> None:
    """Raises MediaError where the disk of `folder` has less room than that."""
    free = shutil.disk_usage(folder).free
    if need_bytes > free:
        raise MediaError(
            f'The disk of "{folder}" has {free / 1e6:.0f} MB left and the output needs about '
            f"{need_bytes / 1e6:.0f} MB: free some room or choose another folder."
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


def estimate_bytes(width: int, height: int, frames: int, seconds: float, audio_kbps: int = 192) -> int:
    """A generous guess at an export's size by default: 0.25 bits a pixel (about CRF 16), the sound, twice for grain."""
    return 2 * expected_bytes(width, height, frames, seconds, 0.25, audio_kbps)


def expected_bytes(
    width: int, height: int, frames: int, seconds: float, bits_per_pixel: float, audio_kbps: int = 192
) -> int:
    """A guess at an export's size; see `encoders.bits_per_pixel`."""
    picture = width * height * frames * bits_per_pixel / 8
    return int(picture + seconds * audio_kbps * 1000 / 8)


def bytes_text(count: int) -> str:
    """A size for people, in powers of ten as file managers count: "512 bytes", "1.5 MB", "230 GB"."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            value = count / size
            return f"{value:.1f} {unit}" if value < 100 else f"{value:.0f} {unit}"
    return f"{count} bytes"


def real_target(target: Path) -> Path:
    """Where a file of that name is really written: links are followed, also one to a file that is not there yet."""
    return Path(os.path.realpath(target)) if target.is_symlink() else target


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


def temporary_beside(target: Path) -> Path:
    """A hidden name in the target's folder that no other export has; a kill leaves it, never the target.

    It is shortened where the target's own name is nearly as long as names may be.
    """
    target = real_target(target)
    tail = os.fsencode(f".{secrets.token_hex(4)}.part{target.suffix}")
    stem = os.fsencode(target.stem)[: _LONGEST_NAME - len(tail) - 1]
    # half a letter at the end is no text, which some file systems refuse
    cut = stem if len(stem) == len(os.fsencode(target.stem)) else stem.decode(errors="ignore").encode()
    return target.with_name(os.fsdecode(b"." + cut + tail))


def claim(temporary: Path) -> FileLock | None:
    """Creates the file and holds it until the lock is released or the process dies, so that `sweep` spares it.

    None on Windows, which itself refuses to remove what is open. The lock is not `held` where the file system knows
    none, or another process holds it.
    """
    if sys.platform == "win32":
        return None
    lock = FileLock(temporary, 0o666)
    with suppress(OSError):  # whoever writes to the file next learns and tells why
        lock.acquire()
    return lock


def sweep(folder: Path) -> None:
    """Removes the temporary files that killed runs left in a folder; those that are being written stay."""
    try:
        with os.scandir(folder) as entries:
            left = [Path(entry.path) for entry in entries if _TEMPORARY.match(entry.name) and entry.is_file()]
    except OSError:  # whoever writes there next learns and tells why
        return
    for path in left:
        lock = claim(path)
        with suppress(OSError):  # another program has it open or was quicker; it is tried again next time
            if lock is None or lock.held:
                path.unlink(missing_ok=True)
        if lock is not None:
            lock.release()


def publish(temporary: Path, target: Path) -> None:
    """Puts a whole file under its final name in one step, after its bytes have reached the disk.

    Raises MediaError where the system refuses; the temporary file is then still there.
    """
    try:
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(real_target(target))
    except OSError as error:
        raise MediaError(f'"{target}" cannot be written ({error.strerror}): choose another name or folder.') from error
