"""Whisper's spectrogram against librosa's filters."""

from __future__ import annotations

import librosa
import numpy as np

from models.whisper.encoder import mel_filters


def test_the_filters_are_librosas() -> None:
    theirs = librosa.filters.mel(sr=16000, n_fft=400, n_mels=80)
    np.testing.assert_allclose(mel_filters().numpy(), theirs, rtol=1e-4, atol=1e-7)
