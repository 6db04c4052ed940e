"""Pasting an RGB patch into a frame without touching any sample outside its mask."""

from __future__ import annotations

from typing import Any, NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

from app.engine.media.colour import RANGE_FULL, ycc_matrix
from app.engine.media.frame import VideoFrame, copy_frame, matrix_of, plane_samples, plane_view
from app.engine.media.opencv import cv2

Floats = NDArray[np.floating[Any]]


class Matte(NamedTuple):
    """How much of a frame's own picture shows: `mask` with its corner at (left, top), nothing around it."""

    mask: Floats
    """h x w, 0 to 1."""
    left: int
    top: int


def write_matte(frame: av.VideoFrame, matte: Matte | None) -> None:
    """Writes the fourth plane of a frame of ours (yuva, of 9 to 16 bits); None makes all of it transparent."""
    plane = plane_samples(frame, 3, np.uint16, writable=True)
    plane[:] = 0
    if matte is None:
        return
    cut = _inside(matte.mask, matte.left, matte.top, (frame.width, frame.height))
    if cut is None:
        return
    rows, columns = cut
    most = (1 << frame.format.components[3].bits) - 1
    levels = np.rint(np.clip(matte.mask[rows, columns], 0, 1) * most).astype(np.uint16)
    top, left = matte.top + rows.start, matte.left + columns.start
    plane[top : top + levels.shape[0], left : left + levels.shape[1]] = levels


def paste_region(
    frame: VideoFrame, patch_rgb: NDArray[np.uint8], left: int, top: int, mask: NDArray[np.float32]
) -> av.VideoFrame:
    """A copy of the frame with `patch_rgb` (h x w x 3) blended in by `mask` (h x w, 0 keeps the frame, 1 the patch).

    The patch's corner lies at (left, top), which may be odd or outside the frame; what hangs over is cut off.
    Blending happens in Y'CbCr with the frame's own matrix and range. A luma sample changes only where its mask
    is above 0, a chroma sample only where one of its four pixels' is: its share is the mean of the four masks,
    its colour the mean of the patch's weighted by them. Every other sample stays as it was, bit for bit.
    Raises ValueError where the shapes differ.
    """
    if patch_rgb.shape != (*mask.shape, 3):
        raise ValueError(f"patch {patch_rgb.shape} and mask {mask.shape} do not fit each other")
    result = copy_frame(frame.yuv)
    cut = _inside(mask, left, top, frame.size)
    if cut is None:
        return result
    rows, columns = cut
    left, top = left + columns.start, top + rows.start
    weight = np.clip(mask[rows, columns], 0, 1).astype(np.float32)
    rgb = patch_rgb[rows, columns].astype(np.float32)
    _blend(result, rgb, weight, left, top, ycc_matrix(matrix_of(frame.yuv), frame.yuv.color_range == RANGE_FULL))
    return result


def _inside(mask: Floats, left: int, top: int, size: tuple[int, int]) -> tuple[slice, slice] | None:
    """Rows and columns of the mask that are above 0 and inside the frame; None where there are none."""
    first_row, first_column = max(0, -top), max(0, -left)
    last_row, last_column = min(mask.shape[0], size[1] - top), min(mask.shape[1], size[0] - left)
    if first_row >= last_row or first_column >= last_column:
        return None
    touched = mask[first_row:last_row, first_column:last_column] > 0
    rows, columns = np.flatnonzero(touched.any(1)), np.flatnonzero(touched.any(0))
    if rows.size == 0:
        return None
    return (
        slice(first_row + int(rows[0]), first_row + int(rows[-1]) + 1),
        slice(first_column + int(columns[0]), first_column + int(columns[-1]) + 1),
    )


def _blend(frame: av.VideoFrame, rgb: Floats, weight: Floats, left: int, top: int, matrix: Floats) -> None:
    """Blends `rgb` (h x w x 3) into a frame of ours at (left, top), wholly inside it."""
    height, width = weight.shape
    luma = plane_view(frame, 0, writable=True)[top : top + height, left : left + width]
    _mix(luma, cv2.transform(rgb, matrix[:1]), weight)
    share, mean = _to_chroma(rgb, weight, left & 1, top & 1)
    height, width = share.shape
    for index in (1, 2):
        plane = plane_view(frame, index, writable=True)
        part = plane[top // 2 : top // 2 + height, left // 2 : left // 2 + width]
        _mix(part, cv2.transform(mean, matrix[index : index + 1]), share)


def _mix(plane: NDArray[np.uint8], colour: Any, weight: Floats) -> None:
    """Adds weight * (colour - plane), rounded; where the weight is 0 the sample is exactly kept."""
    before = plane.astype(np.float32)
    mixed = before + weight * (np.asarray(colour, np.float32).reshape(plane.shape) - before)
    plane[:] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def _to_chroma(rgb: Floats, weight: Floats, odd_x: int, odd_y: int) -> tuple[Floats, Floats]:
    """Mean mask (h/2 x w/2) and mask-weighted mean colour (h/2 x w/2 x 3) over the frame's 2 x 2 blocks."""
    height, width = weight.shape
    pad = ((odd_y, (height + odd_y) & 1), (odd_x, (width + odd_x) & 1))
    total = _block_sums(np.pad(weight, pad))
    sums = _block_sums(np.pad(rgb * weight[..., None], (*pad, (0, 0))))
    return total / 4, sums / np.where(total > 0, total, 1)[..., None]


def _block_sums(values: Floats) -> Floats:
    """Sums over 2 x 2 blocks of the first two axes."""
    return values[::2, ::2] + values[::2, 1::2] + values[1::2, ::2] + values[1::2, 1::2]
