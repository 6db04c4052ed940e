"""Pasting: bit-identical outside, the right colour inside."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.engine.media.colour import ColourTags
from app.engine.media.compose import paste_region
from app.engine.media.frame import VideoFrame, plane_view, set_tags

WIDTH, HEIGHT = 32, 24
TAGS = [ColourTags(1, 1, 1, 1), ColourTags(6, 6, 6, 1), ColourTags(1, 1, 1, 2), ColourTags(6, 6, 6, 2), ColourTags()]


def _frame(seed: int, tags: ColourTags) -> VideoFrame:
    yuv = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    rng = np.random.default_rng(seed)
    for index in range(3):
        view = plane_view(yuv, index, writable=True)
        view[:] = rng.integers(0, 256, view.shape, np.uint8)
    set_tags(yuv, tags)
    yuv.pts = 7
    return VideoFrame(yuv, 7, Fraction(1, 25), 0)


def _spread(mask: NDArray[np.float32], left: int, top: int) -> NDArray[np.bool_]:
    """Which of the frame's pixels the mask touches."""
    touched = np.zeros((HEIGHT, WIDTH), bool)
    for row, column in zip(*np.nonzero(mask > 0), strict=True):
        if 0 <= top + row < HEIGHT and 0 <= left + column < WIDTH:
            touched[top + row, left + column] = True
    return touched


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(-20, WIDTH + 4),
    st.integers(-20, HEIGHT + 4),
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from(TAGS),
)
def test_outside_the_mask_nothing_changes(
    seed: int, left: int, top: int, width: int, height: int, tags: ColourTags
) -> None:
    rng = np.random.default_rng(seed)
    frame = _frame(seed, tags)
    before = [plane_view(frame.yuv, index).copy() for index in range(3)]
    patch = rng.integers(0, 256, (height, width, 3), np.uint8)
    mask = (rng.random((height, width)) * (rng.random((height, width)) > 0.6)).astype(np.float32)
    after = paste_region(frame, patch, left, top, mask)
    touched = _spread(mask, left, top)
    chroma = touched.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).any((1, 3))
    for index, kept in enumerate((~touched, ~chroma, ~chroma)):
        assert np.array_equal(plane_view(after, index)[kept], before[index][kept])
        assert np.array_equal(plane_view(frame.yuv, index), before[index])  # the frame itself is left alone
    assert (after.pts, after.color_range, after.colorspace) == (7, tags.range, tags.matrix)


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(20, 235)] * 3), st.integers(-5, 20), st.integers(-5, 14), st.sampled_from(TAGS))
def test_a_full_mask_gives_the_patch_colour(
    colour: tuple[int, int, int], left: int, top: int, tags: ColourTags
) -> None:
    frame = _frame(1, tags)
    patch = np.full((12, 14, 3), colour, np.uint8)
    after = VideoFrame(paste_region(frame, patch, left, top, np.ones((12, 14), np.float32)), 0, Fraction(1), 0)
    rows = slice(max(0, top + 1), max(0, top + 11))
    columns = slice(max(0, left + 1), max(0, left + 13))
    inside = after.rgb_region(0, 0, WIDTH, HEIGHT)[rows, columns].astype(int)
    assert np.abs(inside - np.array(colour)).max(initial=0) <= 2


def test_pasting_a_region_back_changes_next_to_nothing() -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    frame = _frame(0, TAGS[0])
    for index, plane in enumerate((60 + 3 * x + 2 * y, 110 + x[::2, ::2], 150 - y[::2, ::2])):
        plane_view(frame.yuv, index, writable=True)[:] = plane
    part = frame.rgb_region(8, 6, 16, 12)
    after = paste_region(frame, part, 8, 6, np.ones((12, 16), np.float32))
    for index in range(3):
        difference = plane_view(after, index).astype(int) - plane_view(frame.yuv, index)
        assert np.abs(difference).max() <= 1


def test_half_a_mask_goes_half_way() -> None:
    frame = _frame(3, TAGS[2])
    before = plane_view(frame.yuv, 0).astype(float)
    after = paste_region(frame, np.full((24, 32, 3), 255, np.uint8), 0, 0, np.full((24, 32), 0.5, np.float32))
    assert np.abs(plane_view(after, 0) - (before + 255) / 2).max() <= 1


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        paste_region(_frame(0, TAGS[0]), np.zeros((4, 4, 3), np.uint8), 0, 0, np.ones((4, 5), np.float32))
