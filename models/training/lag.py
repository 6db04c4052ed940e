"""Is a clip's sound in step with its picture? Asked of an ear that was taught on other clips.

Clips from the web are often a few frames out. A network that learns from them what it should draw at a sound learns
it for the wrong moment. An ear that was itself taught on a clip has learned the clip's own lag and finds none: teach
one on clips that are in step (`train sync` with `speakers`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.data.clips import PreparedClip, in_step, lip_offsets, load_clips
from models.sync.sync import LIP_POINTS, SyncNet
from models.training.train_sync import load_sync

REACH = 6
"""Frames by which the sound is looked for, to either side: a quarter of a second at 25 a second."""
SHORTEST = 100
"""Frames below which a clip's correlation says too little."""
CERTAIN = 4.0
"""Correlation of the mouth's opening, heard against seen, from which a lag is believed, times the root of the number
of frames: about twice the standard error for what changes as slowly as lips (anew at every fifth frame)."""
BETTER = 0.1
"""By how much it must exceed the correlation as the clip stands."""

_UPPER, _LOWER = (13, 14, 15), (19, 18, 17)
"""The inner lips' middles among the mouth's 20 landmarks (61 to 63 and 67 to 65 of the 68)."""


@dataclass(frozen=True)
class Lag:
    """How far a clip's sound is off its picture."""

    clip: str
    frames: int
    """By which the sound comes late (early below 0); that which was kept so far where nothing else is believed."""
    correlation: float
    """Of the mouth's opening, heard against seen, at the best place within `REACH`."""
    before: float
    """The same as the clip stands."""
    believed: bool
    """Whether the best place was good enough to be believed, or where the clip stands is the best."""


def measure_lags(data: Path, sync: Path) -> list[Lag]:
    """The lags of all prepared clips of at least `SHORTEST` frames. Raises ModelError for either not being there."""
    net = load_sync(sync)
    return [measure_lag(clip, net) for clip in load_clips(data) if len(clip) >= SHORTEST]


@torch.no_grad()
def measure_lag(clip: PreparedClip, net: SyncNet) -> Lag:
    """One clip's lag, on top of that which it was loaded with."""
    _, heard = net.hear(torch.from_numpy(np.asarray(clip.mels, np.float32)))
    found = correlations(opening(lip_offsets(clip)), opening(heard.numpy()))
    best, before = int(found.argmax()), float(found[REACH])
    certain = CERTAIN / len(clip) ** 0.5
    better = found[best] >= certain and found[best] - before >= BETTER
    return Lag(
        clip=clip.name,
        frames=clip.lag + (best - REACH if better else 0),
        correlation=float(found[best]),
        before=before,
        believed=bool(better or before >= certain),
    )


def correlations(seen: NDArray[np.float32], heard: NDArray[np.float32]) -> NDArray[np.float64]:
    """Pearson's correlation with the sound taken from -REACH to REACH frames later; N values each in, 13 out."""
    found: list[float] = []
    for shift in range(-REACH, REACH + 1):
        of_pictures, of_sounds = in_step(len(seen), shift)
        picture, sound = seen[of_pictures], heard[of_sounds]
        still = picture.std() < 1e-6 or sound.std() < 1e-6
        found.append(0.0 if still else float(np.corrcoef(picture, sound)[0, 1]))
    return np.array(found)


def opening(lips: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far apart the inner lips are, from N x 40 offsets as `lip_offsets` gives them."""
    y = lips.reshape(-1, LIP_POINTS, 2)[:, :, 1]
    return (y[:, _LOWER] - y[:, _UPPER]).mean(axis=1)


def keep_lag(data: Path, lag: Lag) -> None:
    """Writes the lag beside the prepared clip, where `load_clips` finds it."""
    file = data / lag.clip / "meta.json"
    whole = file.with_name(".meta.json.part")
    whole.write_text(json.dumps(json.loads(file.read_text()) | {"lag": lag.frames}))
    whole.replace(file)
