"""Frames of a clip beside each other, small, as a JPEG: what a person looks at first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.engine.media.opencv import cv2
from app.engine.ports import Image

_SIDE = 144
_GAP = 3
"""White columns between the frames."""
_QUALITY = 90


def strip_jpeg(tiles: Sequence[Image | None]) -> bytes:
    """Square pictures of any size in one row, black where there is none."""
    row = np.concatenate([_small(tile) for tile in tiles], axis=1)
    done, data = cv2.imencode(".jpg", row[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise RuntimeError("OpenCV cannot write JPEG")
    return data.tobytes()


def _small(tile: Image | None) -> Image:
    small = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    if tile is not None:
        small[:] = cv2.resize(tile, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    small[:, -_GAP:] = 255
    return small
