"""Sounds, clips and a sound device for the tests of player and waveform."""

from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from app.engine.media.clip import Clip, Voice, open_voice
from app.engine.media.probe import MediaInfo, probe

RATE = 8000


class Device:
    """Behaves like a sound device, but plays only when it is told to; keeps what it was given."""

    def __init__(self, rate: int, buffer: int = 1600) -> None:
        self.rate, self.buffer = rate, buffer
        self.written: list[NDArray[np.float32]] = []
        self.count, self.played, self.starts = 0, 0, 0
        self.gone = self.closed = False
        self._lock = threading.Lock()

    def play(self, count: int) -> int:
        """Plays at most so many samples of what waits."""
        with self._lock:
            count = min(count, self.count - self.played)
            self.played += count
            return count

    def heard(self) -> NDArray[np.float32]:
        """All samples since the start."""
        with self._lock:
            return np.concatenate(self.written) if self.written else np.zeros((0, 2), np.float32)

    def start(self) -> None:
        with self._lock:
            self.written, self.count, self.played = [], 0, 0
            self.starts += 1

    def stop(self) -> None:
        with self._lock:
            self.count = self.played

    def free(self) -> int:
        return self.buffer - self.waiting()

    def waiting(self) -> int:
        with self._lock:
            return self.count - self.played

    def write(self, samples: NDArray[np.float32]) -> None:
        assert samples.dtype == np.float32
        assert samples.shape[1] == 2
        with self._lock:
            self.written.append(samples.copy())
            self.count += len(samples)

    def lost(self) -> bool:
        return self.gone

    def close(self) -> None:
        self.closed = True


def make_sound(path: Path, seconds: float, channels: int = 1, seed: int = 0) -> NDArray[np.float32]:
    """A file of noise with syllables between pauses; gives its samples."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    spoken = (np.sin(2 * np.pi * time / 1.7 - 1) > -0.2) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time))
    sound = (0.45 * rng.uniform(-1, 1, (len(time), channels)) * spoken[:, None]).astype(np.float32)
    soundfile.write(path, sound, RATE, "FLOAT")
    return sound


def make_voice(path: Path, seconds: float, channels: int = 1, seed: int = 0) -> Voice:
    make_sound(path, seconds, channels, seed)
    return open_voice(path)


def make_clip(path: Path, seconds: float, channels: int = 2, fps: int = 25, seed: int = 1) -> Clip:
    """A clip's description over a file that holds its sound alone: nothing here looks at a picture."""
    make_sound(path, seconds, channels, seed)
    return clip_of(path, probe(path), seconds, fps)


def silent_clip(path: Path, seconds: float, fps: int = 25) -> Clip:
    """A clip without sound."""
    info = MediaInfo(str(path), "mp4", Fraction(seconds), Fraction(0), None, None, ())
    return clip_of(path, info, seconds, fps)


def clip_of(path: Path, info: MediaInfo, seconds: float, fps: int) -> Clip:
    pts = tuple(range(round(seconds * fps)))
    return Clip(str(path), f"sha-{path.stem}", info, pts, Fraction(1, fps), Fraction(fps), (64, 48))
