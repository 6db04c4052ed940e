"""Every pixel format that a decoder may give, in both ranges and every matrix, against a plain conversion."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.format import names
from numpy.typing import NDArray

from app.engine.media.canonical import Canonicaliser
from app.engine.media.colour import ColourTags
from app.engine.media.frame import plane_view
from app.engine.media.media_info import VideoStream
from app.engine.media.orientation import Orientation
from app.engine.media.pixel_formats import is_read
from tests.unit.engine.media.packing import BAR, COLOURS, ROWS, Levels, packed

WEIGHTS = {
    1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593),
    2: (0.299, 0.114),
}  # fmt: skip
"""Kr and Kb by H.273; a small picture that says nothing is BT.601."""
SIZE = BAR * len(COLOURS), ROWS
KNOWN = sorted(name for name in names if is_read(name) and packed(name, Levels(0.3, 0.1, False)) is not None)


def _stream(name: str, matrix: int, full: bool, interlaced: bool) -> VideoStream:
    tick = Fraction(1, 25)
    return VideoStream(
        stream=0, codec="rawvideo", width=SIZE[0], height=SIZE[1], coded_width=SIZE[0], coded_height=SIZE[1],
        fps=Fraction(25), variable=False, orientation=Orientation(), pixel_format=name,
        bit_depth=max(part.bits for part in av.VideoFormat(name).components),
        colour=ColourTags(2, 2, matrix, 2 if full else 1), sample_aspect_ratio=Fraction(1), interlaced=interlaced,
        frame_count=None, time_base=tick, start=Fraction(0), duration=None,
    )  # fmt: skip


def _converted(name: str, matrix: int, full: bool, interlaced: bool = False) -> NDArray[np.int64]:
    """Y, U and V in the middle of each bar, bars x 3."""
    frame = packed(name, Levels(*WEIGHTS[matrix], full))
    assert frame is not None
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    frame.colorspace, frame.color_range = matrix, 2 if full else 1
    canonical = Canonicaliser(_stream(name, matrix, full, interlaced))
    (out,) = [*canonical.push(frame), *canonical.flush()]
    assert out.format.name == "yuv420p" and (out.width, out.height) == SIZE
    middle = BAR * np.arange(len(COLOURS)) + BAR // 2
    rows = [plane_view(out, plane)[ROWS // 2 // step, middle // step] for plane, step in ((0, 1), (1, 2), (2, 2))]
    return np.stack(rows, axis=1).astype(np.int64)


def _expected(name: str, matrix: int, full: bool) -> NDArray[np.float64]:
    """The same by the formulas of H.273; RGB becomes BT.709 in limited range, grey has no chroma."""
    rgb = av.VideoFormat(name).is_rgb
    levels = Levels(*WEIGHTS[1 if rgb else matrix], full and not rgb)
    grey = name.startswith(("gray", "ya"))
    return np.stack([np.full(len(COLOURS), 128.0) if grey and p != "y" else levels.level(p, 8) for p in "yuv"], axis=1)


def _tolerance(name: str) -> float:
    """Levels: the format's own step, whose low bits libswscale leaves empty, and two for rounding."""
    bits = min(part.bits for part in av.VideoFormat(name).components)
    return 2 if bits >= 8 else 2 + 255 / ((1 << bits) - 1)


LUMA = {"nv12": slice(None), "yuyv422": slice(0, None, 2), "uyvy422": slice(1, None, 2)}
"""Where the bytes of luma stand in a row."""


def _combed(name: str, number: int) -> av.VideoFrame:
    """A frame that is marked interlaced: one field is dark and one bright, and they change places in every frame."""
    frame = packed(name, Levels(*WEIGHTS[6], full=False))
    assert frame is not None
    luma = np.frombuffer(memoryview(frame.planes[0]), np.uint8).reshape(ROWS, -1)[:, LUMA[name]]
    luma[number % 2 :: 2], luma[1 - number % 2 :: 2] = 30, 220
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25))
    graph.link_nodes(source, graph.add("setfield", "mode=tff"), graph.add("buffersink")).configure()
    frame.pts, frame.time_base = number, Fraction(1, 25)
    graph.vpush(frame)
    return graph.vpull()


@pytest.mark.parametrize("name", LUMA)
def test_formats_that_are_not_planar_are_deinterlaced(name: str) -> None:
    canonical = Canonicaliser(_stream(name, 6, full=False, interlaced=True))
    frames = [_combed(name, number) for number in range(4)]
    assert all(frame.interlaced_frame for frame in frames)
    out = [*(ready for frame in frames for ready in canonical.push(frame)), *canonical.flush()]
    assert [frame.pts for frame in out] == [0, 1, 2, 3] and not any(frame.interlaced_frame for frame in out)
    lines = plane_view(out[1], 0).astype(int)[4:-4, 0]
    assert np.abs(np.diff(lines)).max() < 100  # 190 where the fields are woven


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("full", [False, True])
def test_levels_are_those_of_a_plain_conversion(full: bool, interlaced: bool) -> None:
    """Of every format and matrix, with the deinterlacer in between or not."""
    wrong: list[str] = []
    for name in KNOWN:
        meant = full or name.startswith("yuvj")
        for matrix in (1, 6) if interlaced else WEIGHTS:
            found, wanted = _converted(name, matrix, meant, interlaced), _expected(name, matrix, meant)
            off = float(np.abs(found - np.clip(wanted, 0, 255)).max())
            if off > _tolerance(name):
                wrong.append(f"{name}, matrix {matrix}: {off:.1f} levels off")
    assert len(KNOWN) > 200 and not wrong
