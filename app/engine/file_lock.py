"""A lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class FileLock:
    """A lock file: held by one object at a time, in this process or another; released when the process dies."""

    def __init__(self, file: Path, mode: int = 0o600) -> None:
        """`mode`: permissions of the file where it is made, less what the system's mask takes."""
        self._file, self._mode = file, mode
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds it."""
        return self._handle is not None

    def acquire(self) -> bool:
        """Takes the lock if nobody holds it, and says whether that is so. Raises OSError where no file can be."""
        if self._handle is not None:
            return True
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT, self._mode)
        try:
            _lock(handle)
        except BlockingIOError:
            os.close(handle)
            return False
        except OSError:
            os.close(handle)
            raise
        self._handle = handle
        return True

    def release(self) -> None:
        """Lets go; the file stays."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def remove(self) -> None:
        """Lets go and deletes the file."""
        self.release()
        with suppress(FileNotFoundError, PermissionError):  # Windows deletes no file that another process looks at
            self._file.unlink()


def _lock(handle: int) -> None:
    """Raises BlockingIOError where somebody holds it."""
    if sys.platform == "win32":
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
