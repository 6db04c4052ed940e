"""Pictures of flat bars in every pixel format, packed by hand: what conversions are compared with."""

from __future__ import annotations

import re
from collections.abc import Sequence

import av
import numpy as np
from numpy.typing import NDArray

BAR = 32
"""Columns of each bar."""
ROWS = 16
COLOURS = np.array(
    [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [0.8, 0.3, 0.2], [0.2, 0.7, 0.3], [0.3, 0.3, 0.8], [0.9, 0.9, 0.2]]
)
"""R'G'B' of the bars, 0 to 1."""

Plane = NDArray[np.float64]
"""Rows x columns, before rounding."""

_BYTES = {
    "rgb24": "rgb", "bgr24": "bgr", "argb": "argb", "rgba": "rgba", "abgr": "abgr", "bgra": "bgra",
    "0rgb": "argb", "rgb0": "rgba", "0bgr": "abgr", "bgr0": "bgra",
    "vuya": "vuya", "vuyx": "vuya", "ayuv": "ayuv", "uyva": "uyva", "vyu444": "vyu",
    "gray": "y", "ya8": "ya",
}  # fmt: skip
"""The bytes of a pixel, in order."""
_WORDS = {
    "rgb48": ("rgb", 16, 0), "bgr48": ("bgr", 16, 0), "rgba64": ("rgba", 16, 0), "bgra64": ("bgra", 16, 0),
    "ayuv64": ("ayuv", 16, 0), "xv36": ("uyva", 12, 4), "xv48": ("uyva", 16, 0), "ya16": ("ya", 16, 0),
    "gray9": ("y", 9, 0), "gray10": ("y", 10, 0), "gray12": ("y", 12, 0), "gray14": ("y", 14, 0),
    "gray16": ("y", 16, 0),
}  # fmt: skip
"""The 16-bit words of a pixel, their bits and how far up these stand."""
_FIELDS = {
    "xv30": (4, {"v": (20, 10), "y": (10, 10), "u": (0, 10)}),
    "v30x": (4, {"v": (22, 10), "y": (12, 10), "u": (2, 10)}),
    "x2rgb10": (4, {"r": (20, 10), "g": (10, 10), "b": (0, 10)}),
    "x2bgr10": (4, {"b": (20, 10), "g": (10, 10), "r": (0, 10)}),
    "rgb565": (2, {"r": (11, 5), "g": (5, 6), "b": (0, 5)}), "bgr565": (2, {"b": (11, 5), "g": (5, 6), "r": (0, 5)}),
    "rgb555": (2, {"r": (10, 5), "g": (5, 5), "b": (0, 5)}), "bgr555": (2, {"b": (10, 5), "g": (5, 5), "r": (0, 5)}),
    "rgb444": (2, {"r": (8, 4), "g": (4, 4), "b": (0, 4)}), "bgr444": (2, {"b": (8, 4), "g": (4, 4), "r": (0, 4)}),
    "rgb8": (1, {"r": (5, 3), "g": (2, 3), "b": (0, 2)}), "bgr8": (1, {"b": (6, 2), "g": (3, 3), "r": (0, 3)}),
    "rgb4_byte": (1, {"r": (3, 1), "g": (1, 2), "b": (0, 1)}),
    "bgr4_byte": (1, {"b": (3, 1), "g": (1, 2), "r": (0, 1)}),
}  # fmt: skip
"""The bytes of a pixel's number, and the place and bits of each part in it."""
_PAIRS = {
    "yuyv422": ("yuyv", 8, 0), "uyvy422": ("uyvy", 8, 0), "yvyu422": ("yvyu", 8, 0), "uyyvyy411": ("uyyvyy", 8, 0),
    "y210": ("yuyv", 10, 6), "y212": ("yuyv", 12, 4), "y216": ("yuyv", 16, 0),
}  # fmt: skip
"""What a group of pixels that share their chroma is stored as."""
_FLOATS = {
    "rgbf": "rgb", "rgbaf": "rgba", "grayf": "y", "yaf": "ya",
}  # fmt: skip
_PLANAR = re.compile(r"(yuvj?|yuva|gbrp|gbrap)(4\d\dp)?(\d*)(msb)?")
_SHARED = {"410": (4, 4), "411": (4, 1), "420": (2, 2), "422": (2, 1), "440": (1, 2), "444": (1, 1)}
"""How many columns and rows share a sample of chroma."""
_BIPLANAR = {
    "nv12": ("420", 8, 0), "nv21": ("420", 8, 0), "nv16": ("422", 8, 0), "nv24": ("444", 8, 0), "nv42": ("444", 8, 0),
    "nv20": ("422", 10, 0), "p010": ("420", 10, 6), "p012": ("420", 12, 4), "p016": ("420", 16, 0),
    "p210": ("422", 10, 6), "p212": ("422", 12, 4), "p216": ("422", 16, 0),
    "p410": ("444", 10, 6), "p412": ("444", 12, 4), "p416": ("444", 16, 0),
}  # fmt: skip


class Levels:
    """The bars' parts at any depth, for one matrix and range."""

    def __init__(self, kr: float, kb: float, full: bool) -> None:
        self.full = full
        red, green, blue = COLOURS.T
        luma = kr * red + (1 - kr - kb) * green + kb * blue
        chroma = (blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))
        self.parts = dict(zip("rgbyuva", (red, green, blue, luma, *chroma, np.ones(len(red))), strict=True))

    def level(self, part: str, bits: int) -> NDArray[np.float64]:
        """The numbers of one part ("r" to "a") for each bar, before rounding."""
        value, top = self.parts[part], (1 << bits) - 1
        if part in "rgba":
            return value * top
        if self.full:
            return value * top + (0 if part == "y" else 1 << (bits - 1))
        scale = 1 << (bits - 8) if bits >= 8 else 1
        return (value * 219 + 16) * scale if part == "y" else (value * 224 + 128) * scale

    def number(self, part: str, bits: int) -> NDArray[np.int64]:
        """The same as they are stored."""
        return np.clip(np.rint(self.level(part, bits)), 0, (1 << bits) - 1).astype(np.int64)


def packed(name: str, levels: Levels) -> av.VideoFrame | None:
    """The bars as a frame of the format `name`; None for one that is not known here."""
    base, order = (name[:-2], ">" if name.endswith("be") else "<") if name.endswith(("le", "be")) else (name, "=")
    planes = _planes(base, order, levels)
    if planes is None:
        return None
    frame = av.VideoFrame(BAR * len(COLOURS), ROWS, name)
    for plane, samples in zip(frame.planes, planes, strict=False):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, abs(plane.line_size))
        stored = np.ascontiguousarray(samples).view(np.uint8).reshape(len(samples), -1)
        rows[: len(stored), : stored.shape[1]] = stored
    return frame


def _planes(base: str, order: str, levels: Levels) -> list[NDArray[np.generic]] | None:
    if base in _BYTES:
        return [_interleaved([levels.number(part, 8) for part in _BYTES[base]], "u1")]
    if base in _WORDS:
        parts, bits, shift = _WORDS[base]
        return [_interleaved([levels.number(part, bits) << shift for part in parts], f"{order}u2")]
    if base in _FIELDS:
        size, fields = _FIELDS[base]
        number = sum(levels.number(part, bits) << place for part, (place, bits) in fields.items())
        return [_interleaved([np.asarray(number)], f"{order}u{size}")]
    if base in _PAIRS:
        return [_grouped(*_PAIRS[base], order, levels)]
    if base in _BIPLANAR:
        return _two_planes(base, order, levels)
    if base.rstrip("0123456789") in _FLOATS or base.startswith(("gbrpf", "gbrapf")):
        return _float_planes(base, order, levels)
    return _each_plane(base, order, levels)


def _interleaved(parts: Sequence[NDArray[np.int64]], kind: str, across: int = 1, down: int = 1) -> NDArray[np.generic]:
    """Rows x columns x parts of the bars, of which `across` x `down` pixels share a sample."""
    row = np.repeat(np.stack(parts, axis=1), BAR // across, axis=0)
    return np.repeat(row[None], ROWS // down, axis=0).astype(kind)


def _grouped(parts: str, bits: int, shift: int, order: str, levels: Levels) -> NDArray[np.generic]:
    kind = f"{order}u2" if bits > 8 else "u1"
    return _interleaved([levels.number(part, bits) << shift for part in parts], kind, parts.count("y"))


def _two_planes(base: str, order: str, levels: Levels) -> list[NDArray[np.generic]]:
    sharing, bits, shift = _BIPLANAR[base]
    kind = f"{order}u2" if bits > 8 else "u1"
    chroma = "vu" if base in ("nv21", "nv42") else "uv"
    return [
        _interleaved([levels.number("y", bits) << shift], kind),
        _interleaved([levels.number(part, bits) << shift for part in chroma], kind, *_SHARED[sharing]),
    ]


def _float_planes(base: str, order: str, levels: Levels) -> list[NDArray[np.generic]]:
    name, bits = base.rstrip("0123456789"), int(re.findall(r"\d+$", base)[0])
    kind = f"{order}f{bits // 8}"
    row = {part: np.repeat(values, BAR) for part, values in levels.parts.items()}
    if not levels.full and "y" in _FLOATS.get(name, ""):
        row["y"] = (row["y"] * 219 + 16) / 255
    if name in _FLOATS:
        pixels = np.stack([row[part] for part in _FLOATS[name]], axis=1)
        return [np.repeat(pixels[None], ROWS, axis=0).astype(kind)]
    return [np.repeat(row[part][None], ROWS, axis=0).astype(kind) for part in "gbra"[: 3 + ("a" in name)]]


def _each_plane(base: str, order: str, levels: Levels) -> list[NDArray[np.generic]] | None:
    found = _PLANAR.fullmatch(base)
    if found is None:
        return None
    family, sharing, depth, high = found.groups()
    bits = int(depth or 8)
    kind, shift = (f"{order}u2" if bits > 8 else "u1"), 16 - bits if high else 0
    parts = {"yuv": "yuv", "yuvj": "yuv", "yuva": "yuva", "gbrp": "gbr", "gbrap": "gbra"}[family]
    return [
        _interleaved(
            [levels.number(part, bits) << shift], kind, *(_SHARED[sharing[:3]] if part in "uv" and sharing else (1, 1))
        )
        for part in parts
    ]
