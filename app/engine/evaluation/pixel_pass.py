"""One walk through the frames of a comparison: everything that is asked of pixels."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from app.engine.dub.fit_check import MOUTH
from app.engine.evaluation.figures import over
from app.engine.evaluation.footage import ALIGNED
from app.engine.evaluation.measures import Figures
from app.engine.faces.aligner import FACE, FFHQ
from app.engine.media.opencv import cv2
from app.engine.ports import Image

CROP_MOUTH = (0.2, 0.54, 0.8, 1.0)
"""Left, top, right, bottom of the mouth in the supplement's crop, as shares of its side."""
_CHUNK = 16


class PictureTally(Protocol):
    """Sums over crops from which picture figures are made; see `models.evaluation`."""

    def add(
        self, real: NDArray[np.uint8], generated: NDArray[np.uint8], detail: tuple[slice, slice] | None = None, /
    ) -> None:
        """N x H x W x 3 crops; texture is asked of the rows and columns of `detail`."""
        ...

    def figures(self) -> dict[str, float]:
        """What the sums come to."""
        ...


class CropPair(NamedTuple):
    """What one moment looks like in both videos."""

    real: Image | None
    """The supplement's crop; None where there is no face."""
    dubbed: Image | None
    surroundings: tuple[Image, Image] | None
    """Both aligned pictures, by the real face's place; None where the framings differ."""


def judge_pixels(pairs: Iterable[CropPair], tallies: list[PictureTally]) -> Figures:
    """Picture figures, flicker and the error outside the mouth of pairs in order of time."""
    flicker, outside = _Flicker(), _Outside()
    chunk: list[tuple[Image, Image]] = []
    for pair in pairs:
        flicker.add(pair.real, pair.dubbed)
        if pair.surroundings is not None:
            outside.add(*pair.surroundings)
        if pair.real is not None and pair.dubbed is not None:
            chunk.append((pair.real, pair.dubbed))
        if len(chunk) == _CHUNK:
            _hand_over(chunk, tallies)
    _hand_over(chunk, tallies)
    found: Figures = {}
    for tally in tallies:
        found |= tally.figures()
    measured = {"flicker": flicker.ratio, "outside": outside.mean}
    return found | {key: value for key, value in measured.items() if value is not None}


def _hand_over(chunk: list[tuple[Image, Image]], tallies: list[PictureTally]) -> None:
    """Gives a chunk to the tallies and empties it."""
    if not chunk:
        return
    real, dubbed = (np.stack([pair[k] for pair in chunk]) for k in (0, 1))
    for tally in tallies:
        tally.add(real, dubbed, mouth_part(real.shape[1]))
    chunk.clear()


def mouth_part(size: int) -> tuple[slice, slice]:
    """Rows and columns of the mouth in the supplement's crop."""
    left, top, right, bottom = (round(edge * size) for edge in CROP_MOUTH)
    return slice(top, bottom), slice(left, right)


class _Flicker:
    """Mean size of the second difference in time of the mouth's lightness, of both videos."""

    def __init__(self) -> None:
        self._last: deque[tuple[NDArray[np.float32], NDArray[np.float32]] | None] = deque(maxlen=3)
        self._real = self._dubbed = 0.0

    def add(self, real: Image | None, dubbed: Image | None) -> None:
        self._last.append(None if real is None or dubbed is None else (_lightness(real), _lightness(dubbed)))
        three = [pair for pair in self._last if pair is not None]
        if len(three) == 3:
            self._real += _second_difference([pair[0] for pair in three])
            self._dubbed += _second_difference([pair[1] for pair in three])

    @property
    def ratio(self) -> float | None:
        """Dubbed over real; None where no three frames in a row have both faces, or the real one stands still."""
        return over(self._dubbed, self._real)


def _lightness(crop: Image) -> NDArray[np.float32]:
    rows, columns = mouth_part(crop.shape[0])
    return cv2.cvtColor(np.ascontiguousarray(crop[rows, columns]), cv2.COLOR_RGB2GRAY).astype(np.float32)


def _second_difference(three: list[NDArray[np.float32]]) -> float:
    before, now, after = three
    return float(np.abs(after - 2 * now + before).mean())


class _Outside:
    """Mean absolute difference of aligned pictures outside the mouth box."""

    def __init__(self) -> None:
        self._sum, self._count = 0.0, 0
        self._mask = ~_mouth_mask(ALIGNED)

    def add(self, real: Image, dubbed: Image) -> None:
        apart = cv2.absdiff(real, dubbed)[self._mask]
        self._sum += float(apart.mean(dtype=np.float64))
        self._count += 1

    @property
    def mean(self) -> float | None:
        """In levels of 255; None where no frame could be compared."""
        return self._sum / self._count if self._count else None


def _mouth_mask(size: int) -> NDArray[np.bool_]:
    """Where the fit check's mouth box lies in the aligned picture."""
    place = [(x - 0.5) * FACE.side for x in MOUTH[::2]], [(y - FACE.eye_line) * FACE.side for y in MOUTH[1::2]]
    (left, top), (right, bottom) = (FFHQ.unit(x, y) for x, y in zip(*place, strict=True))
    mask = np.zeros((size, size), np.bool_)
    mask[round(top * size) : round(bottom * size), round(left * size) : round(right * size)] = True
    return mask
