"""The voice that a video was dubbed to: where it speaks, and how loud it is when a frame is shown."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.streams import AUTOMATIC, Streams
from app.core.timebase import TimeRange
from app.engine.evaluation.figures import correlation, silent_frames
from app.engine.media.audio import network_audio
from app.engine.sound.activity import STEP, Levels, level_range, sound_levels, voice_activity

_REACH = Fraction(1, 20)
"""Seconds to either side of a frame's time over which loudness is the mean: about a frame."""
_OTHER = 0.8
"""Correlation of two loudnesses below which they are of different recordings."""


class Heard(msgspec.Struct, frozen=True):
    """What is heard while N frames are shown."""

    silent: NDArray[np.bool_]
    """Where the voice is silent."""
    loudness: NDArray[np.float64]
    """Decibels, between the noise floor and the speech level."""

    def differs(self, other: Heard) -> bool:
        """Whether another recording is heard."""
        return correlation(self.loudness, other.loudness) < _OTHER


class DrivingVoice(msgspec.Struct, frozen=True):
    """A voice, in seconds from its start."""

    spans: tuple[TimeRange, ...]
    """Where somebody speaks."""
    levels: Levels

    def at(self, times: Sequence[Fraction]) -> Heard:
        """What is heard at these times; beyond the voice's ends it is silent."""
        bounds = level_range(self.levels) or (0.0, 0.0)
        inside = np.clip(self.levels, *bounds)
        spans = [(int(max(t - _REACH, 0) / STEP), int((t + _REACH) / STEP) + 1) for t in times]
        means = [inside[first:stop].mean() if first < len(inside) else bounds[0] for first, stop in spans]
        return Heard(silent_frames(times, self.spans), np.array(means, np.float64))


def read_voice(path: Path, cache: Path, tolerant: bool = False, streams: Streams = AUTOMATIC) -> DrivingVoice:
    """The sound of a file. Raises MediaError for what is no sound and, unless `tolerant`, for what is damaged."""
    sound = network_audio(path, cache / "sound", tolerant, streams=streams)
    return DrivingVoice(voice_activity(sound), sound_levels(sound))
