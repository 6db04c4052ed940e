"""A dubbed video judged against the real one, frame by frame: its figures, its curves and a strip of its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import FaceError
from app.core.geometry import Similarity
from app.core.streams import AUTOMATIC, Streams
from app.engine.dub.face_plan import crop_of
from app.engine.evaluation.driving_voice import DrivingVoice, Heard
from app.engine.evaluation.figures import (
    OPEN_MOUTH,
    corner_jerk,
    correlation,
    landmark_distance,
    lip_leak,
    offset_curve,
    opening_ratio,
    over,
    peak_of,
    share,
)
from app.engine.evaluation.footage import ALIGNED, FaceFinder, Footage
from app.engine.evaluation.measures import Figures
from app.engine.evaluation.pairing import LEAST, Pairing, pair_frames
from app.engine.evaluation.pixel_pass import CropPair, PictureTally, judge_pixels
from app.engine.evaluation.strip import strip_jpeg
from app.engine.faces.aligner import ALIGNED_POINTS
from app.engine.faces.points import mouth_opening
from app.engine.ports import Image, Points
from app.engine.progress import Progress, no_progress

Moment = TypeVar("Moment", float, Fraction)

REAL, FLOOR = "real", "copy-reference"
"""Names of the rows that every clip has: the real video against itself, and one of its frames held still."""
SIZE = 256
"""Side of the crops that are compared, the same for all methods."""
REACH = 15
"""Frames to either side over which the offset curve runs; a quarter of a short clip."""
STRIP = 10
"""Frames of a strip."""
_STRANGER = 0.35
"""Appearance distance from which two videos show different people. Measured on GRID: a clip against itself blurred, at
96 and 128 pixels, compressed to ruins or in other colours at most .23, two sentences of one speaker .17, two speakers
of one studio .38 and more."""
_IN_PLACE = 0.05
"""Distance of eyes and nose, in eye distances, up to which two videos have one framing."""
_STILL = 1e-4
"""Standard deviation of the real mouth's opening up to which there is no motion to follow."""
_AWAY = Fraction(2, 5)
"""Seconds around the copied frame in which the floor is not judged (a quarter of a shorter clip), and beyond which a
strip shows no neighbour."""


class Instruments(msgspec.Struct, frozen=True):
    """What a comparison works with."""

    finder: FaceFinder
    make_tallies: Callable[[], list[PictureTally]]
    """New sums for picture figures."""
    size: int = SIZE
    progress: Progress = no_progress
    streams: Streams = AUTOMATIC
    """Which picture and sound of the real clips are meant."""


class Comparison(msgspec.Struct, frozen=True):
    """One method on one clip."""

    name: str
    file: str
    figures: Figures
    pairs: int
    """How many frames were judged."""
    step: float
    """Seconds from one pair to the next, on average."""
    times: tuple[float, ...]
    """Seconds of the pairs in the real clip."""
    opening: tuple[float | None, ...]
    """Of the mouth in each pair; None where no face was found."""
    curve: tuple[float, ...]
    """The offset curve from -reach to +reach frames."""
    strip: bytes
    """Crops at `STRIP` moments spread over the real clip, as a JPEG."""
    notes: tuple[str, ...] = ()


class _Course(msgspec.Struct, frozen=True):
    """A mouth's motion over the pairs; not a number where no face was found."""

    opening: NDArray[np.float64]
    points: Points
    """N x 68 x 2, in pixels of the aligned picture."""

    @staticmethod
    def of(footage: Footage, indices: Sequence[int]) -> _Course:
        return _Course(mouth_opening(footage.points(indices)), footage.aligned_points(indices))


def check_same_person(real: Footage, dubbed: Footage) -> None:
    """Raises FaceError where two videos show different people."""
    apart = real.appearance().distance(dubbed.appearance())
    if apart >= _STRANGER:
        raise FaceError(
            f'"{dubbed.path}" shows another person than "{real.path}" (unlikeness {apart:.2f}, at most {_STRANGER} in '
            "two videos of one face): give the dub of that very clip."
        )


def compare(
    real: Footage, dubbed: Footage, name: str, instruments: Instruments, voice: DrivingVoice | None = None
) -> Comparison:
    """Judges one video, which was dubbed to `voice`.

    Raises MediaError for videos that cannot be paired or are damaged, FaceError where they show different people or
    have no pair of frames with both faces.
    """
    pairing = pair_frames(real.times, dubbed.times)
    check_same_person(real, dubbed)
    return _compare(real, dubbed, name, pairing, instruments, voice)


def compare_real(real: Footage, instruments: Instruments, voice: DrivingVoice | None = None) -> Comparison:
    """The real clip judged as if it were a dub: what is perfect, and what its own mouth does while it is silent."""
    indices = tuple(range(len(real.times.times)))
    with Footage(real.path, instruments.finder, real.size, streams=real.reader.streams) as again:
        return _compare(real, again, REAL, Pairing(indices, indices, real.times.frame), instruments, voice)


def _compare(
    real: Footage,
    dubbed: Footage,
    name: str,
    pairing: Pairing,
    instruments: Instruments,
    voice: DrivingVoice | None,
) -> Comparison:
    """Judges the pairs of two videos of one person."""
    mine, theirs = _Course.of(real, pairing.real), _Course.of(dubbed, pairing.dubbed)
    if np.isfinite(mine.opening + theirs.opening).sum() < LEAST:
        raise FaceError(
            f'"{dubbed.path}" and "{real.path}" both show the face in fewer than {LEAST} frames of one moment: give '
            "videos of the same stretch, with a face."
        )
    in_place = _placed_alike(real, dubbed, pairing)
    notes = list(pairing.notes)
    if not in_place:
        notes.append("its framing is another than the real clip's, so that the error outside the mouth is not told")
    pairs = _crop_pairs(real, dubbed, pairing, in_place)
    heard = None if voice is None else voice.at([dubbed.times.times[k] for k in pairing.dubbed])
    return _judged(name, str(dubbed.path), real, pairing, (mine, theirs), pairs, heard, instruments, notes)


def compare_floor(real: Footage, instruments: Instruments, voice: DrivingVoice | None = None) -> Comparison | None:
    """The real clip's frame of median opening held still, judged on the frames that are not near it.

    None for a clip that has hardly any others.
    """
    indices = [k for k in range(len(real.times.times)) if real.aligned_similarity(k) is not None]
    opening = mouth_opening(real.points(indices))
    found = np.flatnonzero(np.isfinite(opening))
    copied = indices[int(found[np.argsort(opening[found])[len(found) // 2]])]
    times = real.times.times
    apart = min(_AWAY, real.times.stop / 4)
    away = tuple(k for k in indices if abs(times[k] - times[copied]) >= apart)
    if len(away) < LEAST:
        return None
    pairing = Pairing(away, away, real.times.frame)
    mine, still = _Course.of(real, away), _Course.of(real, [copied])
    theirs = _Course(np.repeat(still.opening, len(away)), np.repeat(still.points, len(away), axis=0))
    pasted = real.crop(next(real.frames([copied])))
    pairs = (CropPair(real.crop(frame), pasted, None) for frame in real.frames(away))
    heard = None if voice is None else voice.at([times[k] for k in away])
    return _judged(FLOOR, str(real.path), real, pairing, (mine, theirs), pairs, heard, instruments, [])


def _judged(
    name: str,
    file: str,
    real: Footage,
    pairing: Pairing,
    courses: tuple[_Course, _Course],
    pairs: Iterator[CropPair],
    heard: Heard | None,
    instruments: Instruments,
    notes: Sequence[str],
) -> Comparison:
    """All figures of one method."""
    mine, theirs = courses
    curve = offset_curve(mine.opening, theirs.opening, min(REACH, len(pairing) // 4))
    strip: dict[int, Image | None] = {}
    picks = _strip_pairs(real, pairing)
    watched = _keeping(_told(pairs, f"judging {name}", len(pairing), instruments.progress), set(picks), strip)
    figures = _motion_figures(mine, theirs, curve, heard) | judge_pixels(watched, instruments.make_tallies())
    return Comparison(
        name=name,
        file=file,
        figures=figures,
        pairs=len(pairing),
        step=float(pairing.step),
        times=tuple(float(real.times.times[k]) for k in pairing.real),
        opening=tuple(float(v) if np.isfinite(v) else None for v in theirs.opening),
        curve=tuple(curve.tolist()),
        strip=strip_jpeg([None if pick is None else strip.get(pick) for pick in picks]),
        notes=tuple(notes),
    )


def strip_moments(times: Sequence[Moment]) -> list[Moment]:
    """Seconds of the frames of a real clip's strip, spread over it."""
    return [times[pick] for pick in np.linspace(0, len(times) - 1, STRIP).round().astype(int).tolist()]


def _strip_pairs(real: Footage, pairing: Pairing) -> list[int | None]:
    """The pair nearest to each moment of the strip; None where there is none within `_AWAY`."""
    times = [real.times.times[index] for index in pairing.real]
    picks: list[int | None] = []
    for moment in strip_moments(real.times.times):
        nearest = min(range(len(times)), key=lambda k: abs(times[k] - moment))
        picks.append(nearest if abs(times[nearest] - moment) <= _AWAY else None)
    return picks


def _told(pairs: Iterator[CropPair], stage: str, count: int, progress: Progress) -> Iterator[CropPair]:
    """The pairs as they come; how many there were is told."""
    for number, pair in enumerate(pairs, start=1):
        yield pair
        progress(stage, number, count)


def _keeping(pairs: Iterator[CropPair], picks: set[int | None], strip: dict[int, Image | None]) -> Iterator[CropPair]:
    """The pairs as they come; the dubbed crops of some are kept."""
    for number, pair in enumerate(pairs):
        if number in picks:
            strip[number] = pair.dubbed
        yield pair


def _motion_figures(mine: _Course, theirs: _Course, curve: NDArray[np.float64], heard: Heard | None) -> Figures:
    """What the landmarks tell."""
    both = np.isfinite(mine.opening + theirs.opening)
    seen = np.isfinite(mine.opening)
    moves = float(np.std(mine.opening[both])) > _STILL
    follows = moves and float(curve.max()) > 0
    found: dict[str, float | None] = {
        "correlation": correlation(mine.opening, theirs.opening) if moves else None,
        "opening_ratio": opening_ratio(mine.opening, theirs.opening) if moves else None,
        "lmd": landmark_distance(mine.points[both], theirs.points[both]),
        "offset": float(peak_of(curve.tolist())) if follows else None,
        "peak": float(curve.max()) if follows else None,
        "open_share": share(theirs.opening[np.isfinite(theirs.opening)] > OPEN_MOUTH),
        "follows": None if heard is None else correlation(theirs.opening, heard.loudness),
        "lip_leak": None if heard is None else lip_leak(theirs.opening, heard.silent),
        "jerk": over(corner_jerk(theirs.points), corner_jerk(mine.points)),
        "lost": share(~np.isfinite(theirs.opening[seen])),
    }
    return {key: value for key, value in found.items() if value is not None}


def _crop_pairs(real: Footage, dubbed: Footage, pairing: Pairing, in_place: bool) -> Iterator[CropPair]:
    """What both look like, pair by pair."""
    factor = dubbed.relative_size(real)[0]
    for frame, other in zip(real.frames(pairing.real), dubbed.frames(pairing.dubbed), strict=True):
        surroundings = None
        similarity = real.aligned_similarity(frame.index)
        if in_place and similarity is not None:
            scaled = _of_larger_frames(similarity, factor)
            surroundings = crop_of(frame, similarity, ALIGNED), crop_of(other, scaled, ALIGNED)
        yield CropPair(real.crop(frame), dubbed.crop(other), surroundings)


def _placed_alike(real: Footage, dubbed: Footage, pairing: Pairing) -> bool:
    """Whether both videos have one framing, whatever their sizes."""
    across, down = dubbed.relative_size(real)
    if abs(across / down - 1) > 0.01:
        return False
    mine, theirs = real.points(pairing.real), dubbed.points(pairing.dubbed) / np.float32(across)
    eyes = np.linalg.norm(mine[:, 45] - mine[:, 36], axis=1)
    apart = np.linalg.norm((mine - theirs)[:, list(ALIGNED_POINTS)], axis=2).mean(axis=1) / eyes
    return bool(np.nanmedian(apart) < _IN_PLACE)


def _of_larger_frames(similarity: Similarity, factor: float) -> Similarity:
    """The similarity for the same picture in frames that are `factor` times as large."""
    x, y = similarity.apply((0.5 / factor - 0.5, 0.5 / factor - 0.5))
    return Similarity(similarity.a / factor, similarity.b / factor, x, y)
