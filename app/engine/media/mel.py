"""Mel windows for the network, centred on presentation times."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from app.engine.media.mono import MonoSound, padded

RATE = 16_000
"""Samples a second of the network's sound."""
WINDOW = 800
"""Samples in one spectrum: 50 ms."""
HOP = 200
"""Samples from one column to the next: 12.5 ms."""
BINS = 80
COLUMNS = 16
"""Columns of the paper's window: 0.2 s."""
LOW, HIGH = 55.0, 7600.0
"""Range of the mel bins in Hz."""
FLOOR_DB, REFERENCE_DB = -100.0, 20.0
LIMIT = 4.0
"""The normalised values lie in [-LIMIT, LIMIT]; silence is -LIMIT."""
SPEECH_LEVEL = 0.07
"""RMS to which the louder parts of a voice are brought before the network hears it (about -23 dBFS)."""


def span_of(columns: int) -> int:
    """Samples that a window of so many columns looks at."""
    return (columns - 1) * HOP + WINDOW


def mel_windows(
    sound: MonoSound, times: Iterable[Fraction], gain: float = 1.0, columns: int = COLUMNS
) -> NDArray[np.float32]:
    """One mel window for each time: N x 80 x columns in [-4, 4], centred on the time to the sample.

    `sound` is 16 kHz mono in [-1, 1]; times are seconds from its start and may lie outside it: beyond
    the ends there is silence. `gain` comes from `speech_gain`.
    """
    span = span_of(columns)
    starts = [round(time * RATE) - span // 2 for time in times]
    pieces = np.stack([padded(sound, start, span) for start in starts]) if starts else np.zeros((0, span), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(pieces, WINDOW, axis=1)[:, ::HOP]  # N x columns x 800
    spectra = np.abs(np.fft.rfft(frames * (_hann() * gain), axis=2)).astype(np.float32)  # N x columns x 401
    return normalised(spectra @ mel_filters().T).transpose(0, 2, 1)


def normalised(mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Amplitudes to decibels over the reference, [-100, 0] stretched to [-4, 4] and clipped."""
    decibels = 20 * np.log10(np.maximum(mel, 1e-5)) - REFERENCE_DB
    scaled = 2 * LIMIT * (decibels - FLOOR_DB) / -FLOOR_DB - LIMIT
    return np.clip(scaled, -LIMIT, LIMIT).astype(np.float32)


def speech_gain(sound: MonoSound, chunk: int = RATE * 30) -> float:
    """The factor that brings the louder parts of a voice to `SPEECH_LEVEL`; 1 for digital silence.

    The level is the 80th percentile of the RMS of 50 ms pieces that are not silent (over -60 dBFS), so
    that pauses do not count. Read in pieces: `sound` may be a file of hours.
    """
    levels = [_levels(sound[start : start + chunk]) for start in range(0, len(sound), chunk)]
    level = np.concatenate(levels) if levels else np.zeros(0)
    loud = level[level > 1e-3]
    return float(SPEECH_LEVEL / np.percentile(loud, 80)) if loud.size else 1.0


def _levels(piece: NDArray[np.float32]) -> NDArray[np.float64]:
    """RMS of each whole 50 ms of a piece."""
    whole = len(piece) // WINDOW
    return np.sqrt(np.mean(np.square(piece[: whole * WINDOW].reshape(whole, WINDOW), dtype=np.float64), axis=1))


@cache
def _hann() -> NDArray[np.float32]:
    """The periodic Hann window of 800 samples."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


@cache
def mel_filters() -> NDArray[np.float32]:
    """Triangular filters with equal area, 80 x 401 (Slaney's mel scale, as in the Auditory Toolbox)."""
    edges = _to_hertz(np.linspace(_to_mel(LOW), _to_mel(HIGH), BINS + 2))
    bins = np.arange(WINDOW // 2 + 1) * (RATE / WINDOW)
    rising = (bins[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins[None]) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


_BREAK_HZ, _BREAK_MEL, _HZ_A_MEL = 1000.0, 15.0, 200.0 / 3
_LOG_STEP = np.log(6.4) / 27


def _to_mel(hertz: float) -> float:
    """Slaney's scale: linear below 1 kHz, logarithmic above."""
    return hertz / _HZ_A_MEL if hertz < _BREAK_HZ else _BREAK_MEL + float(np.log(hertz / _BREAK_HZ)) / _LOG_STEP


def _to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `_to_mel`."""
    return np.where(mel < _BREAK_MEL, mel * _HZ_A_MEL, _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL)))
