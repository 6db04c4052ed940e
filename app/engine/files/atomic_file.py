"""Files that are either as they were or wholly new: written beside, then renamed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from app.core.errors import UserError
from app.engine.replacing import real_target, replacing


def write_atomic(file: Path, data: bytes, before_replace: Callable[[Path], object] | None = None) -> None:
    """Puts `data` under the name `file` in one step, after they have reached the disk.

    A symbolic link is followed, and an existing file keeps its permissions. `before_replace` is called with the
    file's real name when the new one is whole. Raises UserError with a sentence where the disk is full or the
    place cannot be written to; the old file then stands as it was, and nothing is left beside it.
    """
    target = real_target(file)
    _check_place(target)
    try:
        with replacing(target, durable=True, before_replace=before_replace) as temporary:
            temporary.write_bytes(data)
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o777)
    except OSError as error:
        raise UserError(_sentence(target, error)) from error


def write_json(file: Path, value: object) -> None:
    """Puts `value` as indented JSON under the name `file`, as `write_atomic` does; its folder is made.

    Raises UserError where that cannot be, TypeError for what msgspec cannot encode.
    """
    folder = file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f'The folder "{folder}" cannot be made ({error.strerror}): choose another one.') from error
    write_atomic(file, as_json(value))


def as_json(value: object) -> bytes:
    """`value` as indented JSON with a line's end. Raises TypeError for what msgspec cannot encode."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _check_place(target: Path) -> None:
    """Raises UserError where no file can be at all, or one that may not be changed is."""
    if target.is_dir():
        raise UserError(f'"{target}" is a folder: give the name of a file in it.')
    if not target.parent.is_dir():
        raise UserError(f'The folder "{target.parent}" does not exist: create it or choose another one.')
    if target.exists() and not os.access(target, os.W_OK):
        raise UserError(f'"{target}" is write-protected: allow writing to it or save under another name.')


def _sentence(target: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f'There is no space for "{target}": free some on its disk or choose another folder.'
    return f'"{target}" cannot be written ({error.strerror or error}): choose another folder.'
