"""Files and folders that are whole or absent: written beside their place under a temporary name, then renamed."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.engine.file_lock import FileLock

_LONGEST_NAME = 255
"""Bytes of a name that every usual file system takes."""
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.part(\.\w+)?$", re.DOTALL)
"""Names as `temporary_beside` gives them."""
_swept: set[Path] = set()
"""Folders that this process swept: what a kill left is there at the start, and looking costs time in large folders."""


def real_target(target: Path) -> Path:
    """Where a file of that name is really written: links are followed, also one to a file that is not there yet."""
    return Path(os.path.realpath(target)) if target.is_symlink() else target


def temporary_beside(target: Path, keep_suffix: bool = False) -> Path:
    """A hidden name in the target's folder that nobody else has; a kill leaves it, never the target.

    `keep_suffix` lets it end as the target does, for libraries that go by that; otherwise nothing that looks for
    files of the target's kind finds it. It is shortened where the target's own name is nearly as long as names may be.
    """
    target = real_target(target)
    name, suffix = (target.stem, target.suffix) if keep_suffix else (target.name, "")
    tail = os.fsencode(f".{secrets.token_hex(4)}.part{suffix}")
    whole = os.fsencode(name)
    kept = whole[: _LONGEST_NAME - len(tail) - 1]
    # half a letter at the end is no text, which some file systems refuse
    cut = kept if len(kept) == len(whole) else kept.decode(errors="ignore").encode()
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


@contextmanager
def replacing(
    target: Path,
    *,
    durable: bool = False,
    keep_suffix: bool = False,
    before_replace: Callable[[Path], object] | None = None,
) -> Generator[Path]:
    """A temporary file beside `target` that takes its place when all went well and vanishes otherwise.

    What killed runs left in the folder is swept before the first of them.

    `durable` waits for the disk: for what is the user's work, not for what can be made again. `before_replace` is
    called with the target when the new file is whole. Raises OSError where the system refuses.
    """
    if target.parent not in _swept:
        _swept.add(target.parent)
        sweep(target.parent)
    temporary = temporary_beside(target, keep_suffix)
    lock = claim(temporary)
    try:
        yield temporary
        put_in_place(temporary, target, durable, before_replace)
    finally:
        with suppress(OSError):  # what is left is hidden and swept next time; the first error is the one to tell
            temporary.unlink(missing_ok=True)
        if lock is not None:
            lock.release()


def put_in_place(
    temporary: Path, target: Path, durable: bool, before_replace: Callable[[Path], object] | None = None
) -> None:
    """Puts a whole file under its final name in one step; the arguments are those of `replacing`. Raises OSError."""
    if durable:
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
    if before_replace is not None:
        before_replace(target)
    temporary.replace(real_target(target))
    if durable:
        _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Lets the rename itself reach the disk; Windows does so by itself and opens no folders."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems that cannot do this for folders
            raise
    finally:
        os.close(handle)


@contextmanager
def replacing_folder(target: Path) -> Generator[Path]:
    """An empty folder beside `target` that takes its place when all went well and vanishes otherwise.

    It has one name for each target, so that what a kill left is cleared by the next attempt. Raises OSError.
    """
    temporary = target.with_name(f".{target.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        shutil.rmtree(target, ignore_errors=True)
        temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
