"""Draws the puppet at any instant of its sentence.

A picture is found backwards: each of its pixels asks where on the portrait it came from, through camera, motion of
the head and deformation of the face, in this order. The deformation is known forwards (skin moves by a sum of
fields), so it is turned round by a few steps of a fixed point iteration on a coarse grid; the fields change slowly.
"""

from __future__ import annotations

import functools
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, LinearNDInterpolator
from scipy.ndimage import gaussian_filter1d

from app.engine.media.opencv import cv2
from app.engine.ports import Image
from app.engine.puppet.articulation import Pose, Trajectory
from app.engine.puppet.face import (
    CONTROLS,
    LOWER,
    UPPER,
    LipLine,
    MeshPoints,
    controls,
    curve,
    fields,
    load_mesh,
    opening,
)
from app.engine.puppet.mouth import Inside, Interior
from app.engine.puppet.portrait import Textures
from app.engine.puppet.speech import Timing
from app.engine.puppet.style import HeadPose, Motion, PuppetStyle

Floats = NDArray[np.floating[Any]]

_FACE = (166, 74, 282, 208)
"""Left, top, right, bottom (portrait pixels) of all that lips, jaw, lids and brows can move."""
_HEAD_STEP = 2
_HEAD_ORIGIN = -80
_HEAD_SIZE = 340
"""The head's maps: this many nodes to a side, two portrait pixels apart, from -80 on."""
_NODE = 4
"""Picture pixels between the nodes on which the head's motion is turned round."""
_PIVOT = (224.0, 186.0)
"""The neck: the head rolls about it."""
_PIVOT_DEPTH = 25.0
"""Depth of the axis for yaw and pitch, in MediaPipe's z."""


def _step(value: Floats) -> Floats:
    value = np.clip(value, 0, 1)
    return value * value * (3 - 2 * value)


def _head_maps() -> Floats:
    """How much each portrait pixel goes along with the head (0 to 1), and its depth before the pivot; H x W x 2."""
    axis = (_HEAD_ORIGIN + _HEAD_STEP * np.arange(_HEAD_SIZE)).astype(np.float32)
    x, y = np.meshgrid(axis, axis)
    radius = np.hypot((x - 227) / 82, (y - 95) / 92)
    weight = 1 - _step((radius - 1) / 0.85)
    weight *= 1 - 0.9 * _step((y - 160) / 75)
    return np.dstack([weight, _PIVOT_DEPTH - _depth(x, y)]).astype(np.float32)


def _depth(x: Floats, y: Floats) -> Floats:
    """MediaPipe's z, interpolated over the mesh's triangulation, and level behind the face's edge."""
    mesh = np.array(load_mesh().points)
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    rings = [(227 + 80 * r * np.cos(turn), 95 + 90 * r * np.sin(turn), np.full(40, 34.0)) for r in (1.0, 2.0, 8.0)]
    points = np.concatenate([mesh, *(np.stack(ring, axis=1) for ring in rings)])
    # On every second node only: the triangles are dear to search, and what comes out is blurred anyway.
    depth = LinearNDInterpolator(points[:, :2], points[:, 2], fill_value=34.0)(x[::2, ::2], y[::2, ::2])
    rows, columns = np.indices(x.shape, np.float32) / 2
    fine = _sample(depth.astype(np.float32), np.dstack([columns, rows]))
    return cv2.GaussianBlur(fine, (0, 0), 2.5).astype(np.float32)


class _Head:
    """The head's motion, there and back."""

    def __init__(self) -> None:
        self._maps = _head_maps()

    def move(self, points: Floats, pose: HeadPose) -> Floats:
        """Displacement (... x 2) of skin points (... x 2)."""
        where = (points - _HEAD_ORIGIN) / _HEAD_STEP
        flat = where.reshape(-1, 1, 2) if where.ndim != 3 else where
        sampled = _sample(self._maps, flat).reshape(where.shape)
        weight, depth = sampled[..., 0], sampled[..., 1]
        dx = pose.x + pose.yaw * depth - pose.roll * (points[..., 1] - _PIVOT[1])
        dy = pose.y + pose.pitch * depth + pose.roll * (points[..., 0] - _PIVOT[0])
        return np.stack([weight * dx, weight * dy], axis=-1).astype(np.float32)

    def unmove(self, points: Floats, pose: HeadPose) -> Floats:
        """The skin points (H x W x 2) that come to lie on `points`."""
        found = points
        for _ in range(4):
            found = points - self.move(found, pose)
        return found


class _Deformation:
    """One layer's fields on a grid of one portrait pixel, and the way back through them."""

    def __init__(self, layer: int) -> None:
        left, top, right, bottom = _FACE
        x, y = np.meshgrid(np.arange(left, right, dtype=np.float32), np.arange(top, bottom, dtype=np.float32))
        rows = slice(0, 180 - top) if layer == UPPER else slice(120 - top, None)  # the rest is never seen
        moved = (fields(x, y, layer) * _border(x.shape))[:, :, rows]
        self._origin = np.array([left, top + (rows.start or 0)], np.float32)
        self._shape = moved.shape[2:]
        self._grid = np.dstack([x[rows] - self._origin[0], y[rows] - self._origin[1]])
        self._fields = np.ascontiguousarray(moved.transpose(0, 2, 3, 1)).reshape(len(CONTROLS), -1)

    def back(self, strengths: Floats) -> Floats:
        """What to add to a point of the deformed face to find its place on the portrait, for every node: H x W x 2."""
        forward = (strengths @ self._fields).reshape(*self._shape, 2)
        offset = -forward
        for _ in range(9):
            offset = -_sample(forward, self._grid + offset)
        return offset

    def source(self, points: Floats, back: Floats) -> Floats:
        """Where on the portrait the points (H x W x 2) of the deformed face come from; `back` is `back`'s answer."""
        return points + _sample(back, points - self._origin)


def _sample(image: Floats | Image, where: Floats, border: int = cv2.BORDER_REPLICATE) -> Floats:
    """`image` at the columns and rows `where` (H x W x 2), bilinear."""
    found = cv2.remap(image, np.ascontiguousarray(where), None, cv2.INTER_LINEAR, borderMode=border)  # type: ignore[call-overload]
    return cast("Floats", found)


def _border(shape: tuple[int, ...]) -> Floats:
    """1 inside, falling to 0 over the last pixels, so that the moved part joins the rest."""
    sides = [np.minimum(np.arange(n), np.arange(n)[::-1]).astype(np.float32) for n in shape]
    return _step(sides[0] / 8)[:, None] * _step(sides[1] / 8)[None, :]


@functools.cache
def _shared() -> tuple[_Head, tuple[_Deformation, _Deformation]]:
    """What all puppets have in common; dear to make, and never changed."""
    return _Head(), (_Deformation(UPPER), _Deformation(LOWER))


class _Strip(msgspec.Struct, frozen=True):
    """The rows of the face that hold the mouth."""

    part: Floats
    """H x W x 2: points of the deformed face at rest."""
    above: Floats
    """Where these points come from if they are upper skin."""
    below: Floats
    """The same for lower skin."""


class Puppet:
    """A talking head: `render(t)` for any t in seconds. The same arguments give the same pixels."""

    def __init__(self, timing: Timing, duration: float, style: PuppetStyle | None = None, size: int = 512) -> None:
        """`duration` of the sentence in seconds; `size` of the square picture in pixels."""
        style = style or PuppetStyle()
        self.size, self.duration = size, duration
        self._look = style.look()
        self._trajectory = Trajectory(timing.phonemes, duration)
        self._motion = Motion(style, duration)
        self._stress = _stress(self._trajectory)
        self._density = size / self._look.view
        self._textures = Textures(self._look, max(1, min(5, round(1.3 * self._density))))
        self._head, self._layers = _shared()
        self._lips, self._mesh, self._interior = LipLine(), MeshPoints(), Interior(self._look)

    def pose(self, time: float) -> Pose:
        """The mouth's articulation at `time`."""
        pose = self._trajectory.pose(time)
        return Pose(**{name: getattr(pose, name) * self._factor(name) for name in pose.__struct_fields__})

    def _factor(self, channel: str) -> float:
        return self._look.articulation if channel in ("gap", "jaw") else 1.0

    def mouth_opening(self, time: float) -> float:
        """The true gap between the inner lips at `time` over the distance between the outer eye corners."""
        return opening(self.pose(time))

    def landmarks(self, time: float) -> Floats:
        """478 x 2 mesh points (MediaPipe's order) in pixels of the picture, after deformation, head and camera."""
        skin = self._mesh.at(self._strengths(time))
        moved = skin + self._head.move(skin, self._head_pose(time))
        matrix = cv2.invertAffineTransform(self._camera(time))
        return (moved @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)

    def render(self, time: float) -> Image:
        """The picture at `time`: size x size x 3, RGB."""
        rest = self._rest(time)
        image = self._skin(rest)
        self._draw_face(image, rest, time)
        return image

    def _strengths(self, time: float) -> Floats:
        return controls(self.pose(time), self._motion.brow(time, self._stress_at(time)))

    def _stress_at(self, time: float) -> float:
        return float(self._stress(min(max(time, -0.5), self.duration + 0.5)))

    def _head_pose(self, time: float) -> HeadPose:
        return self._motion.head(time, self._stress_at(time))

    def _camera(self, time: float) -> NDArray[np.float64]:
        """2 x 3: picture pixels to portrait pixels."""
        look = self._look
        x, y, zoom = self._motion.camera(time)
        scale = look.view / self.size / zoom
        cos, sin = scale * np.cos(look.tilt), scale * np.sin(look.tilt)
        middle = (self.size - 1) / 2
        linear = np.array([[cos, -sin], [sin, cos]])
        shift = np.array([look.centre[0] + x, look.centre[1] + y]) - linear @ np.array([middle, middle])
        return np.column_stack([linear, shift])

    def _rest(self, time: float) -> Floats:
        """For every picture pixel the point of the unmoved head that is seen there: size x size x 2."""
        matrix = self._camera(time)
        count = -(-self.size // _NODE) + 2
        nodes = (np.arange(count) - 1) * _NODE + (_NODE - 1) / 2
        u, v = np.meshgrid(nodes, nodes)
        seen = np.dstack([matrix[i, 0] * u + matrix[i, 1] * v + matrix[i, 2] for i in (0, 1)]).astype(np.float32)
        coarse = self._head.unmove(seen, self._head_pose(time))
        fine = cv2.resize(coarse, None, fx=_NODE, fy=_NODE, interpolation=cv2.INTER_LINEAR)
        return cast("Floats", fine[_NODE : _NODE + self.size, _NODE : _NODE + self.size])

    def _draw_face(self, image: Image, rest: Floats, time: float) -> None:
        """Draws the deformed face over `image`, in place."""
        window = _window(rest, _FACE)
        if window is None:
            return
        part = np.ascontiguousarray(rest[window])
        strengths = self._strengths(time)
        line = self._lips.at(strengths)
        mouth = _window(part, _mouth_box(line)) or (slice(0, 0), slice(0, 0))
        source, strip = self._sources(part, strengths, line, mouth[0])
        drawn = self._skin(source)
        self._close_lids(drawn, source, self._motion.blink(time))
        columns = (slice(None), mouth[1])
        cut = _Strip(strip.part[columns], strip.above[columns], strip.below[columns])
        if cut.part.size:
            drawn[mouth] = self._draw_mouth(cut, line, self.pose(time))
        image[window] = drawn

    def _sources(
        self, part: Floats, strengths: Floats, line: tuple[Floats, Floats, Floats], rows: slice
    ) -> tuple[Floats, _Strip]:
        """Where all points of the face come from, and both answers for the rows of the mouth."""
        upper, lower = self._layers
        up, down = upper.back(strengths), lower.back(strengths)
        strip = _Strip(part[rows], upper.source(part[rows], up), lower.source(part[rows], down))
        source = np.empty_like(part)
        if rows.start:
            source[: rows.start] = upper.source(part[: rows.start], up)
        if rows.stop < len(part):
            source[rows.stop :] = lower.source(part[rows.stop :], down)
        middle = np.interp(strip.part[..., 0], line[0], (line[1] + line[2]) / 2)
        source[rows] = np.where((strip.part[..., 1] < middle)[..., None], strip.above, strip.below)
        return source, strip

    def _skin(self, points: Floats) -> Image:
        where = self._textures.coordinates(points)
        return _sample(self._textures.skin, where, cv2.BORDER_REFLECT_101).astype(np.uint8, copy=False)

    def _close_lids(self, drawn: Image, source: Floats, closed: float) -> None:
        """Draws the upper lids, moved down by `closed` (0 to 1) of the eye's height, over `drawn`, in place."""
        if closed < 0.01:
            return
        for eye in load_mesh().eyes:
            box = (int(eye.upper[0][0]) - 1, 86, int(eye.upper[-1][0]) + 2, 110)
            window = _window(source, box)
            if window is not None:
                moved, share = _lid(source[window], curve(eye.upper), curve(eye.lower), closed, self._density)
                eyeball = drawn[window].astype(np.float32)
                drawn[window] = np.round(eyeball + (self._skin(moved) - eyeball) * share[..., None])

    def _draw_mouth(self, cut: _Strip, line: tuple[Floats, Floats, Floats], pose: Pose) -> Image:
        """Upper skin, inside and lower skin, each weighted by how much of a pixel's height it covers."""
        x, y = cut.part[..., 0], cut.part[..., 1]
        top, bottom = (np.interp(x, line[0], curve_y).astype(np.float32) for curve_y in line[1:])
        upper_share = np.clip((top - y) * self._density + 0.5, 0, 1)
        lower_share = np.clip((y - bottom) * self._density + 0.5, 0, 1)
        inner_share = np.clip(1 - upper_share - lower_share, 0, 1)
        between = _step((x - line[0][0] + 0.6) / 2.5) * _step((line[0][-1] + 0.6 - x) / 2.5)
        inside = Inside(x, y, top, bottom, pose.jaw, pose.tongue, self._density)
        textures = self._textures
        teeth, upper, lower = (
            _sample(texture, textures.coordinates(points)).astype(np.float32)
            for texture, points in (
                (textures.teeth, cut.part),
                (textures.upper, cut.above),
                (textures.lower, cut.below),
            )
        )
        upper *= (_crease(top - y, bottom - top, between) * upper_share)[..., None]
        lower *= (_crease(y - bottom, bottom - top, between) * lower_share)[..., None]
        total = upper + lower + self._interior.paint(inside, teeth) * inner_share[..., None]
        return np.round(np.clip(total, 0, 255)).astype(np.uint8)


def _mouth_box(line: tuple[Floats, Floats, Floats]) -> tuple[float, float, float, float]:
    """What must be drawn in three layers: the opening and the shaded edges of the lips."""
    x, top, bottom = line
    return float(x[0]) - 4, float(top.min()) - 4, float(x[-1]) + 4, float(bottom.max()) + 4


def _crease(distance: Floats, gap: Floats, between: Floats) -> Floats:
    """Darkening of a lip towards the other where they meet, as a factor."""
    meet = 0.20 + 0.38 * np.exp(-gap / 1.2)
    return 1 - between * meet * np.exp(-np.maximum(distance, 0) / 0.75)


def _window(points: Floats, box: tuple[float, float, float, float]) -> tuple[slice, slice] | None:
    """Rows and columns of H x W x 2 `points` (which change slowly) that hold all that lie in `box`; None for none."""
    left, top, right, bottom = box
    x, y = points[::2, ::2, 0], points[::2, ::2, 1]
    hit = (x >= left) & (x <= right - 1) & (y >= top) & (y <= bottom - 1)
    rows, columns = np.flatnonzero(hit.any(1)), np.flatnonzero(hit.any(0))
    if not len(rows):
        return None
    return _span(rows, points.shape[0]), _span(columns, points.shape[1])


def _span(hits: NDArray[np.intp], size: int) -> slice:
    return slice(2 * int(hits[0]), min(size, 2 * int(hits[-1]) + 2))


_LID_FOLD = 8.0
"""The lid's skin is stretched from this far above its edge, in portrait pixels."""


def _lid(
    points: Floats, upper: tuple[Floats, Floats], lower: tuple[Floats, Floats], closed: float, density: float
) -> tuple[Floats, Floats]:
    """Where the moved lid's skin comes from (H x W x 2), and how much of each pixel it covers (H x W)."""
    x, y = points[..., 0], points[..., 1]
    edge, low = np.interp(x, *upper), np.interp(x, *lower) + 0.4
    fold, reach = edge - _LID_FOLD, edge + closed * (low - edge)
    covered = np.clip((reach - y) * density * 0.8 + 0.5, 0, 1) * np.clip((y - fold) / 2, 0, 1)
    across = np.clip(np.minimum(x - upper[0][0], upper[0][-1] - x), 0, 1)
    pulled = fold + (y - fold) * _LID_FOLD / (reach - fold)
    return np.dstack([x, pulled]).astype(np.float32), (covered * across).astype(np.float32)


def _stress(trajectory: Trajectory) -> CubicSpline:
    """A slow measure of how lively the sentence is, about 0 to 1: the jaw's mean over a third of a second."""
    times = np.arange(-1.0, trajectory.duration + 1.0, 0.02)
    jaw = np.array([trajectory.pose(float(time)).jaw for time in times])
    return CubicSpline(times, gaussian_filter1d(jaw, 0.14 / 0.02))
