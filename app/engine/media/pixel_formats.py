"""What is known of pixel formats beyond what FFmpeg tells of them."""

from __future__ import annotations

import re

import av

_UNREAD = {
    "bgr4", "rgb4", "gbrap32be", "gbrap32le", "gray32be", "gray32le", "rgb96be", "rgb96le", "rgba128be", "rgba128le",
    "rgbaf32be", "rgbaf32le", "yaf32be", "yaf32le", "v30xbe", "x2bgr10be", "x2rgb10be", "xv30be", "y210be", "y212be",
    "y216be", "grayf32be", "grayf16be", "grayf16le", "yaf16be", "yaf16le", "rgbf32be", "rgbf32le",
}  # fmt: skip
"""What libswscale does not take, takes and ends the program (yaf32), or gives other levels for (the last seven)."""

_PLANAR = re.compile(r"yuvj?(410|411|420|422|440|444)p|yuv(420|422|444)p(9|10|12|14|16)le")
"""The YUV formats that the deinterlacer takes as they are, without transparency."""


def is_read(name: str) -> bool:
    """Whether pictures of that pixel format can be converted. Those that stay on a graphics card never come here."""
    return name not in _UNREAD


def is_grey(name: str) -> bool:
    """Whether its pictures have one plane, which may have transparency beside it."""
    return name.startswith(("gray", "ya"))


def deinterlaced_form(name: str) -> str:
    """The format in which pictures of format `name` are deinterlaced without another change of theirs.

    The filter's own conversion does not heed their range and matrix, which only YUV has.
    """
    form = av.VideoFormat(name, 64, 64)
    if name.startswith("grayf"):
        return "gray"
    if form.is_rgb or is_grey(name) or _PLANAR.fullmatch(name):
        return name
    sharing = {(16, 16): "410", (16, 64): "411", (32, 32): "420", (32, 64): "422", (64, 32): "440", (64, 64): "444"}
    chroma = sharing[form.chroma_width(), form.chroma_height()]
    if max(part.bits for part in form.components) <= 8:
        return f"yuv{chroma}p"
    return f"yuv{chroma if chroma in ('420', '422') else '444'}p16le"
