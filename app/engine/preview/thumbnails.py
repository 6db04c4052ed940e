"""Small pictures of a clip's frames for the timeline, from coarse to fine, kept on disk under the clip's hash."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from app.engine.media.clip import Clip
from app.engine.media.frame import VideoFrame
from app.engine.media.opencv import cv2
from app.engine.media.sealed import RefusedError, seal_of, whole_file
from app.engine.ports import Image
from app.engine.preview.clip_decoder import ClipDecoder
from app.engine.preview.key_frames import key_before
from app.engine.preview.preview_picture import resized
from app.engine.preview.proxy import ProxySlot

THUMBNAIL_VERSION = 2
"""Raised whenever thumbnails are made differently: older files are then not looked at."""

_QUALITY = 88
_log = logging.getLogger(__name__)


def coarse_to_fine(indices: Sequence[int]) -> list[int]:
    """The same indices, each once, so that any first part of them is spread evenly over all."""
    ordered = sorted(set(indices))
    result: list[int] = []
    parts = deque([(0, len(ordered))])
    while parts:
        first, stop = parts.popleft()
        if first < stop:
            middle = (first + stop) // 2
            result.append(ordered[middle])
            parts += [(first, middle), (middle + 1, stop)]
    return result


class ThumbnailStore:
    """A clip's thumbnails on disk. What cannot be read is made again, what cannot be written is logged once."""

    def __init__(self, clip: Clip, cache: Path) -> None:
        self._folder = cache / "thumbnails" / f"{clip.picture_key}-v{THUMBNAIL_VERSION}"
        self._writable = True

    def path(self, index: int, height: int) -> Path:
        """The file of frame `index` at `height` pixels."""
        return self._folder / str(height) / f"{index}.jpg"

    def read(self, index: int, height: int) -> Image | None:
        """H x W x 3, RGB; None where it is not there or damaged."""
        file = self.path(index, height)
        if seal_of(file) is None:
            return None
        try:
            data = file.read_bytes()
        except OSError:
            return None
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        return np.asarray(picture[..., ::-1], np.uint8)

    def write(self, index: int, height: int, picture: Image) -> None:
        """Keeps a thumbnail; a full disk costs only the next run its time."""
        if not self._writable:
            return
        done, data = cv2.imencode(".jpg", picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        if not done:
            raise ValueError("OpenCV cannot write JPEG")
        path = self.path(index, height)
        try:
            with whole_file(path) as draft:
                draft.path.write_bytes(data.tobytes())
        except RefusedError as error:
            self._writable = False
            _log.warning("Thumbnails cannot be kept in %s: %s", self._folder, error)


class ThumbnailMaker:
    """Makes thumbnails of one clip, a small piece at a time; closed by `close`, for one thread."""

    def __init__(self, clip: Clip, cache: Path) -> None:
        self.clip = clip
        self._store = ThumbnailStore(clip, cache)
        self._decoder = ClipDecoder(clip)
        self._proxy = ProxySlot(clip)

    def close(self) -> None:
        """Gives files and decoders back."""
        self._decoder.close()
        self._proxy.close()

    def set_proxy(self, path: Path | None) -> None:
        """The clip's proxy is there, or is not any more; see `ProxySlot` for a damaged one."""
        self._proxy.set(path)

    def make(self, indices: Sequence[int], height: int) -> Iterator[tuple[int, Image] | None]:
        """(index, H x W x 3 picture) of each frame, spread over the whole first; None between pieces of work.

        Without a proxy a key frame stands in first, and the frame's own picture comes later where the two are more
        than half a thumbnail apart. Raises MediaError where the clip cannot be decoded.
        """
        known = sorted({index for index in indices if 0 <= index < self.clip.count})
        spacing = min((later - earlier for earlier, later in pairwise(known)), default=1)
        inexact: list[int] = []
        for index in coarse_to_fine(known):
            found = self._at_once(index, height)
            if found is None:
                key = key_before(self._decoder.keys, index)
                found = self._of_key(key, height)
                inexact += [index] if 2 * (index - key) > spacing else []
            yield index, found
        yield from self._exact(sorted(inexact), height)

    def _at_once(self, index: int, height: int) -> Image | None:
        """The frame's own picture from the disk or the proxy."""
        stored = self._store.read(index, height)
        if stored is not None:
            return stored
        frame = self._proxy.frame(index)
        return None if frame is None else self._kept(frame, height)

    def _of_key(self, key: int, height: int) -> Image:
        """A key frame's picture."""
        stored = self._store.read(key, height)
        if stored is not None:
            return stored
        frame = self._decoder.step(key)
        while frame.index < key:
            frame = self._decoder.step(key)
        return self._kept(frame, height)

    def _exact(self, indices: list[int], height: int) -> Iterator[tuple[int, Image] | None]:
        """The frames' own pictures in order of time, so that nothing is decoded twice."""
        for index in indices:
            frame = self._decoder.step(index)
            while frame.index < index:
                yield None
                frame = self._decoder.step(index)
            yield index, self._kept(frame, height)

    def _kept(self, frame: VideoFrame, height: int) -> Image:
        """A frame made small and stored."""
        size = (max(1, round(self.clip.size[0] * height / self.clip.size[1])), height)
        picture = resized(frame.rgb(), size)
        self._store.write(frame.index, height, picture)
        return picture
