"""The thread that makes pictures for the preview: asked from the GUI thread, answered by a signal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Protocol

import av.error
import msgspec
import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.core.errors import UserError
from app.engine.media.clip import Clip
from app.engine.preview.frame_server import MEMORY_BYTES, FrameServer, Shot
from app.engine.preview.mask_shape import MaskShape
from app.engine.preview.patch import Patch
from app.engine.preview.preview_picture import ScreenImage, screen_pictures
from app.workers.clip_thread import ClipThread
from app.workers.unexpected import unexpected

MaskSource = Callable[[int], MaskShape | None]
"""The mask of a frame by its index; called in the frame thread, so it must touch frozen values alone."""


class PatchSource(Protocol):
    """Where dubbed patches are kept (`app.engine.preview.frame_cache.FrameCache`)."""

    def get(self, key: str, /) -> Patch | None:
        """The patch of that key; None where it was not rendered yet."""
        ...


class ShownFrame(msgspec.Struct, frozen=True, eq=False):
    """What the preview is to show now."""

    index: int
    """The frame in the picture."""
    wanted: int
    """The frame that was asked for; unlike `index` only while the right one is being decoded."""
    original: QImage
    dubbed: QImage | None
    """The same with its dubbed patch; None where there is none (yet)."""
    key: str | None
    """The key that `show` was given, where the picture is of that frame."""
    exact: bool
    """Whether it is the clip's own picture of the wanted frame; otherwise it is one of preview quality."""
    scale: float
    """Pixels of the image for each of the frame's."""
    size: tuple[int, int]
    """Width and height of the frame."""
    mask: MaskShape | None = None
    """What part of it is pasted over, where a mask source was set."""


class FrameThread(ClipThread):
    """Decodes, lays patches on and scales. All methods are for the GUI thread and return at once, but for `stop`."""

    shown = Signal(object)
    """ShownFrame: the picture of the frame that was asked for last, or a stand-in until it is there."""
    failed = Signal(str)
    """A sentence: the frame that was asked for cannot be shown."""

    def __init__(self, parent: QObject | None = None, memory_bytes: int = MEMORY_BYTES) -> None:
        super().__init__(parent)
        self.setObjectName("frame thread")
        self._memory = memory_bytes
        self._server: FrameServer | None = None
        self._patches: PatchSource | None = None
        self._mask_source: MaskSource | None = None
        self._scale = 1.0
        self._wanted: tuple[int, str | None] | None = None
        self._shot: Shot | None = None

    def set_clip(self, clip: Clip | None, proxy: Path | None = None) -> None:
        """Another clip is open, or none; what was asked of the old one is forgotten."""
        forgotten = ("proxy", "ahead", "show", "ready", "mask")
        self._mail.post("clip", (self._number_clip(), clip, proxy), instead_of=forgotten)

    def set_proxy(self, proxy: Path | None) -> None:
        """The clip's proxy was made, or is not to be used."""
        self._mail.post("proxy", proxy)

    def set_cache(self, cache: PatchSource | None) -> None:
        """Where dubbed patches are looked for; shared with the thread that renders them."""
        self._mail.post("patches", cache)

    def set_mask_source(self, source: MaskSource | None) -> None:
        """What tells the mask of a frame, while the mask overlay is on; the picture on screen comes again with it."""
        self._mail.post("mask", source)

    def set_scale(self, scale: float) -> None:
        """Pixels of the screen for each of the frame's, 1 at most; the picture on screen comes again in that size."""
        self._mail.post("scale", min(max(scale, 0.001), 1.0))

    def show(self, index: int, key: str | None, exact: bool) -> None:
        """Frame `index` is wanted, dubbed where the cache has `key`; the latest call wins.

        `exact` False (while dragging) takes the proxy's picture or a near one until the playhead rests.
        """
        self._mail.post("show", (index, key, exact))

    def play_ahead(self, index: int, direction: int) -> None:
        """Frames after (1) or before (-1) `index` will be wanted next; 0: the playhead stands."""
        self._mail.post("ahead", (index, direction))

    def patches_ready(self, keys: Collection[str]) -> None:
        """These patches are in the cache now: the picture on screen comes again where it is one of them."""
        self._mail.add("ready", keys)

    def run(self) -> None:
        """The thread's own work: messages first, then one small piece of decoding."""
        try:
            while True:
                box = self._mail.take(None if self._server is None else self._server.wait)
                if "stop" in box:
                    return
                try:
                    self._read(box)
                    self._work()
                except UserError as error:
                    self._fail(str(error))
                except (av.error.FFmpegError, OSError) as error:
                    self._fail(f"The picture cannot be shown ({error}): check that the clip is still there.")
                except Exception as error:
                    self._fail(unexpected("The picture cannot be shown", error))
        finally:
            self._close()

    def _read(self, box: dict[str, Any]) -> None:
        """Takes messages in, in the order in which they make sense."""
        if "clip" in box:
            self._open(*box["clip"])
        if "proxy" in box and self._server is not None:
            self._server.set_proxy(box["proxy"])
        self._patches = box.get("patches", self._patches)
        again = self._settings_changed(box)
        if self._server is None:
            return
        if "ahead" in box:
            self._server.play_ahead(*box["ahead"])
        if "show" in box:
            index, key, exact = box["show"]
            self._wanted = (index, key)
            self._server.want(index, exact)
        elif again or (self._wanted is not None and self._wanted[1] in box.get("ready", ())):
            self._send_again()

    def _settings_changed(self, box: dict[str, Any]) -> bool:
        """Takes scale and mask in; whether the picture on screen is to be made again."""
        before = self._scale, self._mask_source
        self._scale = box.get("scale", self._scale)
        self._mask_source = box.get("mask", self._mask_source)
        return before != (self._scale, self._mask_source)

    def _open(self, number: int, clip: Clip | None, proxy: Path | None) -> None:
        self._close()
        self._clip_number = number
        self._mask_source = None
        if clip is not None:
            self._server = FrameServer(clip, self._memory)
            self._server.set_proxy(proxy)

    def _close(self) -> None:
        server, self._server = self._server, None
        self._wanted = self._shot = None
        if server is not None:
            server.close()

    def _work(self) -> None:
        """One piece of the server's work; what it shows goes out."""
        if self._server is None or self._server.wait != 0.0:
            return
        shot = self._server.work()
        if shot is not None:
            self._shot = shot
            self._send(shot)

    def _fail(self, sentence: str) -> None:
        if self._server is not None:
            self._server.give_up()
        self._tell(self.failed, sentence)

    def _send_again(self) -> None:
        """The picture on screen once more: its patch, the size or the mask has changed."""
        if self._shot is not None:
            self._send(self._shot)

    def _send(self, shot: Shot) -> None:
        assert self._server is not None
        size, index = self._server.clip.size, shot.frame.index
        key = self._wanted[1] if self._wanted is not None and self._wanted[0] == index else None
        patch = None if key is None or self._patches is None else self._patches.get(key)
        original, dubbed = screen_pictures(shot.frame, size, self._scale, patch)
        self._tell(
            self.shown,
            ShownFrame(
                index=index,
                wanted=shot.wanted,
                original=to_qimage(original),
                dubbed=None if dubbed is None else to_qimage(dubbed),
                key=key,
                exact=shot.exact,
                scale=self._scale,
                size=size,
                mask=None if self._mask_source is None else self._mask_source(index),
            ),
        )


def to_qimage(picture: ScreenImage) -> QImage:
    """A QImage of its own memory from H x W x 4 bytes (blue, green, red, 255); for any thread."""
    data = np.ascontiguousarray(picture)
    height, width = data.shape[:2]
    return QImage(data.data, width, height, data.strides[0], QImage.Format.Format_RGB32).copy()
