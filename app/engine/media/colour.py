"""Colour tags of video: code points of ITU-T H.273, what they mean, and RGB to Y'CbCr and back."""

from __future__ import annotations

import msgspec
import numpy as np
from av.video.reformatter import Colorspace
from numpy.typing import NDArray

UNSPECIFIED = 2
BT709 = 1
BT2020 = 9
PQ = 16
HLG = 18
RANGE_UNSPECIFIED, RANGE_LIMITED, RANGE_FULL = 0, 1, 2

_PRIMARIES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020", 11: "dci-p3"} | {
    12: "display-p3"
}
_TRANSFERS = {1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear", 13: "srgb"} | {
    14: "bt2020-10",
    15: "bt2020-12",
    16: "pq",
    18: "hlg",
}
_MATRICES = {0: "rgb", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc"}
_RANGES = {1: "limited", 2: "full"}

# Kr and Kb by H.273 matrix code point (H.273, table 4).
_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)} | {
    9: (0.2627, 0.0593)
}
_SWSCALE = {1: Colorspace.ITU709, 4: Colorspace.FCC, 5: Colorspace.ITU601, 6: Colorspace.ITU601} | {
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}


class ColourTags(msgspec.Struct, frozen=True):
    """How the samples of a clip are to be understood, as H.273 code points (2 = unspecified)."""

    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    matrix: int = UNSPECIFIED
    range: int = RANGE_UNSPECIFIED
    """0 unspecified (taken as limited), 1 limited, 2 full."""

    @property
    def hdr(self) -> bool:
        """Whether the transfer is PQ (SMPTE ST 2084) or HLG (ARIB STD-B67)."""
        return self.transfer in (PQ, HLG)

    @property
    def wide(self) -> bool:
        """Whether an ordinary (BT.709) screen cannot show it as it is."""
        return self.hdr or self.primaries == BT2020

    @property
    def full(self) -> bool:
        """Whether luma spans 0..255 and not 16..235."""
        return self.range == RANGE_FULL

    @property
    def names(self) -> dict[str, str]:
        """The tags in words, as `inspect` prints them."""
        return {
            "primaries": _PRIMARIES.get(self.primaries, "unspecified"),
            "transfer": _TRANSFERS.get(self.transfer, "unspecified"),
            "matrix": _MATRICES.get(self.matrix, "unspecified"),
            "range": _RANGES.get(self.range, "unspecified"),
        }


BT709_LIMITED = ColourTags(BT709, BT709, BT709, RANGE_LIMITED)


def matrix_known(matrix: int) -> bool:
    """Whether samples with this matrix can be converted; nothing said (2, 3) counts as known."""
    return matrix in _WEIGHTS or matrix in (0, UNSPECIFIED, 3)


def resolve_matrix(matrix: int, width: int, height: int) -> int:
    """The matrix to calculate with: `matrix` itself, or where it is unspecified the one players assume.

    Players take BT.709 for high definition and BT.601 below; the rule here is mpv's: from 1280 columns
    or more than 576 rows on, either way round so that a portrait clip is not told apart.
    """
    if matrix in _WEIGHTS:
        return matrix
    return BT709 if max(width, height) >= 1280 or min(width, height) > 576 else 6


def swscale_matrix(matrix: int) -> int:
    """The number that libswscale has for a resolved matrix."""
    return int(_SWSCALE[matrix])


def ycc_matrix(matrix: int, full: bool) -> NDArray[np.float32]:
    """The 3 x 4 matrix from R'G'B' in [0, 255] and 1 to 8-bit Y'CbCr (H.273, equations 38 to 40 and 45 to 47)."""
    kr, kb = _WEIGHTS[matrix]
    luma = np.array([kr, 1 - kr - kb, kb])
    blue = (np.array([0.0, 0.0, 1.0]) - luma) / (2 * (1 - kb))
    red = (np.array([1.0, 0.0, 0.0]) - luma) / (2 * (1 - kr))
    scale = np.array([1.0, 1.0, 1.0]) if full else np.array([219.0, 224.0, 224.0]) / 255
    base = np.array([0, 128, 128] if full else [16, 128, 128])
    return np.column_stack([np.stack([luma, blue, red]) * scale[:, None], base]).astype(np.float32)
