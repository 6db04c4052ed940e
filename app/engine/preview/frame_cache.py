"""Finished frames: a bounded store in memory before a bounded store on disk, both keeping what was used last."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from app.core.render_plan import FrameKey, split_name
from app.engine.preview.frame_disk import FrameDisk
from app.engine.preview.frame_tiers import DiskTier, MemoryTier
from app.engine.preview.patch import DamagedPatchError, Patch, decode_patch

_log = logging.getLogger(__name__)

MEMORY_BYTES = 512 << 20
DISK_BYTES = 10 << 30
SPARE = 0.9
"""Share of the bound that `FrameCache.room` counts on: frames differ in size."""


class FrameCache:
    """Patches by frame key; every method may be called from any thread.

    Files are written and removed by a thread of the cache's own, which ends when nothing is left to do. They
    are named DIGEST/INDEX.patch; a file's time of change is when it was last used, so that a restart knows the order.
    A damaged file is removed and logged. Where the disk cannot be read or written to, that is logged, said by
    `disk_problem`, and nothing more is written until `clear` or `set_limits`.
    """

    def __init__(
        self, memory_bytes: int = MEMORY_BYTES, disk_folder: Path | None = None, disk_bytes: int = DISK_BYTES
    ) -> None:
        """Without a folder, or with `disk_bytes` 0, there is memory alone. Opens no file: see `open`."""
        self._lock = threading.RLock()
        self._memory = MemoryTier(memory_bytes)
        self._disk = FrameDisk(disk_folder, disk_bytes, self._lock, self._sync, self._tell_lost)
        self._ready: dict[str, set[int]] = {}
        self._version = 0
        self._lost: list[Callable[[], None]] = []

    def open(self) -> None:
        """Looks at the folder, if nobody did yet: about a second where there are 100,000 frames."""
        self._disk.open()

    @property
    def disk_problem(self) -> str:
        """A sentence for the user where the disk tier cannot be used; else empty."""
        return self._disk.problem

    @property
    def is_open(self) -> bool:
        """Whether the folder was looked at; until then `get`, `in` and `disk_used` may take their time."""
        return self._disk.is_open

    def get(self, key: FrameKey) -> Patch | None:
        """The patch, from memory or disk; None where it is in neither. Reads a file at most: not for the GUI thread."""
        self.open()
        with self._lock:
            patch = self._memory.get(key) or self._disk.waiting(key)
            if patch is not None:
                self._disk.tier.touch(key)
                return patch
            if not self._disk.tier.has(key):
                return None
            path = self._disk.tier.path(key)
        return self._read(key, path)

    def peek(self, key: FrameKey) -> Patch | None:
        """The patch if it is in memory; opens no file."""
        with self._lock:
            return self._memory.get(key)

    def put(self, key: FrameKey, patch: Patch) -> None:
        """Keeps a patch; what was not used for longest goes. Waits where far more is put in than the disk takes."""
        with self._lock:
            self._keep(key, patch)
            self._disk.put(key, patch)

    def __contains__(self, key: object) -> bool:
        """Whether the patch can be had, from memory or disk."""
        if not isinstance(key, str):
            return False
        digest, index = split_name(key)
        self.open()
        with self._lock:
            return index in self._ready.get(digest, ())

    def has(self, digest: str, index: int) -> bool:
        """As `in`, for a name in its two parts; takes no lock and opens nothing."""
        known = self._ready.get(digest)
        return known is not None and index in known

    def ready(self, digest: str) -> frozenset[int]:
        """The frames with that digest that can be had."""
        with self._lock:
            return frozenset(self._ready.get(digest, ()))

    @property
    def room(self) -> int:
        """About how many frames fit in altogether, by the size of those that are there; with some to spare."""
        with self._lock:
            tier = self._bounding_tier
            return int(SPARE * tier.limit * len(tier) / tier.used) if tier.used else sys.maxsize

    @property
    def crowded(self) -> bool:
        """Whether frames will have to go soon."""
        with self._lock:
            tier = self._bounding_tier
            return tier.used > tier.limit / 2

    def on_lost(self, callback: Callable[[], None]) -> None:
        """Calls back, from whatever thread, when frames were lost (not when one made room) or the disk fails."""
        self._lost.append(callback)

    def touch(self, keys: Iterable[FrameKey]) -> None:
        """Counts these as used just now, so that they outlast others."""
        with self._lock:
            for key in keys:
                self._memory.get(key)
                self._disk.tier.touch(key)

    @property
    def version(self) -> int:
        """A number that grows whenever a patch comes or goes for good."""
        return self._version

    @property
    def memory_used(self) -> int:
        """Bytes of the patches in memory."""
        return self._memory.used

    @property
    def disk_used(self) -> int:
        """Bytes of the files, but for those that are to go; looks at the folder if nobody did yet."""
        self.open()
        with self._lock:
            return self._disk.tier.used

    @property
    def memory_bytes(self) -> int:
        """The bound on `memory_used`."""
        return self._memory.limit

    @property
    def disk_bytes(self) -> int:
        """The bound on `disk_used`, which a smaller one holds soon (see `flush`); 0 where there is no folder."""
        return self._disk.tier.limit if self._disk.tier.folder is not None else 0

    def set_limits(self, memory_bytes: int, disk_bytes: int) -> None:
        """Other bounds; what no longer fits goes, from memory at once. Touches no file."""
        with self._lock:
            self._memory.limit = memory_bytes
            self._sync(self._memory.shrink())
            self._disk.set_limit(disk_bytes)
        self._tell_lost()

    def clear(self) -> None:
        """Forgets everything; the files are removed soon (see `flush`)."""
        with self._lock:
            self._memory.clear()
            self._disk.clear()
            self._ready.clear()
            self._version += 1
        self._tell_lost()

    def flush(self) -> None:
        """Waits until everything that was put in is on disk, and what is to go is gone."""
        self._disk.flush()

    def _tell_lost(self) -> None:
        for callback in self._lost:
            callback()

    def _keep(self, key: FrameKey, patch: Patch) -> None:
        """Into memory, if it fits at all."""
        self._sync([*self._memory.put(key, patch), key])

    @property
    def _bounding_tier(self) -> MemoryTier | DiskTier:
        """The tier that tells how many frames there can be."""
        return self._disk.tier if self._disk.in_use else self._memory

    def _sync(self, keys: Iterable[FrameKey]) -> None:
        """Brings the register of what can be had up to date for these keys."""
        for key in keys:
            self._sync_one(key)

    def _sync_one(self, key: FrameKey) -> None:
        digest, index = split_name(key)
        there = key in self._memory or key in self._disk
        known = self._ready.get(digest)
        if there == (known is not None and index in known):
            return
        self._version += 1
        if there:
            self._ready.setdefault(digest, set()).add(index)
        elif known is not None:
            known.discard(index)
            if not known:
                del self._ready[digest]

    def _read(self, key: FrameKey, path: Path) -> Patch | None:
        """The patch from its file; None, logged, where that is damaged or has gone."""
        try:
            patch = decode_patch(path.read_bytes())
            with suppress(OSError):  # the order after a restart, no more
                os.utime(path)
        except (OSError, DamagedPatchError) as error:
            self._drop(key, path, error)
            return None
        with self._lock:
            self._disk.tier.touch(key)
            self._keep(key, patch)
        return patch

    def _drop(self, key: FrameKey, path: Path, error: Exception) -> None:
        """Gives up a file that cannot be read."""
        with self._lock:
            if not self._disk.tier.has(key):  # it had to go while it was read
                return
            self._disk.drop(key)
        _log.warning("The rendered frame %s cannot be used (%s); it is rendered again", path, error)
        self._tell_lost()
