"""The two tiers of the frame cache, what is in memory and which files there are; and the files themselves."""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from app.core.render_plan import FrameKey, frame_name, split_name
from app.engine.files.cache_usage import is_fresh, is_temporary
from app.engine.preview.patch import Patch
from app.engine.replacing import replacing

SUFFIX = ".patch"

FoundFile = tuple[float, int, FrameKey]
"""(last use, bytes, key) of a frame's file."""


class MemoryTier:
    """The tier in memory; its owner holds the lock."""

    def __init__(self, limit: int) -> None:
        self.limit, self.used = limit, 0
        self._patches: OrderedDict[FrameKey, Patch] = OrderedDict()

    def __contains__(self, key: FrameKey) -> bool:
        return key in self._patches

    def __len__(self) -> int:
        return len(self._patches)

    def get(self, key: FrameKey) -> Patch | None:
        """The patch, which then was used last."""
        patch = self._patches.get(key)
        if patch is not None:
            self._patches.move_to_end(key)
        return patch

    def put(self, key: FrameKey, patch: Patch) -> list[FrameKey]:
        """Takes a patch in; what had to go for it."""
        old = self._patches.pop(key, None)
        self.used -= old.nbytes if old is not None else 0
        if patch.nbytes > self.limit:
            return [key]
        gone = self.shrink(patch.nbytes)
        self._patches[key] = patch
        self.used += patch.nbytes
        return gone

    def shrink(self, coming: int = 0) -> list[FrameKey]:
        """Drops what was not used for longest until `coming` bytes more fit; what went."""
        gone: list[FrameKey] = []
        while self._patches and self.used + coming > self.limit:
            key, patch = self._patches.popitem(last=False)
            self.used -= patch.nbytes
            gone.append(key)
        return gone

    def clear(self) -> None:
        """Drops everything."""
        self._patches.clear()
        self.used = 0


class DiskTier:
    """The register of the files; its owner holds the lock.

    It touches no file itself, for removing 100,000 of them takes seconds: those that are to go no longer count and
    are handed out by `take_doomed`.
    """

    def __init__(self, folder: Path | None, limit: int) -> None:
        self.folder, self.limit, self.used = folder, limit, 0
        self.loaded = folder is None
        """Whether `load` was told what is in the folder."""
        self._sizes: OrderedDict[FrameKey, int] = OrderedDict()
        self._doomed: list[FrameKey] = []
        self._unwanted = False

    def __len__(self) -> int:
        return len(self._sizes)

    def load(self, found: Iterable[FoundFile]) -> list[FrameKey]:
        """Takes in what `find_files` found, the least used first; the keys that stay within the limit."""
        self.loaded = True
        for _, size, key in found:
            self.add(key, size)
        if self._unwanted:
            self.clear()
        self.make_room(0)
        return list(self._sizes)

    def has(self, key: FrameKey) -> bool:
        """Whether there is a file of it."""
        return key in self._sizes

    def path(self, key: FrameKey) -> Path:
        """Where the file of that key belongs. Raises ValueError without a folder."""
        if self.folder is None:
            raise ValueError("there is no folder")
        digest, index = split_name(key)
        return self.folder / digest / f"{index}{SUFFIX}"

    def touch(self, key: FrameKey) -> None:
        """Counts it as used last."""
        if key in self._sizes:
            self._sizes.move_to_end(key)

    def add(self, key: FrameKey, size: int) -> None:
        """A file of `size` bytes was written."""
        self.used += size - self._sizes.pop(key, 0)
        self._sizes[key] = size

    def forget(self, key: FrameKey) -> None:
        """Whoever calls has removed the file."""
        self.used -= self._sizes.pop(key, 0)

    def make_room(self, coming: int, at_most: int = sys.maxsize) -> list[FrameKey]:
        """Dooms what was not used for longest until `coming` bytes more fit, `at_most` files; what is doomed by it."""
        gone: list[FrameKey] = []
        while self._sizes and self.used + coming > self.limit and len(gone) < at_most:
            key, size = self._sizes.popitem(last=False)
            self.used -= size
            gone.append(key)
        self._doomed += gone
        return gone

    def clear(self) -> None:
        """Dooms all files, also those that nobody looked at yet."""
        self._doomed += self._sizes
        self._sizes.clear()
        self.used = 0
        self._unwanted = not self.loaded

    def take_doomed(self) -> list[Path]:
        """The files that are to be removed now, by whoever calls and before anything is written."""
        doomed, self._doomed = self._doomed, []
        return [self.path(key) for key in doomed]


def find_files(folder: Path) -> list[FoundFile]:
    """The files of frames below `folder`, the least used first; none where it is no folder yet.

    What vanishes meanwhile or may not be read does not count; temporary files that a crash left are removed. Raises
    OSError where the folder itself cannot be listed.
    """
    found: list[FoundFile] = []
    for entry in _listed(folder) if folder.is_dir() else ():
        try:
            found += _files_of(Path(entry.path)) if entry.is_dir() else ()
        except OSError:  # another editor cleared it, or it is not ours: the other folders are as good as before
            continue
    return sorted(found)


def _files_of(folder: Path) -> list[FoundFile]:
    """The files of one digest."""
    found: list[FoundFile] = []
    for entry in _listed(folder):
        path = Path(entry.path)
        try:
            status = entry.stat()
            if is_temporary(entry.name):
                if not is_fresh(status.st_mtime):
                    path.unlink()
            elif path.suffix == SUFFIX and path.stem.isdecimal():
                found.append((status.st_mtime, status.st_size, frame_name(folder.name, int(path.stem))))
        except OSError:  # another editor was quicker to remove it
            continue
    return found


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)


def write_file(path: Path, data: bytes) -> None:
    """Writes a frame's file whole or not at all, its folder too where there is none. Raises OSError."""
    try:
        _write_beside(path, data)
    except FileNotFoundError:
        # the folder was empty for a moment, in which another thread or editor removed it
        _write_beside(path, data)


def _write_beside(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def remove_file(path: Path) -> None:
    """Removes a frame's file, if it is there, and its folder if nothing is left in it."""
    with suppress(OSError):  # what the system keeps is found again at the next start
        path.unlink(missing_ok=True)
        path.parent.rmdir()
