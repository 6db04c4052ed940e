"""Pictures and sound in the form that an encoder takes them: another pixel format, whole-numbered samples."""

from __future__ import annotations

from functools import cache

import av
import msgspec
import numpy as np
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from app.engine.media.colour import RANGE_LIMITED, swscale_matrix
from app.engine.media.frame import Sample, matrix_of, plane_samples, set_tags, tags_of


def pcm_samples(chunk: NDArray[np.float32]) -> NDArray[np.int32]:
    """Samples (n x channels) in [-1, 1] as 24-bit whole numbers in the upper bits of 32, as FFmpeg's "s32" has them."""
    whole = np.clip(np.rint(chunk.astype(np.float64) * 2**23), -(2**23), 2**23 - 1)
    return whole.astype(np.int32) << 8


class FrameConverter:
    """Brings yuv420p frames into an encoder's pixel format, with the same matrix: no colour moves."""

    def __init__(self, pixel_format: str, limited: bool) -> None:
        """`limited` brings full-range frames to limited range."""
        self._format, self._limited = pixel_format, limited
        self._depth = av.VideoFormat(pixel_format).components[0].bits
        self._scaler = VideoReformatter()

    def convert(self, frame: av.VideoFrame) -> av.VideoFrame:
        """A frame of its own memory, with the tags that belong to it."""
        tags = tags_of(frame)
        matrix = swscale_matrix(matrix_of(frame))
        # One range on both sides: samples are moved, spread and shifted, and stay exact.
        out = self._scaler.reformat(
            frame,
            format=self._format,
            interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=ColorRange.MPEG,
            dst_color_range=ColorRange.MPEG,
        )
        if self._limited and tags.full:
            _narrow(out, self._depth)
            tags = msgspec.structs.replace(tags, range=RANGE_LIMITED)
        set_tags(out, tags)
        return out


def _narrow(frame: av.VideoFrame, depth: int) -> None:
    """Full to limited range in place, rounded; libswscale is up to a level of 8 bits off here."""
    luma, chroma = _narrowing(depth)
    for number in range(len(frame.planes)):
        table = chroma if number else luma
        if depth == 8:
            _look_up(plane_samples(frame, number, np.uint8, writable=True), table)
        else:
            _look_up(plane_samples(frame, number, np.uint16, writable=True), table)


def _look_up(view: NDArray[Sample], table: NDArray[np.uint16]) -> None:
    """Replaces every sample by its entry in the table."""
    view[:] = table[view]


@cache
def _narrowing(depth: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Limited-range luma and chroma for every sample of `depth` bits that was 8-bit full range (H.273, eq. 38 ff.)."""
    unit = 1 << (depth - 8)
    level = np.arange(256 * unit) / unit
    luma = np.rint((16 + level * 219 / 255) * unit)
    chroma = np.rint((128 + (level - 128) * 224 / 255) * unit)
    return luma.astype(np.uint16), chroma.astype(np.uint16)
