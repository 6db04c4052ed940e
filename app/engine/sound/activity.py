"""Where a recording has voice: the sound's level against the recording's own noise floor.

Every 10 ms the level of the 30 ms around is taken in decibels. Two figures of the whole recording set the
thresholds: the noise floor (10th percentile of the levels) and the speech level (90th percentile of the levels
that stand out from the floor). Voice begins above one threshold and ends below a lower one (hysteresis); pauses
shorter than `HANGOVER` belong to it, and what is shorter than `SHORTEST` is a click. All thresholds are relative,
so that a louder or quieter copy of a recording has the same voice in it.

The detector tells sound from background, not voice from music: it is meant for the new voice, a recording of
somebody who speaks. A sound that never changes (a tone, a hum, noise) counts as background.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from app.core.timebase import TimeRange
from app.engine.media.audio import NETWORK_RATE, Wav, network_audio
from app.engine.media.downmix import heard_as_one
from app.engine.media.mono import MonoSound
from app.engine.progress import CancelToken

Levels = NDArray[np.float64]
"""Decibels, one every `STEP`."""

STEP = Fraction(1, 100)
"""Seconds from one level to the next."""
STAND_OUT = 6.0
"""Decibels over the noise floor at which a sound is at least not the floor."""
SHARE = 0.4
"""Where voice begins, as a share of the way in decibels from the noise floor to the speech level."""
SPEECH_DEPTH = 32.0
"""Decibels below the speech level beyond which nothing begins a voice, however quiet the room."""
HYSTERESIS = 6.0
"""Decibels below the beginning threshold at which voice ends; never nearer to the floor than half `STAND_OUT`."""
HANGOVER = Fraction(1, 4)
"""Seconds of pause that belong to the voice: the closures of plosives and the gaps between words."""
SHORTEST = Fraction(6, 100)
"""Seconds below which a sound is a click."""
RANGE = 80.0
"""Decibels below the loudest level that count as digital silence."""
ROOM_CONTRAST = 15.0
"""Decibels between floor and speech that prove a room's noise where a recording holds digital silence too."""

_CHUNK_STEPS = 6000


def voice_activity(sound: MonoSound, rate: int = NETWORK_RATE) -> tuple[TimeRange, ...]:
    """The stretches of a mono sound (n samples in [-1, 1]) in which somebody speaks, in seconds from its start.

    In order, not touching, cut on hundredths of a second; empty for silence and for steady noise. Reads in
    pieces: `sound` may be a file of hours. Raises ValueError for rates below 1000 Hz.
    """
    found = active_steps(sound_levels(sound, rate))
    stop = Fraction(len(sound), rate)
    return tuple(TimeRange(first * STEP, min(last * STEP, stop)) for first, last in found if first * STEP < stop)


def wav_activity(wav: Wav, cancel: CancelToken | None = None) -> tuple[TimeRange, ...]:
    """`voice_activity` of a decoded sound at its own rate, all channels in one. Raises Cancelled when asked to stop."""
    with soundfile.SoundFile(wav.path) as file:
        return voice_activity(_WavSound(file, cancel or CancelToken()), wav.rate)


def wav_levels(wav: Wav, cancel: CancelToken | None = None) -> Levels:
    """`sound_levels` of a decoded sound, all channels in one. Raises Cancelled when asked to stop."""
    with soundfile.SoundFile(wav.path) as file:
        return sound_levels(_WavSound(file, cancel or CancelToken()), wav.rate)


class _WavSound:
    """An open file as mono sound."""

    def __init__(self, file: soundfile.SoundFile, cancel: CancelToken) -> None:
        self._file, self._cancel = file, cancel

    def __len__(self) -> int:
        return self._file.frames

    def __getitem__(self, span: slice) -> NDArray[np.float32]:
        self._cancel.check()
        self._file.seek(span.start)
        return heard_as_one(np.asarray(self._file.read(span.stop - span.start, "float32", always_2d=True), np.float32))


def file_activity(path: Path, cache: Path) -> tuple[TimeRange, ...]:
    """`voice_activity` of a sound file, in seconds from its origin; the decoded sound is kept in the folder `cache`.

    Raises MediaError as `network_audio` does.
    """
    return voice_activity(network_audio(path, cache))


def sound_levels(sound: MonoSound, rate: int = NETWORK_RATE) -> Levels:
    """Level of the 30 ms around every 10 ms of a mono sound, in decibels full scale; -inf for digital silence.

    One value for each step that was begun. Each step's mean is taken out, which removes a constant offset and most
    of a mains hum. Raises ValueError for rates below 1000 Hz.
    """
    if rate < 1000:
        raise ValueError(f"{rate} Hz is no rate of speech")
    edges = step_edges(len(sound), rate)
    parts = [
        _step_powers(sound, edges[first : first + _CHUNK_STEPS + 1]) for first in range(0, len(edges) - 1, _CHUNK_STEPS)
    ]
    if not parts:
        return np.zeros(0)
    padded = np.pad(np.concatenate(parts), 1, mode="edge")
    with np.errstate(divide="ignore"):
        return 10 * np.log10((padded[:-2] + padded[1:-1] + padded[2:]) / 3).astype(np.float64)


def step_edges(count: int, rate: int) -> NDArray[np.int64]:
    """The samples at which the steps of `count` samples begin, and `count` itself."""
    steps = -(-count * STEP.denominator // (rate * STEP.numerator))
    starts = np.arange(steps, dtype=np.int64) * rate * STEP.numerator // STEP.denominator
    return np.append(starts, count)


def _step_powers(sound: MonoSound, edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Variance of the sound between neighbouring edges."""
    if len(edges) < 2:
        return np.zeros(0)
    piece = np.asarray(sound[int(edges[0]) : int(edges[-1])], np.float64)
    starts, lengths = edges[:-1] - edges[0], np.diff(edges)
    means = np.add.reduceat(piece, starts) / lengths
    centred = piece - np.repeat(means, lengths)
    return np.add.reduceat(np.square(centred), starts) / lengths


def active_steps(levels: Levels) -> list[tuple[int, int]]:
    """The runs of steps with voice as (first, one past the last); see the module for the rules."""
    thresholds = _thresholds(levels)
    if thresholds is None:
        return []
    begin, end = thresholds
    runs = _joined(_hysteresis(levels, begin, end), int(HANGOVER / STEP))
    return [(first, stop) for first, stop in runs if stop - first >= SHORTEST / STEP]


def level_range(levels: Levels) -> tuple[float, float] | None:
    """Noise floor and speech level of a recording in decibels; None where nothing stands out from the floor."""
    if not np.isfinite(levels).any():
        return None
    bottom = float(levels.max()) - RANGE
    floor, speech = _floor_and_speech(np.maximum(levels, bottom), bottom)
    return None if speech is None else (floor, speech)


def _thresholds(levels: Levels) -> tuple[float, float] | None:
    """Levels in decibels above which voice begins and below which it ends; None where nothing stands out."""
    bounds = level_range(levels)
    if bounds is None:
        return None
    floor, speech = bounds
    begin = max(floor + max(STAND_OUT, SHARE * (speech - floor)), speech - SPEECH_DEPTH)
    return begin, max(begin - HYSTERESIS, floor + STAND_OUT / 2)


def _floor_and_speech(levels: Levels, bottom: float) -> tuple[float, float | None]:
    """Noise floor and speech level in decibels; no speech level where nothing stands out from the floor.

    Digital silence (an edit, a late start of the track) says nothing of the room, so that it is left out where
    what is left has a floor of its own; a synthetic voice has none.
    """
    sounding = levels[levels > bottom]
    if sounding.size < levels.size:
        floor = float(np.percentile(sounding, 10))
        speech = _speech_level(sounding, floor)
        if speech is not None and speech - floor >= ROOM_CONTRAST:
            return floor, speech
        return bottom, _speech_level(levels, bottom)
    floor = float(np.percentile(levels, 10))
    return floor, _speech_level(levels, floor)


def _speech_level(levels: Levels, floor: float) -> float | None:
    above = levels[levels > floor + STAND_OUT]
    return float(np.percentile(above, 90)) if above.size * STEP >= SHORTEST else None


def _hysteresis(levels: Levels, begin: float, end: float) -> list[tuple[int, int]]:
    """Runs above `end` that reach `begin` somewhere."""
    above = np.concatenate([[False], levels > end, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(first, stop) for first, stop in runs if levels[first:stop].max() > begin]


def _joined(runs: list[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Neighbours less than `gap` steps apart made one."""
    joined: list[tuple[int, int]] = []
    for first, stop in runs:
        if joined and first - joined[-1][1] < gap:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((first, stop))
    return joined
