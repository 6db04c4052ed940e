"""The thread that makes the timeline's thumbnails while nothing else is waiting for the clip."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import av.error
from PySide6.QtCore import QObject, Signal

from app.core.errors import UserError
from app.engine.media.clip import Clip
from app.engine.ports import Image
from app.engine.preview.preview_picture import for_screen
from app.engine.preview.thumbnails import ThumbnailMaker
from app.workers.clip_thread import ClipThread
from app.workers.frame_thread import to_qimage
from app.workers.unexpected import unexpected

QUIET = 0.4
"""Seconds without scrubbing after which thumbnails are made again."""

_NICENESS = 10


class ThumbnailThread(ClipThread):
    """All methods are for the GUI thread and return at once, but for `stop`."""

    thumbnail = Signal(int, object)
    """(index, QImage): the picture of a frame; may come a second time, closer to that very frame."""
    failed = Signal(str)
    """A sentence: the clip cannot be decoded."""

    def __init__(self, cache: Path, parent: QObject | None = None) -> None:
        """`cache` is the cache folder as a whole."""
        super().__init__(parent)
        self.setObjectName("thumbnail thread")
        self._cache = cache
        self._maker: ThumbnailMaker | None = None
        self._wanted: tuple[tuple[int, ...], int] = ((), 1)
        self._work: Iterator[tuple[int, Image] | None] | None = None
        self._quiet_until = 0.0

    def set_clip(self, clip: Clip | None, proxy: Path | None = None) -> None:
        """Another clip is open, or none; what was asked of the old one is forgotten."""
        self._mail.post("clip", (self._number_clip(), clip, proxy), instead_of=("proxy", "request"))

    def set_proxy(self, proxy: Path | None) -> None:
        """The clip's proxy was made: what was asked for last is made again from it, now exact."""
        self._mail.post("proxy", proxy)

    def request(self, indices: Sequence[int], height: int) -> None:
        """Thumbnails of these frames are wanted, `height` pixels high (of the screen); the latest call wins."""
        self._mail.post("request", (tuple(indices), max(1, height)))

    def stand_back(self) -> None:
        """Somebody is scrubbing: no thumbnail is made for the next moment."""
        self._mail.post("quiet", monotonic() + QUIET)

    def run(self) -> None:
        """The thread's own work: messages first, then one small piece."""
        _be_nice()
        try:
            while True:
                box = self._mail.take(self._wait())
                if "stop" in box:
                    return
                try:
                    self._read(box)
                    self._make_one()
                except UserError as error:
                    self._fail(str(error))
                except (av.error.FFmpegError, OSError) as error:
                    self._fail(f"Thumbnails cannot be made ({error}): check that the clip is still there.")
                except Exception as error:
                    self._fail(unexpected("Thumbnails cannot be made", error))
        finally:
            self._close()

    def _wait(self) -> float | None:
        """Seconds until there is something to do; None: nothing until the next message."""
        return None if self._work is None else max(0.0, self._quiet_until - monotonic())

    def _read(self, box: dict[str, Any]) -> None:
        """Takes messages in, in the order in which they make sense."""
        if "clip" in box:
            self._open(*box["clip"])
        self._quiet_until = box.get("quiet", self._quiet_until)
        self._wanted = box.get("request", self._wanted)
        if self._maker is None:
            return
        if "proxy" in box:
            self._maker.set_proxy(box["proxy"])
        if "proxy" in box or "request" in box:
            self._work = self._maker.make(*self._wanted)

    def _open(self, number: int, clip: Clip | None, proxy: Path | None) -> None:
        self._close()
        self._clip_number = number
        self._wanted = ((), 1)
        if clip is not None:
            self._maker = ThumbnailMaker(clip, self._cache)
            self._maker.set_proxy(proxy)

    def _make_one(self) -> None:
        """One piece of work, if the time is right."""
        if self._work is None or self._wait() != 0.0:
            return
        try:
            made = next(self._work)
        except StopIteration:
            self._work = None
            return
        if made is not None:
            index, picture = made
            image = to_qimage(for_screen(picture, (picture.shape[1], picture.shape[0])))
            self._tell(self.thumbnail, index, image)

    def _fail(self, sentence: str) -> None:
        self._work = None
        self._tell(self.failed, sentence)

    def _close(self) -> None:
        maker, self._maker, self._work = self._maker, None, None
        if maker is not None:
            maker.close()


def _be_nice() -> None:
    """Lets every other thread go first; decoders started from here inherit it. Only Linux has it for one thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
