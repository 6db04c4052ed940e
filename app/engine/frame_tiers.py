"""The two tiers of the frame cache: what is in memory and which files there are; its owner holds the lock."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from app.core.render_plan import FrameKey, frame_name, split_name
from app.engine.patch import Patch

SUFFIX = ".patch"


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
    """The register of the files; its owner holds the lock."""

    def __init__(self, folder: Path | None, limit: int) -> None:
        self.folder, self.limit, self.used = folder, limit, 0
        self._sizes: OrderedDict[FrameKey, int] = OrderedDict()
        self._loaded = folder is None

    def __len__(self) -> int:
        return len(self._sizes)

    def load(self) -> list[FrameKey]:
        """Looks at the folder the first time; the keys found there. Files over the limit go, the oldest first."""
        if self._loaded or self.folder is None:
            return []
        self._loaded = True
        for _, size, key in sorted(_files(self.folder)):
            self._sizes[key] = size
            self.used += size
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

    def remove(self, key: FrameKey) -> None:
        """Removes a file, if it is there."""
        self.used -= self._sizes.pop(key, 0)
        path = self.path(key)
        with suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()  # only goes where nothing is left in it

    def make_room(self, coming: int) -> list[FrameKey]:
        """Removes what was not used for longest until `coming` bytes more fit; what went."""
        gone: list[FrameKey] = []
        while self._sizes and self.used + coming > self.limit:
            key = next(iter(self._sizes))
            self.remove(key)
            gone.append(key)
        return gone

    def clear(self) -> None:
        """Removes all files."""
        for key in list(self._sizes):
            self.remove(key)


def _files(folder: Path) -> Iterator[tuple[float, int, FrameKey]]:
    """(last use, bytes, key) of every file of ours; left-overs of a crash are removed."""
    for parent in folder.iterdir() if folder.is_dir() else ():
        if not parent.is_dir():
            continue
        for entry in os.scandir(parent):
            path = Path(entry.path)
            if path.suffix == ".part":
                path.unlink(missing_ok=True)
            elif path.suffix == SUFFIX and path.stem.isdecimal():
                status = entry.stat()
                yield status.st_mtime, status.st_size, frame_name(parent.name, int(path.stem))
