"""Our mel windows against librosa's: another author's filters, transform and scale."""

from __future__ import annotations

from fractions import Fraction

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.engine.media import mel


def librosa_window(sound: NDArray[np.float32], time: Fraction, gain: float, columns: int = 16) -> NDArray[np.float64]:
    """One window, 80 x columns, of the piece centred on `time`, as decibels from -100 to 0 mapped to -4 to 4."""
    span = mel.span_of(columns)
    start, margin = round(time * mel.RATE) - span // 2, 2 * span
    padded = np.pad(sound, margin)  # silence beyond both ends
    piece = padded[start + margin : start + margin + span] * gain
    spectrum = librosa.feature.melspectrogram(
        y=piece, sr=16000, n_fft=800, hop_length=200, win_length=800, window="hann",
        center=False, power=1.0, n_mels=80, fmin=55, fmax=7600,
    )  # fmt: skip
    decibels = librosa.amplitude_to_db(spectrum, ref=1.0, amin=1e-5, top_db=None) - 20
    return np.clip((decibels + 100) / 100 * 8 - 4, -4, 4)


def test_the_filters_are_librosas() -> None:
    """Slaney's scale and equal area."""
    theirs = librosa.filters.mel(sr=16000, n_fft=800, n_mels=80, fmin=55, fmax=7600, htk=False, norm="slaney")
    np.testing.assert_allclose(mel.mel_filters(), theirs, rtol=1e-5, atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    level=st.floats(1e-4, 0.9),
    gain=st.floats(0.1, 10.0),
    time=st.fractions(Fraction(-1, 4), Fraction(5, 4), max_denominator=90_000),
    columns=st.sampled_from([16, 32]),
)
def test_windows_are_librosas(seed: int, level: float, gain: float, time: Fraction, columns: int) -> None:
    """Noise at any level, times inside and beyond both ends, windows of either width."""
    sound = (level * np.random.default_rng(seed).uniform(-1, 1, 20_000)).astype(np.float32)
    ours = mel.mel_windows(sound, [time], gain, columns)[0]
    np.testing.assert_allclose(ours, librosa_window(sound, time, gain, columns), atol=2e-3)


@pytest.mark.parametrize("hertz", [100.0, 440.0, 1000.0, 5000.0])
def test_tones_are_librosas(hertz: float) -> None:
    """Where most bins hold next to nothing."""
    sound = (0.3 * np.sin(2 * np.pi * hertz * np.arange(16_000) / 16_000)).astype(np.float32)
    times = [Fraction(k, 25) for k in range(25)]
    expected = np.stack([librosa_window(sound, time, 1.0) for time in times])
    np.testing.assert_allclose(mel.mel_windows(sound, times), expected, atol=2e-2)
