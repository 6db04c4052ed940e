"""The portrait's landmarks and how its skin moves: displacement fields, one for each thing that lips and jaw can do.

All lengths are pixels of the 512 x 512 portrait ("portrait pixels"), pixel centres at whole numbers. Two layers of
skin share most of each field: the *upper* one holds everything above the mouth, the *lower* one everything below.
They agree outside the mouth, so there is no seam, and part between the lips.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import MediaError
from app.engine.puppet.articulation import Pose

Floats = NDArray[np.floating[Any]]

MESH_FILE = Path(__file__).resolve().parents[3] / "resources" / "puppet" / "astronaut_mesh.json"
UPPER, LOWER = 0, 1
"""The two layers of skin."""

MAX_GAP = 11.0
"""Opening between the inner lips at gap = 1, in portrait pixels."""
MAX_JAW = 6.5
"""Drop of the chin at jaw = 1, in portrait pixels."""
CONTACT = 0.45
"""Where between the smiling lips they meet when they close: 0 at the upper lip, 1 at the lower."""

CONTROLS = ("close", "upper", "lower", "jaw", "narrow", "corners", "thick_upper", "thick_lower", "brow")
"""The fields. `close` is 0 (the portrait's smile) to 1 (lips touching); the others are in portrait pixels:
upper and lower lip and jaw downwards, mouth corners inwards and downwards, outer edge of each lip outwards,
brows upwards."""


class _Eye(msgspec.Struct, frozen=True):
    upper: tuple[tuple[float, float], ...]
    lower: tuple[tuple[float, float], ...]


class _Mesh(msgspec.Struct, frozen=True):
    points: tuple[tuple[float, float, float], ...]
    inner_upper: tuple[tuple[float, float], ...]
    inner_lower: tuple[tuple[float, float], ...]
    teeth_tips: tuple[tuple[float, float], ...]
    eyes: tuple[_Eye, ...]


@functools.cache
def load_mesh() -> _Mesh:
    """The committed landmarks. Raises MediaError where the file is missing or damaged."""
    try:
        return msgspec.json.decode(MESH_FILE.read_bytes(), type=_Mesh)
    except (OSError, msgspec.DecodeError) as error:
        raise MediaError(f"{MESH_FILE} cannot be read ({error}); restore it from the repository.") from error


@functools.cache
def eye_distance() -> float:
    """Distance between the outer corners of the eyes, the unit of `mouth_opening`, in portrait pixels."""
    points = load_mesh().points
    return float(np.hypot(points[33][0] - points[263][0], points[33][1] - points[263][1]))


def curve(points: tuple[tuple[float, float], ...]) -> tuple[Floats, Floats]:
    """(x, y) of a polyline, x rising."""
    table = np.array(points, np.float32)
    return table[:, 0], table[:, 1]


@functools.cache
def lips() -> tuple[Floats, Floats, Floats]:
    """The inner lips of the portrait: 129 x from corner to corner, y of the upper and of the lower lip."""
    mesh = load_mesh()
    (ux, uy), (lx, ly) = curve(mesh.inner_upper), curve(mesh.inner_lower)
    x = np.linspace(ux[0], ux[-1], 129).astype(np.float32)
    kernel = np.hanning(9) / np.hanning(9).sum()
    smooth = [_smoothed(np.interp(x, a, b), kernel) for a, b in ((ux, uy), (lx, ly))]
    return x, smooth[0], np.maximum(smooth[0], smooth[1])


def _smoothed(values: NDArray[np.float64], kernel: NDArray[np.float64]) -> Floats:
    """Rounds a polyline's corners, keeping its ends."""
    line = np.linspace(values[0], values[-1], len(values))
    bent = np.convolve(np.pad(values - line, 4), kernel, mode="valid")
    bent[[0, -1]] = 0  # the lips meet in the corners
    return (line + bent).astype(np.float32)


def _step(value: Floats) -> Floats:
    """0 below 0, 1 above 1, smooth between."""
    value = np.clip(value, 0, 1)
    return value * value * (3 - 2 * value)


class _Place:
    """Coordinates of points relative to the mouth; made once for each set of points."""

    def __init__(self, x: Floats, y: Floats) -> None:
        lip_x, upper, lower = lips()
        self.x, self.y = x, y
        self.centre = float(lip_x[0] + lip_x[-1]) / 2
        self.half = float(lip_x[-1] - lip_x[0]) / 2
        self.s = (x - self.centre) / self.half
        self.above = np.interp(x, lip_x, upper).astype(np.float32) - y
        self.below = y - np.interp(x, lip_x, lower).astype(np.float32)
        self.gap = np.interp(x, lip_x, lower - upper, left=0, right=0).astype(np.float32)
        self.lens = np.clip(1 - self.s**2, 0, 1)
        # The lower layer is never seen far above the mouth; it fades out there so that its fields stay gentle.
        self.low = _step((y - 85) / 45)
        self.corners = (float(lip_x[0]), float(upper[0])), (float(lip_x[-1]), float(upper[-1]))


def _lip_profile(distance: Floats, reach: float) -> Floats:
    """How much skin `distance` beyond a lip's inner edge goes along with it."""
    return np.exp(-((np.maximum(distance, 0) / reach) ** 2))


def _swell(distance: Floats, peak: float) -> Floats:
    """A bump that is 0 on the inner edge and 1 at `peak` beyond it."""
    ratio = np.maximum(distance, 0) / peak
    return ratio * np.exp(1 - ratio)


def _jaw_edge(place: _Place) -> Floats:
    """Fades the jaw's motion out below the chin (over the neck) and beside the face."""
    offset = place.x - 223
    chin = 178 - 0.011 * offset**2
    below = 1 - _step((place.y - chin - 2) / 26)
    beside = 1 - _step((np.abs(offset) - 34) / 24)
    return below * beside


def _jaw(place: _Place, layer: int) -> Floats:
    beside = _step((place.y - 126) / 46)
    between = 0.0 if layer == UPPER else place.low
    return (place.lens * between + (1 - place.lens) * beside) * _jaw_edge(place)


def _sideways(place: _Place) -> Floats:
    """Inward motion of the lips for one pixel at the corners (positive to the right)."""
    away = np.maximum(np.abs(place.s) - 1, 0)
    across = np.clip(place.s, -1, 1) * np.exp(-((away / 0.85) ** 2))
    middle = np.where(place.above > 0, np.exp(-((place.above / 12) ** 2)), 1.0)
    middle = np.where(place.below > 0, np.exp(-((place.below / 17) ** 2)), middle)
    return -across * middle


def _corner_drop(place: _Place) -> Floats:
    total = np.zeros_like(place.x)
    for x, y in place.corners:
        total += np.exp(-(((place.x - x) / 12) ** 2) - ((place.y - y) / 11) ** 2)
    return total * (1 - place.lens**2)  # none in the middle, where the opening is measured


def _brow(place: _Place) -> Floats:
    return -np.exp(-(((place.y - 90) / 7) ** 2)) * (1 - _step((np.abs(place.x - 225) - 30) / 22))


def fields(x: Floats, y: Floats, layer: int) -> Floats:
    """Displacement of skin points (x, y), any shape S, for one unit of each control: len(CONTROLS) x 2 x S."""
    place = _Place(x, y)
    up, down = _lip_profile(place.above, 6.0), _lip_profile(place.below, 8.5) * place.low
    zero = np.zeros_like(x)
    upper = layer == UPPER
    vertical = {
        "close": CONTACT * place.gap * up if upper else -(1 - CONTACT) * place.gap * down,
        "upper": place.lens * up if upper else zero,
        "lower": zero if upper else place.lens * down,
        "jaw": _jaw(place, layer),
        "corners": _corner_drop(place),
        "thick_upper": -_swell(place.above, 3.5) * place.lens if upper else zero,
        "thick_lower": zero if upper else _swell(place.below, 5.5) * place.lens,
        "brow": _brow(place),
    }
    sideways = {"narrow": _sideways(place)}
    pairs = [np.stack([sideways.get(name, zero), vertical.get(name, zero)]) for name in CONTROLS]
    return np.stack(pairs).astype(np.float32)


def controls(pose: Pose, brow: float = 0.0) -> Floats:
    """The strength of each field for a pose, in the order of `CONTROLS`; `brow` is 0 to 1."""
    gap, jaw = pose.gap * MAX_GAP, pose.jaw * MAX_JAW
    lift = min(1.6 * pose.lift, 0.6 * gap)
    spread = max(pose.width, 0.0)
    purse = max(-pose.width, 0.0)
    values = {
        "close": 1.0,
        "upper": -lift,
        "lower": gap - lift - jaw,  # so that the opening is exactly `gap` in the middle
        "jaw": jaw,
        "narrow": 2.6 - 2.4 * spread + 5.6 * purse + 0.30 * jaw,
        "corners": 3.2 - 1.4 * spread + 0.4 * purse + 0.28 * jaw,
        "thick_upper": 1.2 * pose.round,
        "thick_lower": 1.5 * pose.round - 1.8 * pose.tuck,
        "brow": 1.6 * brow,
    }
    return np.array([values[name] for name in CONTROLS], np.float32)


class LipLine:
    """The inner lips for any controls: the exact shape of the opening."""

    def __init__(self) -> None:
        x, upper, lower = lips()
        self._rest = np.stack([x, upper]), np.stack([x, lower])
        self._fields = fields(x, upper, UPPER), fields(x, lower, LOWER)

    def at(self, strengths: Floats) -> tuple[Floats, Floats, Floats]:
        """(x rising, y of the upper lip, y of the lower lip, never above it), 129 values each."""
        upper, lower = (
            rest + np.tensordot(strengths, field, 1) for rest, field in zip(self._rest, self._fields, strict=True)
        )
        beneath = np.interp(upper[0], lower[0], lower[1]).astype(np.float32)
        return upper[0], cast("Floats", upper[1]), np.maximum(beneath, upper[1])


def opening(pose: Pose) -> float:
    """The gap between the inner lips in the middle of the mouth, in units of `eye_distance`."""
    return pose.gap * MAX_GAP / eye_distance()


class MeshPoints:
    """The 478 mesh points under any controls."""

    def __init__(self) -> None:
        table = np.array(load_mesh().points, np.float32)
        self._rest, self.depth = table[:, :2].T.copy(), table[:, 2]
        place = _Place(self._rest[0], self._rest[1])
        low = place.below > place.above
        upper, lower = (fields(self._rest[0], self._rest[1], layer) for layer in (UPPER, LOWER))
        self._fields = np.where(low, lower, upper)

    def at(self, strengths: Floats) -> Floats:
        """N x 2 points of the deformed face, before any motion of the head."""
        return (self._rest + np.tensordot(strengths, self._fields, 1)).T.astype(np.float32)
