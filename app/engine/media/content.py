"""What a file is by its bytes, whatever it is called: the key of all that is cached about it."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

from app.engine.media.file_check import check_file, unreadable
from app.engine.progress import CancelToken

_CHUNK = 1 << 20

_Stamp = tuple[int, int, int, int, int]

_SETTLED = 2 * 10**9
"""Nanoseconds since its last change after which a file's stamp is trusted: within a tick of the file system's clock
(up to 2 s on FAT) it could be written once more, to the same length, and keep its stamp."""

_known: dict[Path, tuple[_Stamp, str]] = {}


def content_hash(path: Path, cancel: CancelToken | None = None) -> str:
    """SHA-256 of the file's bytes, in hex.

    A file that was read before, and whose number, size and times of change are still the same, is not read again: an
    hour of film takes seconds, and one dub asks several times. Raises MediaError where the file cannot be read to its
    end, Cancelled when asked to stop.
    """
    cancel = cancel or CancelToken()
    cancel.check()
    check_file(path)
    try:
        with path.open("rb") as file:
            place, stamp = path.absolute(), _stamp_of(file.fileno())
            known = _known.get(place)
            if known is not None and known[0] == stamp:
                return known[1]
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                cancel.check()
                digest.update(chunk)
            if stamp == _stamp_of(file.fileno()) and time.time_ns() - max(stamp[3:]) > _SETTLED:
                _known[place] = stamp, digest.hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error
    return digest.hexdigest()


def _stamp_of(file: int) -> _Stamp:
    """What changes with a file's content: device, number, size, times of change in nanoseconds."""
    status = os.fstat(file)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
