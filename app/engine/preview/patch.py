"""A finished piece of a dubbed frame: what previews lay over the original picture, and how it is kept in a file."""

from __future__ import annotations

import struct
import zlib
from typing import cast

import msgspec
import numpy as np

from app.engine.media.opencv import cv2
from app.engine.ports import Image

_HEAD = struct.Struct("<8s4II")
_MAGIC = b"REDUBP2\n"
_PNG_EFFORT = 1


class DamagedPatchError(Exception):
    """Bytes that hold no patch, or not all of it."""


class Patch(msgspec.Struct, frozen=True):
    """Finished pixels of a rectangle of the upright frame; all other pixels are the original's.

    Empty (0 x 0) where the frame is shown as it was filmed: outside the speech of a "keep" segment, at strength 0.
    """

    left: int
    """Columns of the frame left of the rectangle; even."""
    top: int
    """Rows above it; even."""
    rgb: Image
    """h x w x 3."""

    @property
    def nbytes(self) -> int:
        """Memory that it takes, in bytes."""
        return self.rgb.nbytes + 200


EMPTY = Patch(0, 0, np.zeros((0, 0, 3), np.uint8))
"""The frame as it was filmed."""


def encode_patch(patch: Patch) -> bytes:
    """A patch as a file's bytes: place, size and checksum, then a PNG without loss."""
    height, width = patch.rgb.shape[:2]
    body = b""
    if height and width:
        parameters = [cv2.IMWRITE_PNG_COMPRESSION, _PNG_EFFORT]
        done, data = cv2.imencode(".png", patch.rgb[..., ::-1], parameters)
        if not done:
            raise ValueError(f"a patch of {width} x {height} pixels cannot be written as PNG")
        body = bytes(data)
    place = patch.left, patch.top, height, width
    return _HEAD.pack(_MAGIC, *place, _checksum(place, body)) + body


def _checksum(place: tuple[int, int, int, int], body: bytes) -> int:
    """Of all that the file says: also a patch in the wrong place is damaged."""
    return zlib.crc32(body, zlib.crc32(struct.pack("<4I", *place)))


def decode_patch(data: bytes) -> Patch:
    """The way back from `encode_patch`. Raises DamagedPatchError."""
    if len(data) < _HEAD.size:
        raise DamagedPatchError("it is too short")
    magic, left, top, height, width, checksum = _HEAD.unpack_from(data)
    body = data[_HEAD.size :]
    if magic != _MAGIC or _checksum((left, top, height, width), body) != checksum:
        raise DamagedPatchError("its checksum is wrong")
    if not body:
        return Patch(left, top, EMPTY.rgb)
    picture = cast("Image | None", cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR))
    if picture is None or picture.shape != (height, width, 3):
        raise DamagedPatchError("it holds no such picture")
    return Patch(left, top, np.ascontiguousarray(picture[..., ::-1]))
