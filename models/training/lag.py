"""Is a clip's sound in step with its picture? Asked in two ways, because either alone errs.

Clips from the web are often a few frames out. A network that learns from them what it should draw at a sound learns
it for the wrong moment. An ear that was itself taught on a clip has learned the clip's own lag and finds none: take one
that was taught on others, and rather one that hears through a speech encoder. The other way knows nothing but the clip:
where does the sound, within a twentieth of a second, tell best how far the mouth is open?
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.clips import PreparedClip, in_step, lip_offsets, load_clips, middle
from models.errors import ModelError
from models.networks import named, network, network_of
from models.points import INNER_LOWER, INNER_UPPER, LIP_POINTS

REACH = 8
"""Frames by which the sound is looked for, to either side: a third of a second at 25 a second."""
SHORTEST = 100
"""Frames below which a clip's correlation says too little."""
CERTAIN = 4.0
"""Correlation of the mouth's opening, heard against seen, from which a lag is believed, times the root of the number
of frames: about twice the standard error for what changes as slowly as lips (anew at every fifth frame)."""
BETTER = 0.1
"""By how much it must exceed the correlation as the clip stands."""
SURER = 2.0
"""How many times the regression's correlation an ear must have, not to be contradicted by it."""
ALIKE = 1
"""Frames by which both ways may differ: films of 25 pictures a second are rarely a whole number of them out."""
BANDS = 16
INSTANTS = (-3, 0, 3)
"""Columns from a window's middle at which the regression hears; from further off it could mend a lag by itself."""
FOLDS = 5
APART = 8
"""Frames between what is learned from and what is told: neighbours are nearly the same picture."""
RIDGE = 0.1
"""Weight of the coefficients' squares over the mean square of what is told from them, both standardised."""


@dataclass(frozen=True)
class Answer:
    """How far one way finds a clip's sound off its picture."""

    frames: int
    """By which the sound comes late (early below 0) at the best place within `REACH`."""
    correlation: float
    """Of the mouth's opening, told from the sound against seen, at the best place."""
    before: float
    """The same as the clip stands."""
    certain: float
    """The correlation from which the answer says something, see `CERTAIN`."""

    @property
    def believed(self) -> bool:
        """Whether the place can be believed."""
        return self.correlation >= self.certain

    @property
    def content(self) -> bool:
        """Whether where the clip stands is hardly worse."""
        return self.correlation - self.before < BETTER

    def __str__(self) -> str:
        return f"{self.frames:+d} at {self.correlation:.2f}, as it stands {self.before:.2f}"


@dataclass(frozen=True)
class Lag:
    """How far a clip's sound is off its picture."""

    clip: str
    kept: int
    """Frames by which it was taken to come late so far."""
    ear: Answer
    ridge: Answer

    @property
    def dropped(self) -> bool:
        """Whether both ways contradict each other, so that nobody knows.

        An ear that follows the mouth far better than the regression does is not contradicted by it.
        """
        apart = abs(self.ear.frames - self.ridge.frames)
        surer = self.ear.believed and self.ear.correlation >= SURER * self.ridge.correlation
        return apart > ALIKE and not surer and not (self.ear.content and self.ridge.content)

    @property
    def frames(self) -> int:
        """What is to be kept: the ear's place if it is better and can be believed, or else the one so far.

        It can also be believed where the regression, which knows nothing of the ear, finds the sound there too.
        """
        sure = self.ear.believed or not self.ridge.content
        return self.ear.frames if sure and not self.ear.content and not self.dropped else self.kept


Ear = Callable[[PreparedClip], NDArray[np.float32]]
"""Tells from a clip's sound how far its mouth is open at each frame: N values, in any unit."""


def measure_lags(data: Path, file: Path) -> list[Lag]:
    """The lags of all prepared clips of at least `SHORTEST` frames, by the ear in a file.

    That is a checkpoint of `train sync`, or a generator's weights with a warp head. Raises ModelError for either not
    being there, and for an ear that needs more of the clips than was prepared.
    """
    spec = network_of(file) if file.suffix == ".safetensors" else network("sync")
    if not spec.ear:
        raise ModelError(f"{file} is for {spec.title}, which tells no mouth from sound; give weights of RADIO.")
    ear: Ear = named(spec.ear)(file)
    return [measure_lag(clip, ear) for clip in load_clips(data) if len(clip) >= SHORTEST]


def measure_lag(clip: PreparedClip, ear: Ear) -> Lag:
    """One clip's lag, on top of that which it was loaded with. Raises ModelError for windows too short for the ear."""
    seen = opening(lip_offsets(clip))
    return Lag(clip.name, clip.lag, _answer(clip, correlations(seen, ear(clip))), ridge_lag(clip))


def ridge_lag(clip: PreparedClip) -> Answer:
    """What the clip itself says: where the opening follows best from the bands' levels at the time.

    At each place, ridge regression on four fifths of the clip tells the opening in the last fifth, each in turn.
    """
    bands, seen = band_levels(clip.mels), opening(lip_offsets(clip))
    found: list[float] = []
    for shift in range(-REACH, REACH + 1):
        of_pictures, of_sounds = in_step(len(seen), shift)
        found.append(correlation(seen[of_pictures], _told(bands[of_sounds], seen[of_pictures])))
    return _answer(clip, np.array(found))


def _answer(clip: PreparedClip, found: NDArray[np.float64]) -> Answer:
    """The best of the correlations at each place."""
    best = int(found.argmax())
    return Answer(clip.lag + best - REACH, float(found[best]), float(found[REACH]), CERTAIN / len(clip) ** 0.5)


def band_levels(mels: NDArray[np.float16]) -> NDArray[np.float32]:
    """Levels of `BANDS` bands at `INSTANTS`, 25 ms each: N x 80 x columns -> N x 48."""
    instants = np.stack([middle(np.roll(mels, -shift, axis=-1), 2) for shift in INSTANTS], axis=1)
    bands = instants.astype(np.float32).reshape(len(mels), len(INSTANTS) * BANDS, -1)
    return bands.mean(axis=2)


def _told(levels: NDArray[np.float32], seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """`seen` (N) as ridge regression tells it from `levels` (N x F), each part from the others."""
    told = np.zeros_like(seen)
    everything = np.arange(len(seen))
    for part in np.array_split(everything, FOLDS):
        rest = (everything < part[0] - APART) | (everything > part[-1] + APART)
        told[part] = _ridge(levels[rest], seen[rest], levels[part])
    return told


def _ridge(levels: NDArray[np.float32], seen: NDArray[np.float32], asked: NDArray[np.float32]) -> NDArray[np.float32]:
    """What ridge regression on `levels` and `seen` tells for `asked`."""
    mean, spread = levels.mean(axis=0), levels.std(axis=0) + 1e-3
    known = (levels - mean) / spread
    square = known.T @ known + RIDGE * len(known) * np.eye(known.shape[1], dtype=np.float32)
    weights = np.linalg.solve(square, known.T @ (seen - seen.mean()))
    return (asked - mean) / spread @ weights + seen.mean()


def correlations(seen: NDArray[np.float32], heard: NDArray[np.float32]) -> NDArray[np.float64]:
    """Pearson's correlation with the sound taken from -REACH to REACH frames later; N values each in."""
    found: list[float] = []
    for shift in range(-REACH, REACH + 1):
        of_pictures, of_sounds = in_step(len(seen), shift)
        found.append(correlation(seen[of_pictures], heard[of_sounds]))
    return np.array(found)


def correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Pearson's, 0 where either does not move."""
    still = one.std() < 1e-6 or other.std() < 1e-6
    return 0.0 if still else float(np.corrcoef(one, other)[0, 1])


def opening(lips: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far apart the inner lips are, from N x 40 offsets as `lip_offsets` gives them."""
    y = lips.reshape(-1, LIP_POINTS, 2)[:, :, 1]
    return (y[:, INNER_LOWER] - y[:, INNER_UPPER]).mean(axis=1)


def keep_lag(data: Path, lag: Lag) -> None:
    """Writes the lag beside the prepared clip, where `load_clips` finds it; null where nobody knows."""
    file = data / lag.clip / "meta.json"
    kept = {"lag": None if lag.dropped else lag.frames, "dropped": lag.dropped}
    whole = file.with_name(".meta.json.part")
    whole.write_text(json.dumps(json.loads(file.read_text()) | kept))
    whole.replace(file)
