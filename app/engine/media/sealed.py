"""Files of the cache that are whole or not there: written beside, sealed, brought to the disk, renamed.

A seal is the last bytes of a file: its length and checksum, and two figures of whoever made it. It is laid out as a
RIFF chunk, which programs that read the file as WAV step over. What a crash emptied or a disk flipped has no seal
that fits; such a file is removed, so that it is made anew.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
import soundfile

from app.core.errors import MediaError
from app.engine.replacing import replacing

_LOG = logging.getLogger(__name__)
_FORM = struct.Struct("<4sIQIii")
_MARK = b"seal"
_CHUNK = 1 << 20

SEAL_BYTES = _FORM.size
"""How much longer a seal makes a file; a multiple of four."""

_Stamp = tuple[int, int, int, int]


class Seal(msgspec.Struct, frozen=True):
    """The figures that a file's maker keeps with it; 32 bits each, with a sign."""

    first: int = 0
    second: int = 0


_checked: dict[Path, tuple[_Stamp, Seal]] = {}


class Draft:
    """A cache file that is being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        """The temporary name to write to."""
        self.seal = Seal()
        """Set by whoever writes the file; see `Seal`."""


@contextmanager
def whole_file(target: Path) -> Generator[Draft]:
    """A draft that takes the place of `target`, sealed, when all went well and vanishes otherwise.

    The folder is made where it is missing. Raises MediaError where the disk refuses.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:
            draft = Draft(temporary)
            yield draft
            _close(draft)
    except (OSError, soundfile.LibsndfileError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(
            f'"{target}" cannot be written ({reason}): free some space or name another cache folder in REDUB_CACHE.'
        ) from error


def _close(draft: Draft) -> None:
    """Puts the seal behind what was written and brings all of it to the disk."""
    with draft.path.open("r+b") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        checksum = _checksum(file, length)
        file.seek(length)
        file.write(_FORM.pack(_MARK, SEAL_BYTES - 8, length, checksum, draft.seal.first, draft.seal.second))
        file.flush()
        os.fsync(file.fileno())


def seal_of(target: Path) -> Seal | None:
    """The seal of a file that is whole; None where there is none to be used.

    A damaged file is removed, which is logged in one line. What was found whole is not read again as long as its size
    and time stay. Raises MediaError where the system refuses.
    """
    try:
        stamp = _stamp_of(target)
        known = _checked.get(target)
        if known is not None and known[0] == stamp:
            return known[1]
        seal = _read(target)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MediaError(f'"{target}" in the cache cannot be read ({error.strerror}): check its disk.') from error
    if seal is None:
        _remove(target)
        return None
    _checked[target] = stamp, seal
    return seal


def _remove(target: Path) -> None:
    try:
        target.unlink(missing_ok=True)
    except OSError as error:
        raise MediaError(
            f'"{target}" in the cache is damaged and cannot be removed ({error.strerror}): delete it yourself.'
        ) from error
    _LOG.warning('"%s" in the cache was damaged and is made again.', target.name)


def _read(target: Path) -> Seal | None:
    """The seal, if it matches the file's content."""
    with target.open("rb") as file:
        length = file.seek(0, os.SEEK_END) - SEAL_BYTES
        if length < 0:
            return None
        file.seek(length)
        mark, _, told, checksum, first, second = _FORM.unpack(file.read(SEAL_BYTES))
        file.seek(0)
        whole = mark == _MARK and told == length and _checksum(file, length) == checksum
    return Seal(first, second) if whole else None


def _checksum(file: BinaryIO, length: int) -> int:
    """CRC-32 of the next `length` bytes."""
    value = 0
    while length > 0 and (chunk := file.read(min(_CHUNK, length))):
        value = zlib.crc32(chunk, value)
        length -= len(chunk)
    return value


def _stamp_of(file: Path) -> _Stamp:
    status = file.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
