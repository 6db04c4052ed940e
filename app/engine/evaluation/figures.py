"""What a mouth's motion and a face's pixels say of a dub, as numbers: arrays in, figures out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.timebase import TimeRange
from app.engine.faces.points import MOUTH_CORNERS
from app.engine.ports import Points

Floats = NDArray[np.floating[Any]]

OPEN_MOUTH = 0.06
"""Mouth opening (gap over eye distance) from which a mouth counts as open."""
SILENCE_MARGIN = Fraction(1, 10)
"""Seconds around a voice in which a mouth may be open: lips part before a word and close after it."""
_STILL = 1e-9
"""Standard deviation below which nothing moves."""


def correlation(a: Floats, b: Floats) -> float:
    """Pearson's correlation over the places where both are numbers; 0 where either does not move or there is none."""
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if a.size == 0 or a.std() < _STILL or b.std() < _STILL:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def opening_ratio(real: Floats, dubbed: Floats) -> float:
    """Standard deviation of the mouth's opening, dubbed over real, over the frames where both are numbers."""
    both = np.isfinite(real) & np.isfinite(dubbed)
    if not both.any():
        return 0.0
    return float(dubbed[both].std() / max(float(real[both].std()), 1e-6))


def landmark_distance(true: Points, drawn: Points) -> float:
    """Mean distance of the mouth's landmarks (N x 68 x 2 each), in hundredths of the outer eye distance."""
    eyes = np.linalg.norm(true[:, 45] - true[:, 36], axis=1)
    apart = np.linalg.norm(true[:, 48:] - drawn[:, 48:], axis=2).mean(axis=1)
    return float(np.mean(apart / eyes) * 100)


def share(flags: NDArray[np.bool_]) -> float | None:
    """How many are true, 0 to 1; None of nothing."""
    return float(flags.mean()) if flags.size else None


def offset_curve(real: Floats, dubbed: Floats, reach: int) -> NDArray[np.float64]:
    """Correlation of two courses (N each, not a number where unknown) with the dubbed one moved by -reach to +reach.

    Entry `reach + k` pairs each real frame with the dubbed one k frames later, so that a peak at k > 0 means that the
    dubbed mouth comes k frames late. 2 reach + 1 numbers; 0 where nothing overlaps.
    """
    count = len(real)
    curve = np.zeros(2 * reach + 1)
    for k in range(-min(reach, count), min(reach, count) + 1):
        first, stop = max(0, -k), min(count, count - k)
        curve[reach + k] = correlation(real[first:stop], dubbed[first + k : stop + k])
    return curve


def peak_of(curve: Sequence[float]) -> int:
    """The offset in frames at which an offset curve is highest; of equals the one nearest to 0."""
    reach = len(curve) // 2
    return min(range(-reach, reach + 1), key=lambda k: (-round(curve[reach + k], 9), abs(k)))


def silent_frames(times: Sequence[Fraction], voice: Sequence[TimeRange]) -> NDArray[np.bool_]:
    """Which moments lie outside a voice and not within `SILENCE_MARGIN` of it; both in seconds."""
    near = [TimeRange(max(Fraction(0), v.start - SILENCE_MARGIN), v.stop + SILENCE_MARGIN) for v in voice]
    return np.array([not any(span.contains(time) for span in near) for time in times], np.bool_)


def lip_leak(opening: Floats, silent: NDArray[np.bool_]) -> float | None:
    """Share of the silent frames in which the mouth is open; None where no frame with a mouth is silent."""
    return share(opening[silent & np.isfinite(opening)] > OPEN_MOUTH)


def corner_jerk(points: Points) -> float | None:
    """Mean size of the third difference in time of the lips' corners, in hundredths of the outer eye distance.

    points: N x 68 x 2 of consecutive frames of an aligned face, not a number where there is none. None where no four
    frames in a row have a face.
    """
    eyes = np.linalg.norm(points[:, 45] - points[:, 36], axis=1)
    corners = points[:, list(MOUTH_CORNERS)].astype(np.float64) / eyes[:, None, None]
    jerks = np.linalg.norm(np.diff(corners, n=3, axis=0), axis=2)
    jerks = jerks[np.isfinite(jerks)]
    return float(jerks.mean() * 100) if jerks.size else None


def over(value: float | None, real: float | None) -> float | None:
    """`value` over the real clip's own; None where either is missing or the real one is nought."""
    return value / real if value is not None and real else None
