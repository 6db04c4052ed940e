"""Synthetic speakers: a portrait whose lips move as a real clip's do, and whose head turns a little.

What they teach is that any face is moved alike, and what a turned head does to where things are; how real mouths look,
real clips teach. A portrait's landmarks are moved, the picture follows them piece by piece, and where lips part, the
inside of a mouth is painted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from models.data.clips import CANVAS
from models.data.portraits import Portraits
from models.points import inner_gap

Floats = NDArray[np.float32]
UPPER, LOWER = (61, 62, 63), (67, 66, 65)
"""The inner lips' middles, upper and lower, pair by pair."""
_INNER = tuple(range(60, 68))
_JAW = range(2, 15)
_FIRM = (36, 39, 42, 45, 27, 28, 29, 30)
"""Corners of the eyes and bridge of the nose: what alignment holds on to."""
TURN = np.deg2rad((4.0, 3.0))
"""Standard deviations of yaw and pitch."""
FARTHEST = np.deg2rad(12.0)
SAME_TURN = np.deg2rad(0.2)
"""Standard deviation of the turn between the target frames of a draw."""
SHUT = 0.02
"""Gap over the mouth's width below which lips touch."""
SHOWS_TEETH = 0.08
"""Gap over the mouth's width from which a portrait shows teeth of its own."""


@dataclass(frozen=True)
class Mouth:
    """What a painter needs of a mouth that stands open: all in pixels of the picture."""

    inner: Floats
    """8 x 2, the inner lips, clockwise from the left corner."""
    rest: Floats
    """8 x 2, the inner lips of the same head with its mouth shut: the upper teeth keep their place to it."""
    size: int
    """Side of the square picture."""


class MouthPainter(Protocol):
    """Paints the insides of mouths; one for all speakers."""

    def character(self, rng: np.random.Generator, skin: Floats) -> Any:
        """What is one speaker's own (teeth, colours), drawn anew. skin: the colour of the cheeks, 3 of 0 to 255."""
        ...

    def paint(self, character: Any, mouth: Mouth) -> Floats:
        """The inside at every pixel, size x size x 3 of 0 to 255; what lies outside the lips is not looked at."""
        ...


@dataclass(frozen=True)
class _Speaker:
    """One portrait with the character of its mouth."""

    picture: NDArray[np.uint8]
    points: Floats
    """68 x 3, pixels of the picture."""
    shut: Floats
    """68 x 2, with the lips closed."""
    lips: Floats
    """68 x 2, from which the picture is moved: `points`, but for lips that part over teeth, whose edges are taken from
    a little within the lip, or lips that close keep a white line."""
    own_teeth: bool
    character: Any


class SyntheticSpeakers:
    """Portraits that speak."""

    def __init__(self, portraits: Portraits, painter: MouthPainter) -> None:
        self.portraits, self.painter = portraits, painter
        self._canvas = portraits.pictures.shape[1]
        self.crop_size = round(self._canvas / CANVAS)
        self._edge = (self._canvas - self.crop_size) / 2

    def speak(
        self, rng: np.random.Generator, points: Floats, neutral: Floats, targets: int
    ) -> tuple[NDArray[np.uint8], Floats]:
        """A random portrait at M moments of a clip.

        points: M x 68 x 2, the clip's landmarks as shares of the crop's side; neutral: 68 x 2, the clip's mouth when
        it is shut. The first `targets` share a turn of the head, each other one has its own. Returns pictures, M x C x
        C x 3, and their landmarks, M x 68 x 2, as shares of the crop's side.
        """
        speaker = self._speaker(rng)
        turns = _turns(rng, len(points), targets)
        drawn = [self._moment(speaker, one, neutral, turn) for one, turn in zip(points, turns, strict=True)]
        pictures, places = (np.stack(parts) for parts in zip(*drawn, strict=True))
        return pictures, ((places + 0.5 - self._edge) / self.crop_size).astype(np.float32)

    def _speaker(self, rng: np.random.Generator) -> _Speaker:
        """A portrait, with its lips mostly closed and the inside of its mouth drawn anew."""
        which = int(rng.integers(len(self.portraits)))
        picture = np.asarray(self.portraits.pictures[which])
        points = self.portraits.points[which] * self.crop_size
        points[:, :2] += self._edge - 0.5
        flat = points[:, :2]
        gap = float(inner_gap(flat)) / mouth_width(flat)
        skin = picture[_box(flat[[1, 2, 3, 31]].mean(axis=0), 4, len(picture))].reshape(-1, 3).mean(axis=0)
        smiles = gap > SHOWS_TEETH
        lips = _within_lips(flat) if gap > SHUT else flat
        return _Speaker(
            picture, points, closed(flat), lips, smiles, self.painter.character(rng, skin.astype(np.float32))
        )

    def _moment(
        self, speaker: _Speaker, points: Floats, neutral: Floats, turn: Floats
    ) -> tuple[NDArray[np.uint8], Floats]:
        """One picture and its landmarks in pixels."""
        moved = speaker.shut + displacement(points, neutral, speaker.shut)
        depth = speaker.points[:, 2]
        moved, rest = turned(moved, depth, turn), turned(speaker.shut, depth, turn)
        moved = _apart(moved)
        picture = _warped(speaker.picture, speaker.lips, moved)
        if float(inner_gap(moved)) > SHUT * mouth_width(moved):
            mouth = Mouth(moved[list(_INNER)], rest[list(_INNER)], self._canvas)
            inside = self.painter.paint(speaker.character, mouth)
            if speaker.own_teeth:
                inside = _with_own_teeth(inside, speaker, rest)
            picture = _filled_in(picture, inside, mouth.inner)
        return np.clip(np.rint(picture), 0, 255).astype(np.uint8), moved


def mouth_width(points: Floats) -> float:
    """Distance of the mouth's corners."""
    return float(np.linalg.norm(points[48] - points[54]))


def neutral_lips(points: Floats) -> Floats:
    """The landmarks of a clip (N x 68 x 2) with its mouth shut: the mean of the tenth with the least open ones."""
    return points[np.argsort(inner_gap(points))[: max(3, len(points) // 10)]].mean(axis=0).astype(np.float32)


def displacement(points: Floats, neutral: Floats, face: Floats) -> Floats:
    """How far a clip's lips and jaw are from rest, at another face's scale: 68 x 2, in the pixels of `face`."""
    scale = mouth_width(face) / max(mouth_width(neutral), 1e-6)
    away = (points - neutral) * scale
    away = away - away[27:31].mean(axis=0)  # the bridge of the nose stays
    moved = np.zeros((68, 2), np.float32)
    moved[48:] = away[48:]
    weight = np.cos((np.array(_JAW) - 8) / 6 * np.pi / 2)[:, None] ** 0.5
    moved[list(_JAW)] = away[list(_JAW)] * np.nan_to_num(weight)
    return moved


def closed(points: Floats) -> Floats:
    """A smiling mouth with its lips brought together, and the chin with the lower one: 68 x 2 -> 68 x 2."""
    shut = points.copy()
    for upper, lower in zip(UPPER, LOWER, strict=True):
        shut[upper] = shut[lower] = (points[upper] + points[lower]) / 2
        shut[upper, 1] -= 0.25
        shut[lower, 1] += 0.25
    up = np.mean([shut[k] - points[k] for k in UPPER], axis=0)
    down = np.mean([shut[k] - points[k] for k in LOWER], axis=0)
    for indices, by, share in (
        ((50, 51, 52), up, 0.8),
        ((49, 53), up, 0.4),
        ((56, 57, 58), down, 0.9),
        ((55, 59), down, 0.5),
    ):
        shut[list(indices)] = points[list(indices)] + by * share
    for k in range(5, 12):
        shut[k] = points[k] + down * 0.5 * (1 - abs(k - 8) / 5)
    return shut


def turned(points: Floats, depth: Floats, turn: Floats) -> Floats:
    """Landmarks (68 x 2, with their depth) of a head turned by (yaw, pitch), aligned again by eyes and nose bridge."""
    yaw, pitch = (float(angle) for angle in turn)
    centre = points[27:31].mean(axis=0)
    z = depth - depth[27:31].mean()
    x, y = (points - centre).T
    across = x * np.cos(yaw) + z * np.sin(yaw)
    behind = z * np.cos(yaw) - x * np.sin(yaw)
    down = y * np.cos(pitch) - behind * np.sin(pitch)
    return _aligned(np.stack([across, down], axis=1) + centre, points)


def _aligned(points: Floats, to: Floats) -> Floats:
    """`points` moved by the similarity that brings their firm ones nearest to those of `to`."""
    firm = list(_FIRM)
    middle, goal = points[firm].mean(axis=0), to[firm].mean(axis=0)
    a, b = ((p[firm] - m) @ (1, 1j) for p, m in ((points, middle), (to, goal)))
    factor = (np.conj(a) * b).sum() / (np.abs(a) ** 2).sum()
    moved = ((points - middle) @ (1, 1j)) * factor
    return (np.stack([moved.real, moved.imag], axis=1) + goal).astype(np.float32)


def _turns(rng: np.random.Generator, count: int, targets: int) -> Floats:
    """A (yaw, pitch) for each of `count` moments."""
    turns = np.clip(rng.normal(0, TURN, (count, 2)), -FARTHEST, FARTHEST)
    turns[1:targets] = turns[0] + rng.normal(0, SAME_TURN, (max(targets - 1, 0), 2))
    return turns.astype(np.float32)


def _apart(points: Floats) -> Floats:
    """Landmarks whose upper lip is nowhere below the lower one."""
    points = points.copy()
    for upper, lower in zip(UPPER, LOWER, strict=True):
        if points[lower, 1] < points[upper, 1] + 0.5:
            middle = (points[lower, 1] + points[upper, 1]) / 2
            points[upper, 1], points[lower, 1] = middle - 0.25, middle + 0.25
    return points


def _within_lips(points: Floats) -> Floats:
    """Landmarks (68 x 2) whose inner lips lie within the lips' flesh."""
    points, inwards = points.copy(), 0.03 * mouth_width(points)
    points[list(UPPER), 1] -= inwards
    points[list(LOWER), 1] += inwards
    return points


def _warped(picture: NDArray[np.uint8], source: Floats, target: Floats) -> Floats:
    """The picture with landmarks `source` moved to `target` (68 x 2)."""
    size = len(picture)
    border = _border(size)
    back = _field(np.concatenate([target, border]), np.concatenate([source, border]), size)
    image = cv2.remap(picture, back[..., 0], back[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return image.astype(np.float32)


def _border(size: int) -> Floats:
    """Eight points on the picture's edge, that stay."""
    at = (0.0, size / 2, size - 1.0)
    return np.array([(x, y) for x in at for y in at if (x, y) != (size / 2, size / 2)], np.float32)


def _field(target: Floats, source: Floats, size: int) -> Floats:
    """Piecewise affine: for each pixel of the picture, the place that a triangulation of `target` takes it from."""
    jitter = np.random.default_rng(0).normal(0, 1e-3, target.shape)  # lips that touch give flat triangles else
    corners = Delaunay(target + jitter).simplices
    a, b, c = target[corners[:, 0]], target[corners[:, 1]], target[corners[:, 2]]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    corners = corners[np.abs(area) > 0.3]
    label = np.full((size, size), -1, np.int32)
    fixed = np.round(target * 16).astype(np.int32)
    for index, triangle in enumerate(corners):
        cv2.fillConvexPoly(label, fixed[triangle], (index,), shift=4)
    homogeneous = np.concatenate([target[corners], np.ones((len(corners), 3, 1))], axis=2)
    affine = np.linalg.solve(homogeneous, (source - target)[corners])
    affine = np.concatenate([affine, np.zeros((1, 3, 2))]).astype(np.float32)[label]
    y, x = np.mgrid[:size, :size].astype(np.float32)
    shift = affine[..., 0, :] * x[..., None] + affine[..., 1, :] * y[..., None] + affine[..., 2, :]
    return np.stack([x, y], axis=2) + cv2.GaussianBlur(shift, (0, 0), 0.8)


def _with_own_teeth(inside: Floats, speaker: _Speaker, rest: Floats) -> Floats:
    """The portrait's own teeth over the painted ones, where its smile shows them, fixed to the skull."""
    size = len(inside)
    shown = np.zeros((size, size), np.uint8)
    cv2.fillPoly(shown, [np.round(speaker.points[list(_INNER), :2]).astype(np.int32)], (255,))
    shown = cv2.GaussianBlur(cv2.erode(shown, np.ones((2, 2), np.uint8)).astype(np.float32) / 255, (0, 0), 0.6)
    # the skull's own movement is that of the points that alignment holds on to: next to none, and of the shut mouth
    shift = (rest[list(_INNER)] - speaker.shut[list(_INNER)]).mean(axis=0)
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    teeth = cv2.warpAffine(speaker.picture, move, (size, size), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    alpha = cv2.warpAffine(shown, move, (size, size))[..., None]
    return (inside + (teeth - inside) * alpha).astype(np.float32, copy=False)


def _filled_in(picture: Floats, inside: Floats, inner: Floats) -> Floats:
    """The inside of the mouth between the inner lips."""
    size, fine = len(picture), 4
    mask = np.zeros((size * fine, size * fine), np.uint8)
    cv2.fillPoly(mask, [np.round((inner + 0.5) * fine).astype(np.int32)], (255,))
    alpha = cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.5)[..., None]
    return (picture + (inside - picture) * alpha).astype(np.float32, copy=False)


def _box(centre: Floats, half: int, size: int) -> tuple[slice, slice]:
    """Rows and columns of a small square, inside the picture."""
    x, y = (int(min(max(round(float(v)), half), size - half - 1)) for v in centre)
    return slice(y - half, y + half + 1), slice(x - half, x + half + 1)


__all__: Sequence[str] = [
    "Mouth",
    "MouthPainter",
    "SyntheticSpeakers",
    "closed",
    "displacement",
    "neutral_lips",
    "turned",
]
