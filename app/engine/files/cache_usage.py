"""What the cache holds and how large it is, and clearing it; for work off the GUI thread."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from app.engine.progress import CancelToken

KINDS = {
    "faces": ("Faces", "Found again when a clip is opened."),
    "sound": ("Sound and waveforms", "Decoded again when a clip or voice is opened."),
    "proxies": ("Proxies", "Made again in the background; scrubbing is slower until then."),
    "thumbnails": ("Thumbnails", "Made again as they come into view."),
    "frames": ("Dubbed frames", "Rendered again when they are needed."),
}
"""The folders of the cache: a name for people, and what is lost when it is cleared. Nothing else is ever touched."""

FRESH = 86_400.0
"""Seconds for which a temporary file is taken to be somebody's work."""

_TEMPORARY = re.compile(r"\.part(\.\w+)?$")


class CacheUsage(msgspec.Struct, frozen=True):
    """One folder of the cache."""

    name: str
    """The folder's name: a key of `KINDS`."""
    bytes: int
    files: int

    @property
    def title(self) -> str:
        """The folder's name as people read it."""
        return KINDS[self.name][0]

    @property
    def text(self) -> str:
        """A sentence on what is lost when the folder is cleared."""
        return KINDS[self.name][1]


class Cleared(msgspec.Struct, frozen=True):
    """What was removed when cache folders were cleared."""

    names: tuple[str, ...]
    bytes: int
    files: int
    left: int
    """Files that the system would not remove, or that are being written."""


def count_cache(cache: Path, cancel: CancelToken | None = None) -> tuple[CacheUsage, ...]:
    """Every folder of the cache, also those that are not there, in the order of `KINDS`.

    What vanishes meanwhile does not count. Raises Cancelled.
    """
    return tuple(_count(cache, name, cancel or CancelToken()) for name in KINDS)


def clear_cache(cache: Path, names: Collection[str], cancel: CancelToken | None = None) -> Cleared:
    """Removes the files in these folders of the cache; folders stay. Raises KeyError for another name, Cancelled.

    Links inside are removed, never followed; temporary files less than a day old are left to who writes them.
    """
    wanted = [name for name in KINDS if name in names]
    if len(wanted) != len(set(names)):
        raise KeyError(f"the cache has no folder {', '.join(sorted(set(names) - set(KINDS)))}")
    cancel, size, files, left = cancel or CancelToken(), 0, 0, 0
    for name in wanted:
        for entry in _files(cache / name):
            cancel.check()
            removed = _remove(entry)
            if removed is None:
                left += 1
            else:
                size, files = size + removed, files + 1
    return Cleared(tuple(wanted), size, files, left)


def is_temporary(name: str) -> bool:
    """Whether a name is that of a temporary file, being written or left by a crash: "7.part", ".a.1f.part.mp4"."""
    return _TEMPORARY.search(name) is not None


def is_fresh(changed: float) -> bool:
    """Whether a temporary file is taken to be somebody's work; `changed` as `st_mtime`, in seconds."""
    return time.time() - changed < FRESH


def _count(cache: Path, name: str, cancel: CancelToken) -> CacheUsage:
    size = files = 0
    for entry in _files(cache / name):
        cancel.check()
        try:
            size += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
        files += 1
    return CacheUsage(name, size, files)


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    """All files below a folder; a folder that cannot be listed counts as empty."""
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except OSError:
        return
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        else:
            yield entry


def _remove(entry: os.DirEntry[str]) -> int | None:
    """Removes a file and returns its size in bytes; None if it could not be removed."""
    try:
        state = entry.stat(follow_symlinks=False)
        if is_temporary(entry.name) and is_fresh(state.st_mtime):
            return None
        Path(entry.path).unlink()
    except FileNotFoundError:
        return 0
    except OSError:
        return None
    return state.st_size
