"""Frames in the form that an encoder takes."""

from __future__ import annotations

import av
import numpy as np
import pytest

from app.engine.media.colour import ColourTags
from app.engine.media.encoder_input import FrameConverter, _narrow
from app.engine.media.frame import plane_samples, plane_view, set_tags

WIDTHS = (322, 330, 338)
"""No multiples of 16: their rows end in padding."""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("pixel_format", "depth"), [("yuv422p10le", 10), ("yuv422p", 8)])
def test_narrowing_leaves_the_padding_alone(width: int, pixel_format: str, depth: int) -> None:
    frame = av.VideoFrame(width, 192, pixel_format)
    kind = np.uint8 if depth == 8 else np.uint16
    for number, plane in enumerate(frame.planes):
        plane.update(b"\xff" * plane.buffer_size)  # what nobody wrote may be anything
        plane_samples(frame, number, kind, writable=True)[:] = 255 << (depth - 8) if number == 0 else 1 << (depth - 1)  # type: ignore[arg-type]
    _narrow(frame, depth)
    for number, plane in enumerate(frame.planes):
        assert set(plane_samples(frame, number, kind).flat) == {(128 if number else 235) << (depth - 8)}  # type: ignore[arg-type]
        whole = np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)
        assert set(whole[:, plane.width :].flat) <= {np.iinfo(kind).max}


@pytest.mark.parametrize("width", WIDTHS)
def test_full_range_of_any_width_is_narrowed(width: int) -> None:
    frame = av.VideoFrame(width, 192, "yuv420p")
    for number, level in enumerate((255, 128, 128)):
        plane_view(frame, number, writable=True)[:] = level
    set_tags(frame, ColourTags(1, 1, 1, 2))
    made = FrameConverter("yuv422p10le", limited=True).convert(frame)
    assert [set(plane_samples(made, number, np.uint16).flat) for number in range(3)] == [{940}, {512}, {512}]
