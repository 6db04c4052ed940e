"""One decoded frame in the form that the rest of the engine works on, and its planes as arrays."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import av
import numpy as np
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from app.engine.media.colour import BT709, RANGE_FULL, RANGE_LIMITED, ColourTags, resolve_matrix, swscale_matrix

Sample = TypeVar("Sample", np.uint8, np.uint16)

_local = threading.local()


def reformatter(use: int) -> VideoReformatter:
    """The calling thread's scaler for one `use` (its flags); its context lives while the sizes stay the same."""
    scalers: dict[int, VideoReformatter] = _local.__dict__.setdefault("scalers", {})
    return scalers.setdefault(use, VideoReformatter())


def plane_view(frame: av.VideoFrame, plane: int, writable: bool = False) -> NDArray[np.uint8]:
    """Plane `plane` of an 8-bit planar frame as `plane_samples` gives it."""
    return plane_samples(frame, plane, np.uint8, writable)


def plane_samples(frame: av.VideoFrame, plane: int, kind: type[Sample], writable: bool = False) -> NDArray[Sample]:
    """Plane `plane` of a planar frame as rows x columns, without a copy and without the padding that ends each row.

    `kind` is uint8 for formats of 8 bits and uint16 for those of 9 to 16. Only a frame made by us may be written to: a
    decoded one is still the decoder's reference picture.
    """
    source = frame.planes[plane]
    stride = abs(source.line_size) // np.dtype(kind).itemsize
    rows = np.frombuffer(memoryview(source), kind).reshape(-1, stride)[:, : source.width]
    rows = rows[::-1] if source.line_size < 0 else rows
    rows.flags.writeable = writable
    return rows


def tags_of(frame: av.VideoFrame) -> ColourTags:
    """The colour tags that a frame carries."""
    return ColourTags(frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range)


def set_tags(frame: av.VideoFrame, tags: ColourTags) -> None:
    """Writes colour tags onto a frame."""
    frame.color_primaries = tags.primaries
    frame.color_trc = tags.transfer
    frame.colorspace = tags.matrix
    frame.color_range = tags.range


def new_frame(planes: list[NDArray[np.uint8]], like: av.VideoFrame) -> av.VideoFrame:
    """A yuv420p frame of its own memory from Y, U and V, with the time stamp and tags of `like`."""
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for index, plane in enumerate(planes):
        plane_view(frame, index, writable=True)[:] = plane
    frame.pts = like.pts
    if like.time_base is not None:
        frame.time_base = like.time_base
    set_tags(frame, tags_of(like))
    return frame


def frame_of_rgb(image: NDArray[np.uint8]) -> av.VideoFrame:
    """A yuv420p frame of an H x W x 3 picture (even sizes): BT.709, limited range, tagged so."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), "rgb24").reformat(
        format="yuv420p", src_colorspace="ITU709", dst_colorspace="ITU709", dst_color_range="MPEG"
    )
    set_tags(frame, ColourTags(BT709, BT709, BT709, RANGE_LIMITED))
    return frame


def copy_frame(frame: av.VideoFrame) -> av.VideoFrame:
    """A writable copy in yuv420p."""
    return new_frame([plane_view(frame, index) for index in range(3)], frame)


def matrix_of(frame: av.VideoFrame) -> int:
    """The H.273 matrix to calculate with for this frame, guessed by its size where it says none."""
    return resolve_matrix(frame.colorspace, frame.width, frame.height)


# Both repeat each chroma sample over its 2 x 2 pixels, which averaging undoes exactly. The fast one works from tables
# and comes out up to 3 levels wrong, 1 too dark on average (0.5 ms for 720p); the exact one rounds (12 ms for 720p).
_FAST = Interpolation.BILINEAR
_EXACT = Interpolation.POINT | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


def _to_rgb(frame: av.VideoFrame, like: av.VideoFrame, interpolation: Interpolation) -> NDArray[np.uint8]:
    """H x W x 3 from a yuv420p frame, understood as `like` is: a guess by size means the whole picture's."""
    source_range = ColorRange.JPEG if like.color_range == RANGE_FULL else ColorRange.MPEG
    out = reformatter(interpolation).reformat(
        frame,
        format="rgb24",
        src_colorspace=swscale_matrix(matrix_of(like)),
        src_color_range=source_range,
        dst_color_range=ColorRange.JPEG,
        interpolation=interpolation,
        threads=1,
    )
    return np.asarray(out.to_ndarray(), np.uint8)


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """A frame of a clip: upright, square pixels, progressive, 8-bit yuv420p, even size, colour tags set.

    Times count from the clip's origin, which is the earliest start of its picture and its sound, so that a
    frame's time and a place in the decoded sound (`sound.decoded`) mean the same moment.
    """

    yuv: av.VideoFrame
    """The picture; read only, for the decoder may still refer to it. `compose.paste_region` makes copies."""
    pts: int
    """Ticks of `time_base` since the clip's origin: the source's own stamp less the origin, exactly."""
    time_base: Fraction
    """Length of a tick of the source, in seconds."""
    index: int
    """The frame's number in presentation order, from 0."""

    @property
    def time(self) -> Fraction:
        """Seconds since the clip's origin at which the frame appears."""
        return self.pts * self.time_base

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, both even."""
        return self.yuv.width, self.yuv.height

    def rgb(self) -> NDArray[np.uint8]:
        """The whole picture, H x W x 3, quickly and up to 3 levels off: for finding faces and for showing.

        What is to be pasted back comes from `rgb_region`.
        """
        return _to_rgb(self.yuv, self.yuv, _FAST)

    def rgb_region(self, left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
        """A rectangle of the picture, height x width x 3, exact to rounding and so the inverse of pasting.

        Everything must be even, for a chroma sample covers 2 x 2 pixels, and lie inside the picture;
        ValueError otherwise.
        """
        whole_width, whole_height = self.size
        if (left | top | width | height) & 1 or width <= 0 or height <= 0:
            raise ValueError("a region's corner and size are even and its size positive")
        if left < 0 or top < 0 or left + width > whole_width or top + height > whole_height:
            raise ValueError("a region lies inside the picture")
        planes: list[NDArray[np.uint8]] = []
        for index in range(3):
            step = 1 if index == 0 else 2
            rows = slice(top // step, (top + height) // step)
            planes.append(plane_view(self.yuv, index)[rows, left // step : (left + width) // step])
        part = new_frame(planes, self.yuv)
        return _to_rgb(part, self.yuv, _EXACT)
