"""The frame cache's tier on disk at work: the look at the folder, and the thread that writes and removes files."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path

from app.core.render_plan import FrameKey
from app.engine.preview.frame_tiers import DiskTier, FoundFile, find_files, remove_file, write_file
from app.engine.preview.patch import Patch, encode_patch

_log = logging.getLogger(__name__)

WAITING_BYTES = 64 << 20
"""Patches that may wait to be written; who puts more than that in waits too."""
BATCH = 500
"""Files over a new limit that are given up in one go, while all others wait for the lock."""


class FrameDisk:
    """Files of frames, written and removed (but for damaged ones) by a thread of its own, which ends when it is done.

    All methods but `open` and `flush` are called by who holds `lock`.
    """

    def __init__(
        self,
        folder: Path | None,
        limit: int,
        lock: threading.RLock,
        changed: Callable[[Iterable[FrameKey]], None],
        lost: Callable[[], None],
    ) -> None:
        """`changed` is told, with `lock` held, of keys that may have come or gone; `lost`, without, of a loss."""
        self.tier = DiskTier(folder, limit)
        self.is_open = False
        """Whether the folder was looked at."""
        self.problem = ""
        """A sentence where the folder cannot be used; nothing is written then."""
        self._lock, self._changed, self._lost = lock, changed, lost
        self._opening = threading.Lock()
        self._waiting: OrderedDict[FrameKey, Patch] = OrderedDict()
        self._waiting_bytes = 0
        self._room = threading.Condition(lock)
        self._writer: threading.Thread | None = None

    @property
    def in_use(self) -> bool:
        """Whether frames are kept on disk."""
        return self.tier.folder is not None and self.tier.limit > 0 and not self.problem

    def __contains__(self, key: FrameKey) -> bool:
        return self.tier.has(key) or key in self._waiting

    def waiting(self, key: FrameKey) -> Patch | None:
        """The patch, if it waits to be written."""
        return self._waiting.get(key)

    def open(self) -> None:
        """Looks at the folder, if nobody did yet; it may take a second, in which nobody else waits for the lock."""
        if self.is_open:
            return
        with self._opening:
            if self.is_open:
                return
            found = self._found()
            with self._lock:
                if found is not None:
                    self._changed(self.tier.load(found))
                    self._start_writer()
                self.is_open = True

    def put(self, key: FrameKey, patch: Patch) -> None:
        """Hands a patch to the writer, where it is to be written; waits, the lock given back, where too many are."""
        while self.in_use and self._waiting_bytes > WAITING_BYTES:
            self._room.wait()
        if not self.in_use or key in self:
            return
        self._waiting[key] = patch
        self._waiting_bytes += patch.nbytes
        self._changed([key])
        self._start_writer()

    def drop(self, key: FrameKey) -> None:
        """Gives up a file that cannot be read."""
        self.tier.forget(key)
        remove_file(self.tier.path(key))
        self._changed([key])

    def set_limit(self, limit: int) -> None:
        """Another bound; files over it go soon. Tries the disk again where it failed."""
        self.tier.limit = limit
        self._try_again()

    def clear(self) -> None:
        """Nothing waits any more, and all files go soon. Tries the disk again where it failed."""
        self._waiting.clear()
        self._waiting_bytes = 0
        self._room.notify_all()
        self.tier.clear()
        self._try_again()

    def flush(self) -> None:
        """Waits until the writer has done everything."""
        while (writer := self._writer) is not None:
            writer.join()

    def _found(self) -> list[FoundFile] | None:
        """The files in the folder; None where it cannot be listed, which is then the problem, or was looked at."""
        if self.tier.folder is None or self.tier.loaded:
            return None
        try:
            return find_files(self.tier.folder)
        except OSError as error:
            self._refuse(error.strerror)
            return None

    def _refuse(self, reason: str | None) -> None:
        """From now on without the disk."""
        self.problem = (
            f'Dubbed frames cannot be kept in "{self.tier.folder}" ({reason}), so that they stay in memory alone: '
            "make room there or allow writing to it, and start Redub again."
        )
        _log.warning("%s", self.problem)

    def _try_again(self) -> None:
        """Forgets what the disk refused, and lets the writer do what there is to do."""
        self.problem = ""
        self.is_open = self.tier.loaded
        self._start_writer()

    def _start_writer(self) -> None:
        """Sees to it that the writer is at work."""
        if self._writer is None and self.tier.folder is not None:
            writer = threading.Thread(target=self._work, name="frame cache", daemon=True)
            writer.start()
            self._writer = writer

    def _work(self) -> None:
        """The writer: removes what is to go, writes what waits, and ends."""
        try:
            self.open()
            while (task := self._next()) is not None:
                doomed, waiting = task
                for path in doomed:
                    remove_file(path)
                if waiting is not None:
                    self._write(*waiting)
        except OSError as error:
            self._refuse(error.strerror)
        except (ValueError, MemoryError) as error:
            self._refuse(str(error) or "there is not enough memory")
        finally:
            self._end()

    def _next(self) -> tuple[list[Path], tuple[FrameKey, Patch] | None] | None:
        """Files to remove, and then what to write; None where nothing is left to do, and the writer has ended."""
        with self._lock:
            gone = self.tier.make_room(0, BATCH)
            self._changed(gone)
            doomed = self.tier.take_doomed()
            waiting = next(iter(self._waiting.items()), None)
            if not doomed and waiting is None:
                self._writer = None
                return None
        if gone:
            self._lost()
        return doomed, waiting if not gone else None

    def _write(self, key: FrameKey, patch: Patch) -> None:
        """The file of a patch, after room was made for it; none where frames are not kept on disk any more."""
        data = encode_patch(patch) if self.in_use else b""
        path = self._place_for(key, len(data)) if data else None
        if path is not None:
            write_file(path, data)
        with self._lock:
            if self._waiting.get(key) is patch:
                del self._waiting[key]
                self._waiting_bytes -= patch.nbytes
                if path is not None:
                    self.tier.add(key, len(data))
            elif path is not None:  # `clear` emptied the queue meanwhile: the file goes too
                remove_file(path)
            self._changed([key])
            self._room.notify_all()

    def _place_for(self, key: FrameKey, size: int) -> Path | None:
        """Where a file of `size` bytes may be written; None where it may not."""
        with self._lock:
            if size > self.tier.limit:
                return None
            self._changed(self.tier.make_room(size))
            doomed, path = self.tier.take_doomed(), self.tier.path(key)
        for old in doomed:
            remove_file(old)
        return path

    def _end(self) -> None:
        """Where the writer failed: nobody waits for it, and what it did not write is lost to the disk."""
        with self._lock:
            if self._writer is not threading.current_thread():  # it had done everything
                return
            if not self.problem:
                self._refuse("writing them failed")
            lost, self._waiting, self._waiting_bytes = self._waiting, OrderedDict(), 0
            self._writer = None
            self._changed(lost)
            self._room.notify_all()
        self._lost()
