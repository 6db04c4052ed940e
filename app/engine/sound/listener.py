"""What the network hears of a voice: a window around each moment, of a mel spectrogram or of features of speech."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.engine.media.mel import RATE, mel_windows
from app.engine.media.mono import MonoSound, padded
from app.engine.ports import Dubber

Floats = NDArray[np.float32]
HOP = 320
"""Samples from one column of speech features to the next: 20 ms."""
CHUNK, MARGIN = 400, 50
"""Columns that are taken from one piece of sound, and those beside them on either side that it is heard with: 8 s and
1 s. Pieces begin at the voice's own start, whatever is asked for: the same moment always sounds the same."""
KEPT_CHUNKS = 24


class Listener(Protocol):
    """Hears windows of a voice."""

    def windows(self, sound: MonoSound, times: Iterable[Fraction], gain: float) -> Floats:
        """One window for each time: N x rows x columns, centred on it.

        sound: 16 kHz; times: seconds from its start, which may lie outside it: beyond the ends there is silence; gain:
        from `mel.speech_gain`.
        """
        ...


def make_listener(network: Dubber) -> Listener:
    """The listener for what this network was taught to hear."""
    if network.hears_speech:
        return SpeechListener(network.listen, network.sound_shape)
    return MelListener(network.sound_shape[1])


class MelListener:
    """Windows of a mel spectrogram."""

    def __init__(self, columns: int) -> None:
        self._columns = columns

    def windows(self, sound: MonoSound, times: Iterable[Fraction], gain: float) -> Floats:
        """See `Listener`."""
        return mel_windows(sound, times, gain, self._columns)


class SpeechListener:
    """Windows of features of speech, which are made for seconds at a time; the last few minutes' are kept.

    For any number of threads.
    """

    def __init__(self, listen: Callable[[Floats], Floats], shape: tuple[int, int]) -> None:
        """`listen` makes features, n samples -> n / 320 x rows; `shape`: rows and columns of a window."""
        self._listen, self._shape = listen, shape
        self._kept = lru_cache(KEPT_CHUNKS)(self._features)

    def windows(self, sound: MonoSound, times: Iterable[Fraction], gain: float) -> Floats:
        """See `Listener`. Between two columns their mean, weighted by nearness, is heard."""
        rows, columns = self._shape
        found = [self._window(sound, time, gain) for time in times]
        return np.stack(found) if found else np.zeros((0, rows, columns), np.float32)

    def _window(self, sound: MonoSound, time: Fraction, gain: float) -> Floats:
        """The window at one time, rows x columns."""
        count = self._shape[1]
        start = time * RATE / HOP - Fraction(count - 1, 2)
        first = start.numerator // start.denominator
        share = np.float32(start - first)
        near = self._columns(sound, range(first, first + count + 1), gain)
        return (near[:-1] * (1 - share) + near[1:] * share).T.astype(np.float32, copy=False)

    def _columns(self, sound: MonoSound, wanted: Sequence[int], gain: float) -> Floats:
        """Columns of a stretch, n x rows."""
        parts: list[NDArray[np.float16]] = []
        for chunk in range(wanted[0] // CHUNK, wanted[-1] // CHUNK + 1):
            low, high = max(wanted[0], chunk * CHUNK), min(wanted[-1] + 1, (chunk + 1) * CHUNK)
            parts.append(self._chunk(sound, chunk, gain)[low - chunk * CHUNK : high - chunk * CHUNK])
        return np.concatenate(parts).astype(np.float32)

    def _chunk(self, sound: MonoSound, chunk: int, gain: float) -> NDArray[np.float16]:
        """The features of one piece, CHUNK x rows."""
        piece = padded(sound, (chunk * CHUNK - MARGIN) * HOP, (CHUNK + 2 * MARGIN) * HOP)
        return self._kept((piece * np.float32(gain)).tobytes())

    def _features(self, piece: bytes) -> NDArray[np.float16]:
        """Named by what sounds, so that two voices never get each other's, and a silenced voice none of its own."""
        heard = self._listen(np.frombuffer(piece, np.float32))
        return heard[MARGIN : MARGIN + CHUNK].astype(np.float16)
