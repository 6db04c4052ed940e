"""Finished frames: a bounded store in memory before a bounded store on disk, both keeping what was used last."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from app.core.render_plan import FrameKey, split_name
from app.engine.frame_tiers import DiskTier, MemoryTier
from app.engine.patch import DamagedPatchError, Patch, decode_patch, encode_patch

_log = logging.getLogger(__name__)

MEMORY_BYTES = 512 << 20
DISK_BYTES = 10 << 30
SPARE = 0.9
"""Share of the bound that `FrameCache.room` counts on: frames differ in size."""
WAITING_BYTES = 64 << 20
"""Patches that may wait to be written; who puts more than that in waits too."""


class FrameCache:
    """Patches by frame key; every method may be called from any thread.

    `put` encodes and writes nothing itself: a thread of the cache's own does, which ends when nothing is left to
    write. Files are named DIGEST/INDEX.patch; a file's time of change is when it was last used, so that a restart
    knows the order. A damaged file is removed and logged. Where the disk cannot be written to, that is logged, said
    by `disk_problem`, and nothing more is written until `clear` or `set_limits`.
    """

    def __init__(
        self, memory_bytes: int = MEMORY_BYTES, disk_folder: Path | None = None, disk_bytes: int = DISK_BYTES
    ) -> None:
        """Without a folder there is memory alone. Opens no file: the folder is looked at by the first who asks."""
        self._lock = threading.RLock()
        self._open = False
        self._memory = MemoryTier(memory_bytes)
        self._disk = DiskTier(disk_folder, disk_bytes)
        self._ready: dict[str, set[int]] = {}
        self._version = 0
        self._waiting: OrderedDict[FrameKey, Patch] = OrderedDict()
        self._waiting_bytes = 0
        self._room = threading.Condition(self._lock)
        self._writer: threading.Thread | None = None
        self._lost: list[Callable[[], None]] = []
        self.disk_problem = ""
        """A sentence where the disk tier cannot be written to."""

    def open(self) -> None:
        """Looks at the folder, if nobody did yet: about a second where there are 100,000 frames."""
        if self._open:
            return
        with self._lock:
            for key in self._disk.load():
                self._sync(key)
            self._open = True

    @property
    def is_open(self) -> bool:
        """Whether the folder was looked at; until then all methods but this one and `peek` may take their time."""
        return self._open

    def get(self, key: FrameKey) -> Patch | None:
        """The patch, from memory or disk; None where it is in neither. Reads a file at most: not for the GUI thread."""
        self.open()
        with self._lock:
            patch = self._memory.get(key) or self._waiting.get(key)
            if patch is not None:
                self._disk.touch(key)
                return patch
            if not self._disk.has(key):
                return None
            path = self._disk.path(key)
        return self._read(key, path)

    def peek(self, key: FrameKey) -> Patch | None:
        """The patch if it is in memory; opens no file."""
        with self._lock:
            return self._memory.get(key)

    def put(self, key: FrameKey, patch: Patch) -> None:
        """Keeps a patch; what was not used for longest goes. Waits where far more is put in than the disk takes."""
        with self._lock:
            self._keep(key, patch)
            if self._disk.folder is not None and not self.disk_problem and not self._disk.has(key):
                self._queue(key, patch)

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
            tier = self._disk if self._disk.folder is not None and not self.disk_problem else self._memory
            return int(SPARE * tier.limit * len(tier) / tier.used) if tier.used else sys.maxsize

    @property
    def crowded(self) -> bool:
        """Whether frames will have to go soon."""
        with self._lock:
            tier = self._disk if self._disk.folder is not None and not self.disk_problem else self._memory
            return tier.used > tier.limit / 2

    def on_lost(self, callback: Callable[[], None]) -> None:
        """Calls back, from whatever thread, when frames were cleared away or found damaged, not when one made room."""
        self._lost.append(callback)

    def touch(self, keys: Iterable[FrameKey]) -> None:
        """Counts these as used just now, so that they outlast others."""
        with self._lock:
            for key in keys:
                self._memory.get(key)
                self._disk.touch(key)

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
        """Bytes of the files; looks at the folder if nobody did yet."""
        self.open()
        with self._lock:
            return self._disk.used

    @property
    def memory_bytes(self) -> int:
        """The bound on `memory_used`."""
        return self._memory.limit

    @property
    def disk_bytes(self) -> int:
        """The bound on `disk_used`; 0 where there is no folder."""
        return self._disk.limit if self._disk.folder is not None else 0

    def set_limits(self, memory_bytes: int, disk_bytes: int) -> None:
        """Other bounds; what no longer fits goes at once."""
        self.open()
        with self._lock:
            self.disk_problem = ""
            self._memory.limit, self._disk.limit = memory_bytes, disk_bytes
            for key in [*self._memory.shrink(), *self._disk.make_room(0)]:
                self._sync(key)
        self._tell_lost()

    def clear(self) -> None:
        """Forgets everything and removes the files."""
        self.open()
        with self._lock:
            self._waiting.clear()
            self._waiting_bytes = 0
            self._room.notify_all()
            self._memory.clear()
            self._disk.clear()
            self.disk_problem = ""
            self._ready.clear()
            self._version += 1
        self._tell_lost()

    def flush(self) -> None:
        """Waits until everything that was put in is on disk."""
        while (writer := self._writer) is not None:
            writer.join()
            with self._lock:
                if self._writer is writer and not writer.is_alive():
                    self._writer = None

    def _tell_lost(self) -> None:
        for callback in self._lost:
            callback()

    def _keep(self, key: FrameKey, patch: Patch) -> None:
        """Into memory, if it fits at all."""
        for gone in self._memory.put(key, patch):
            self._sync(gone)
        self._sync(key)

    def _sync(self, key: FrameKey) -> None:
        """Brings the register of what can be had up to date for one key."""
        digest, index = split_name(key)
        there = key in self._memory or key in self._waiting or self._disk.has(key)
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
            _log.warning("The rendered frame %s cannot be used (%s); it is rendered again", path, error)
            with self._lock:
                self._disk.remove(key)
                self._sync(key)
            self._tell_lost()
            return None
        with self._lock:
            self._disk.touch(key)
            self._keep(key, patch)
        return patch

    def _queue(self, key: FrameKey, patch: Patch) -> None:
        """Hands a patch to the writer, which is started where there is none."""
        while self._waiting_bytes > WAITING_BYTES:
            self._room.wait()
        if key in self._waiting:
            return
        self._waiting[key] = patch
        self._waiting_bytes += patch.nbytes
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_all, name="frame cache", daemon=True)
            self._writer.start()

    def _write_all(self) -> None:
        """The writer: writes what waits, and ends."""
        self.open()
        while True:
            with self._lock:
                if not self._waiting:
                    self._writer = None
                    return
                key, patch = next(iter(self._waiting.items()))
            self._write(key, encode_patch(patch))
            with self._lock:
                if self._waiting.get(key) is patch:
                    del self._waiting[key]
                    self._waiting_bytes -= patch.nbytes
                else:  # `clear` emptied the queue meanwhile: the file goes too
                    self._disk.remove(key)
                self._sync(key)
                self._room.notify_all()

    def _write(self, key: FrameKey, data: bytes) -> None:
        """One file, whole or not at all, after room was made for it."""
        with self._lock:
            if self.disk_problem or len(data) > self._disk.limit:
                return
            for gone in self._disk.make_room(len(data)):
                self._sync(gone)
            path = self._disk.path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".part")
            temporary.write_bytes(data)
            temporary.replace(path)
        except OSError as error:
            self.disk_problem = f'Rendered frames cannot be kept in "{path.parent.parent}" ({error.strerror}).'
            _log.warning("%s", self.disk_problem)
            return
        with self._lock:
            self._disk.add(key, len(data))
