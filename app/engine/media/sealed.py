"""Files of the cache that are whole or not there: written beside, sealed, brought to the disk, renamed.

A seal is the last bytes of a file: its length and checksum, and two figures of whoever made it. It is laid out as a
RIFF chunk, which programs that read the file as WAV step over. What a crash emptied or a disk flipped has no seal
that fits; such a file is removed, so that it is made anew. A folder that takes no file costs the next run its time, no
more: `make_whole` then makes the file elsewhere.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
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


_stand_ins: dict[Path, Path] = {}
_elsewhere: list[TemporaryDirectory[str]] = []
_told: set[Path] = set()


class RefusedError(MediaError):
    """The disk does not take a file."""


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

    The folder is made where it is missing. Raises RefusedError where the disk refuses.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:
            draft = Draft(temporary)
            yield draft
            seal_file(temporary, draft.seal)
    except (OSError, soundfile.LibsndfileError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RefusedError(
            f'"{target}" cannot be written ({reason}): free some room or name another cache folder in REDUB_CACHE.'
        ) from error


def place_of(target: Path) -> Path:
    """Where the file of that name is: there, or where `make_whole` made it."""
    return _stand_ins.get(target, target)


def make_whole(target: Path, make: Callable[[Draft], object]) -> Path:
    """A sealed file that `make` writes; returns its place.

    Where the folder of `target` takes no file, it is made in a temporary one that goes when the program ends, which
    is logged once for each folder; `make` is then called again. Raises RefusedError where that is refused too.
    """
    try:
        with whole_file(target) as draft:
            make(draft)
    except RefusedError as error:
        place = _stand_in(target, error)
        with whole_file(place) as draft:
            make(draft)
        _stand_ins[target] = place
        return place
    _stand_ins.pop(target, None)
    return target


def _stand_in(target: Path, error: RefusedError) -> Path:
    """A place for the file in the temporary folder, which is made where there is none."""
    if target.parent not in _told:
        _told.add(target.parent)
        _LOG.warning("%s Until then it is kept until the program ends, and made anew next time.", error)
    try:
        if not _elsewhere:
            _elsewhere.append(TemporaryDirectory(prefix="redub-", ignore_cleanup_errors=True))
    except OSError:
        raise error from None
    return Path(_elsewhere[0].name) / target.name


def seal_file(path: Path, seal: Seal) -> None:
    """Puts the seal behind what was written and brings all of it to the disk. Raises OSError."""
    with path.open("r+b") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        checksum = _checksum(file, length)
        file.seek(length)
        file.write(_FORM.pack(_MARK, SEAL_BYTES - 8, length, checksum, seal.first, seal.second))
        file.flush()
        os.fsync(file.fileno())


def seal_of(target: Path) -> Seal | None:
    """The seal of a file that is whole; None where there is none to be used.

    A damaged file is removed, which is logged in one line. What was found whole is not read again as long as its size
    and time stay.
    """
    try:
        stamp = _stamp_of(target)
        known = _checked.get(target)
        if known is not None and known[0] == stamp:
            return known[1]
        seal = _read(target)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        _LOG.warning('"%s" in the cache cannot be read (%s): it is made anew.', target, error.strerror)
        return None
    if seal is None:
        _remove(target)
        return None
    _checked[target] = stamp, seal
    return seal


def _remove(target: Path) -> None:
    with suppress(OSError):  # whoever makes it anew learns and tells why
        target.unlink(missing_ok=True)
    _LOG.warning('"%s" in the cache was damaged: it is made anew.', target.name)


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
