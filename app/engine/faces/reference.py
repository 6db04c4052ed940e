"""Which frames of a face make good references: sharp, frontal, mouth open, well lit, spread over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.faces.opencv import cv2
from app.engine.faces.points import AnyPoints, eye_centres, mouth_opening
from app.engine.ports import Image

_CANDIDATES = 32
"""How many crops are looked at, however long the clip."""
_TURN = 0.15
"""Nose tip beside the middle of the eyes, in eye distances, at which a face counts as rather turned."""
_WANTED_OPENING = 0.25
"""Inner-lip gap over outer eye corners from which a mouth shows all there is to see."""


class ReferenceCandidate(msgspec.Struct, frozen=True):
    """A frame that may serve as reference, with what speaks for it; each measure in [0, 1]."""

    index: int
    """Position in the arrays that were given."""
    time: Fraction
    """Seconds."""
    score: float
    """The product of the four below: 1 is the best there could be."""
    frontal: float
    mouth_open: float
    sharp: float
    """Against the sharpest candidate."""
    lit: float


def propose_references(
    points: NDArray[np.float32],
    times: Sequence[Fraction],
    crop_of: Callable[[int], Image],
    count: int = 6,
    usable: NDArray[np.bool_] | None = None,
) -> list[ReferenceCandidate]:
    """The best `count` reference frames of one face, best first; none where no frame is usable.

    `points` is N x 68 x 2 in time order, `usable` (N) leaves out frames (interpolated ones, the target).
    `crop_of(index)` gives the aligned crop; it is asked for a few dozen frames only, in order of time. The
    proposals lie at least a twelfth of the covered time apart, as far as there are enough frames.
    """
    allowed = np.ones(len(points), np.bool_) if usable is None else usable
    frontal, opened = frontality(points), np.clip(mouth_opening(points) / _WANTED_OPENING, 0, 1)
    shape = frontal * (0.25 + 0.75 * opened)
    chosen = _shortlist(np.where(allowed, shape, -1.0))
    measures = [_crop_measures(crop_of(index)) for index in chosen]
    sharpest = max((sharpness for sharpness, _ in measures), default=0.0)
    candidates: list[ReferenceCandidate] = []
    for index, (sharpness, lit) in zip(chosen, measures, strict=True):
        sharp = sharpness / sharpest if sharpest > 0 else 1.0
        candidates.append(
            ReferenceCandidate(
                index=index,
                time=times[index],
                score=float(shape[index]) * sharp**0.5 * lit,
                frontal=float(frontal[index]),
                mouth_open=float(opened[index]),
                sharp=sharp,
                lit=lit,
            )
        )
    return _spread_out(candidates, count)


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
