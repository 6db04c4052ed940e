"""Files and folders that are whole or absent: written beside their place under a temporary name, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path


def temporary_beside(target: Path, keep_suffix: bool = False) -> Path:
    """A hidden name in the target's folder that nobody else has; a kill leaves it, never the target.

    `keep_suffix` lets it end as the target does, for libraries that go by that; otherwise nothing that looks for
    files of the target's kind finds it.
    """
    mark = f"{secrets.token_hex(4)}.part"
    return target.with_name(f".{target.stem}.{mark}{target.suffix}" if keep_suffix else f".{target.name}.{mark}")


@contextmanager
def replacing(
    target: Path,
    *,
    durable: bool = False,
    keep_suffix: bool = False,
    before_replace: Callable[[Path], object] | None = None,
) -> Generator[Path]:
    """A temporary name beside `target` whose file takes its place when all went well and vanishes otherwise.

    `durable` waits for the disk: for what is the user's work, not for what can be made again. `before_replace` is
    called with the target when the new file is whole. Raises OSError where the system refuses.
    """
    temporary = temporary_beside(target, keep_suffix)
    try:
        yield temporary
        put_in_place(temporary, target, durable, before_replace)
    finally:
        with suppress(OSError):  # what is left is hidden and goes when it is old; the first error is the one to tell
            temporary.unlink(missing_ok=True)


def put_in_place(
    temporary: Path, target: Path, durable: bool, before_replace: Callable[[Path], object] | None = None
) -> None:
    """Puts a whole file under its final name in one step; the arguments are those of `replacing`. Raises OSError."""
    if durable:
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
    if before_replace is not None:
        before_replace(target)
    temporary.replace(target)
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
