"""Which frames of a face make good references: sharp, frontal, mouth open, teeth in sight, lit, spread over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from fractions import Fraction

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.faces.aligner import FACE, align, transform
from app.engine.faces.points import AnyPoints, eye_centres, head_pose, mouth_opening
from app.engine.media.opencv import cv2
from app.engine.ports import Image, Points

_CANDIDATES = 32
"""How many crops are looked at, however long the clip."""
_TURN = 0.15
"""Nose tip beside the middle of the eyes, in eye distances, at which a face counts as rather turned."""
_WANTED_OPENING = 0.25
"""Inner-lip gap over outer eye corners from which a mouth shows all there is to see."""
_SHUT_OPENING = 0.06
"""The same below which lips count as touching."""
_TOOTH_LIGHT, _TOOTH_COLOUR = 95, 70
"""Grey level above which, and difference of the colour channels below which, a pixel between the lips is tooth."""
_POSES_APART = 0.15
"""Difference in `head_pose` that makes a frame wholly unlike another."""

_SAME_MOUTH = 0.008
"""Difference between mouths, in eye distances, below which one shows nothing new."""
_SAME_POSE = 0.05
"""The same of `head_pose`: about five degrees."""
_STEADY = 0.8
"""Share of the frames, those whose mouths move least, that may show a mouth."""
_FACING = 0.3
"""Share of the greatest frontality that a frame needs to show a mouth."""
_BLURRED = 0.5
"""Share of the usual sharpness below which a frame is too blurred to show a mouth."""
_POOL = 3000
"""Frames that are compared, however long the clip."""


class Want(Enum):
    """What a reference is looked for."""

    SHOWN = "a mouth that shows all there is to see"
    SHUT = "lips that touch"
    POSE = "a head that is turned otherwise"


class Variety(Enum):
    """In what frames are to be unlike each other."""

    MOUTH = "the mouth's shape"
    POSE = "how the head is turned"


class ReferenceCandidate(msgspec.Struct, frozen=True):
    """A frame that may serve as reference, with what speaks for it; each measure in [0, 1]."""

    index: int
    """Position in the arrays that were given."""
    time: Fraction
    """Seconds."""
    score: float
    """The product of what follows, as far as it is wanted: 1 is the best there could be."""
    frontal: float
    mouth_open: float
    sharp: float
    """Against the sharpest candidate."""
    lit: float
    teeth: float
    """Share of the open mouth that is teeth."""


def propose_references(
    points: NDArray[np.float32],
    times: Sequence[Fraction],
    crop_of: Callable[[int], Image],
    count: int = 6,
    usable: NDArray[np.bool_] | None = None,
    want: Want = Want.SHOWN,
    unlike: NDArray[np.float32] | None = None,
) -> list[ReferenceCandidate]:
    """The best `count` reference frames of one face, best first; none where no frame is usable.

    `points` is N x 68 x 2 in time order, `usable` (N) leaves out frames (interpolated ones, the target).
    `crop_of(index)` gives the aligned crop; it is asked for a few dozen frames only, in order of time. The
    proposals lie at least a twelfth of the covered time apart, as far as there are enough frames. `unlike` (K x 68 x 2)
    are the frames from which `Want.POSE` is to differ.
    """
    allowed = np.ones(len(points), np.bool_) if usable is None else usable
    frontal, opened = frontality(points), np.clip(mouth_opening(points) / _WANTED_OPENING, 0, 1)
    shape = _shape(points, frontal, opened, want, unlike)
    chosen = _shortlist(np.where(allowed, shape, -1.0))
    crops = [crop_of(index) for index in chosen]
    measures = [(*_crop_measures(crop), teeth_in_sight(crop, points[k])) for crop, k in zip(crops, chosen, strict=True)]
    sharpest = max((sharpness for sharpness, *_ in measures), default=0.0)
    candidates: list[ReferenceCandidate] = []
    for index, (sharpness, lit, teeth) in zip(chosen, measures, strict=True):
        sharp = sharpness / sharpest if sharpest > 0 else 1.0
        shown = 0.6 + 0.4 * min(teeth / 0.3, 1.0) if want is Want.SHOWN else 1.0
        candidates.append(
            ReferenceCandidate(
                index=index,
                time=times[index],
                score=float(shape[index]) * sharp**0.5 * lit * shown,
                frontal=float(frontal[index]),
                mouth_open=float(opened[index]),
                sharp=sharp,
                lit=lit,
                teeth=teeth,
            )
        )
    return _spread_out(candidates, count)


def _shape(
    points: NDArray[np.float32],
    frontal: NDArray[np.float64],
    opened: NDArray[np.float64],
    want: Want,
    unlike: NDArray[np.float32] | None,
) -> NDArray[np.float64]:
    """How well each frame's landmarks are what is wanted: N, 0 to 1."""
    if want is Want.SHOWN:
        return frontal * (0.25 + 0.75 * opened)
    if want is Want.SHUT:
        return frontal * np.clip(1.2 - mouth_opening(points) / _SHUT_OPENING, 0.05, 1)
    if unlike is None:
        return 0.25 + 0.75 * opened
    apart = np.linalg.norm(head_pose(points)[:, None] - head_pose(unlike)[None], axis=2).min(axis=1)
    return np.clip(apart / _POSES_APART, 0.02, 1) * (0.25 + 0.75 * opened)


def unlike_frames(
    variety: Variety,
    points: NDArray[np.float32],
    usable: NDArray[np.bool_],
    taken: Sequence[int],
    count: int,
    apart: int,
    crop_of: Callable[[int], Image],
) -> list[int]:
    """At most `count` frames of one face, each with what those before it do not show, in that order.

    Farthest-point selection (Gonzalez 1985) from the frames `taken` on: of mouths, among heads that are turned about as
    the face mostly is; or of poses. `points` is N x 68 x 2 in time order, `usable` N. Frames in which the mouth moves
    fastest are left out, for they are blurred and their landmarks least sure. Frames chosen lie `apart` from each other
    and from those taken. Only their crops are asked for, in order of time; what is blurred beside those taken is left
    out. Ends early where nothing new is left to show.
    """
    pool = _steady(points, usable)
    if count <= 0 or not len(pool) or not len(taken):
        return []
    mouths = variety is Variety.MOUTH
    shapes = _mouth_shapes(points) if mouths else head_pose(points)[:, None]
    usual = _usual_pose(points, pool) if mouths else np.ones(len(pool))
    least = _SAME_MOUTH if mouths else _SAME_POSE
    worth = np.full(len(pool), np.inf)
    for index in taken:
        worth = np.minimum(worth, _newness(pool, index, shapes, apart))
    found: list[int] = []
    while len(found) < count and worth.max() > least:
        found.append(int(pool[int((np.where(worth > least, worth, 0) * usual).argmax())]))
        worth = np.minimum(worth, _newness(pool, found[-1], shapes, apart))
    sharp = {index: _crop_measures(crop_of(index))[0] for index in sorted((*taken, *found))}
    enough = _BLURRED * float(np.median([sharp[index] for index in taken]))
    return [index for index in found if sharp[index] >= enough]


def _usual_pose(points: NDArray[np.float32], pool: NDArray[np.intp]) -> NDArray[np.float64]:
    """How near the heads of the pool's frames are to the pose that is their median: 1 there, 0 far away."""
    poses = head_pose(points[pool])
    return np.exp(-((np.linalg.norm(poses - np.median(poses, axis=0), axis=1) / _POSES_APART) ** 2))


def _newness(pool: NDArray[np.intp], index: int, shapes: NDArray[np.float64], apart: int) -> NDArray[np.float64]:
    """How far the pool's frames are from frame `index`, 0 for those nearer in time than `apart`.

    shapes: N x n x 2, n places each; their mean distance is taken.
    """
    away = np.linalg.norm(shapes[pool] - shapes[index], axis=2).mean(axis=1)
    return np.where(np.abs(pool - index) >= apart, away, 0.0)


def _steady(points: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The usable frames, at most `_POOL` of them, but for those whose mouths move fastest and those turned away."""
    speed = np.zeros(len(points))
    if len(points) > 2:
        lips = _mouth_shapes(points)
        speed[1:-1] = np.linalg.norm(lips[2:] - lips[:-2], axis=2).mean(axis=1)
    frontal = frontality(points)
    there = np.flatnonzero(usable)
    if not len(there):
        return there
    good = (speed[there] <= np.quantile(speed[there], _STEADY)) & (frontal[there] >= _FACING * frontal[there].max())
    there = there[good]
    return there[np.linspace(0, len(there) - 1, min(len(there), _POOL)).round().astype(int)]


def _mouth_shapes(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """The 20 landmarks of each mouth about its middle, along and across the eye line, in eye distances: N x 20 x 2."""
    left, right = eye_centres(points)
    line = (right - left)[:, None]
    square = np.maximum((line * line).sum(axis=2), 1e-9)
    lips = points[:, 48:].astype(np.float64)
    lips = lips - lips.mean(axis=1, keepdims=True)
    along = (lips * line).sum(axis=2) / square
    across = (lips[..., 1] * line[..., 0] - lips[..., 0] * line[..., 1]) / square
    return np.stack([along, across], axis=2)


def teeth_in_sight(crop: Image, points: Points) -> float:
    """Share of the open mouth that is bright and colourless, as teeth are: 0 to 1, and 0 for lips that touch.

    points: 68 x 2, in pixels of the frame that the `face` crop was cut from.
    """
    if float(mouth_opening(points)) < _SHUT_OPENING:
        return 0.0
    size = crop.shape[0]
    lips = transform(align(points, FACE, size), points)[60:68]
    inside = np.zeros((size, size), np.uint8)
    cv2.fillPoly(inside, [np.round(lips).astype(np.int32)], (255,))
    pixels = crop[inside > 0].astype(np.int16)
    if not len(pixels):
        return 0.0
    light, colour = pixels.mean(axis=1), pixels.max(axis=1) - pixels.min(axis=1)
    return float(((light > _TOOTH_LIGHT) & (colour < _TOOTH_COLOUR)).mean())


def frontality(points: AnyPoints) -> NDArray[np.float64]:
    """How frontal faces look, 1 straight on: from where the nose tip stands between the eyes.

    `points` is (..., 68, 2). exp(-(offset / 0.15)^2) with the offset of the nose tip from the middle of the
    eyes along the eye line, in eye distances, times the ratio of its distances to both sides of the jaw.
    """
    p = points.astype(np.float64)
    left, right = eye_centres(p)
    line = right - left
    square = np.maximum((line * line).sum(axis=-1), 1e-9)
    offset = ((p[..., 30, :] - (left + right) / 2) * line).sum(axis=-1) / square
    sides = np.stack([np.linalg.norm(p[..., 30, :] - p[..., k, :], axis=-1) for k in (2, 14)])
    balance = sides.min(axis=0) / np.maximum(sides.max(axis=0), 1e-9)
    return np.exp(-((offset / _TURN) ** 2)) * balance


def _shortlist(worth: NDArray[np.float64]) -> list[int]:
    """The best frame of each of `_CANDIDATES` equal stretches, in order; nothing worth less than 0."""
    stretches = np.array_split(np.arange(len(worth)), min(_CANDIDATES, max(len(worth), 1)))
    best = [int(part[np.argmax(worth[part])]) for part in stretches if len(part)]
    return [index for index in best if worth[index] >= 0]


def _crop_measures(crop: Image) -> tuple[float, float]:
    """Sharpness (variance of the Laplacian) and light in [0, 1] of an inner crop."""
    size = crop.shape[0]
    inner = crop[size // 6 : -size // 6, size // 6 : -size // 6]
    grey = cv2.cvtColor(inner, cv2.COLOR_RGB2GRAY).astype(np.float32)
    sharpness = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    dark, bright = float((grey < 25).mean()), float((grey > 245).mean())
    mean = float(grey.mean())
    lit = float(np.clip(min(mean / 70, (255 - mean) / 55), 0.05, 1)) * (1 - max(dark, bright))
    return sharpness, lit


def _spread_out(candidates: Sequence[ReferenceCandidate], count: int) -> list[ReferenceCandidate]:
    """The best `count`, at least a twelfth of the time apart; nearer ones only where others run out."""
    ranked = sorted(candidates, key=lambda candidate: (-candidate.score, candidate.time))
    if not ranked:
        return []
    times = [candidate.time for candidate in ranked]
    apart = (max(times) - min(times)) / 12
    chosen: list[ReferenceCandidate] = []
    for candidate in ranked:
        if all(abs(candidate.time - other.time) >= apart for other in chosen):
            chosen.append(candidate)
    chosen += [candidate for candidate in ranked if candidate not in chosen]
    return chosen[:count]
