"""The proposed offset: right for the same speech, modest where nothing fits."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.core.errors import MediaError
from app.engine.media.audio import network_audio
from app.engine.sound.offset_proposal import best_shift, envelope, propose_offset

RATE = 16_000


def walk(count: int, seed: int) -> NDArray[np.float64]:
    """An envelope in [0, 1] that rises and falls over about 0.1 s."""
    rng = np.random.default_rng(seed)
    smooth = np.convolve(rng.standard_normal(count + 20), np.hanning(21), "valid")
    return np.clip(0.5 + smooth / 6, 0, 1)


@settings(max_examples=60)
@given(seed=st.integers(0, 500), shift=st.integers(-150, 450), length=st.integers(300, 700))
def test_a_shifted_copy_is_found(seed: int, shift: int, length: int) -> None:
    original = walk(800, seed)
    first = max(shift, 0)
    voice = np.concatenate([walk(max(-shift, 0), seed + 1000)[: max(-shift, 0)], original[first : first + length]])
    found, confidence = best_shift(original, voice)
    assert abs(found - shift) <= 0.5
    assert 0.2 < confidence <= 1


@given(seed=st.integers(0, 500))
def test_the_same_envelope_is_certain_and_another_is_not(seed: int) -> None:
    one, other = walk(600, seed), walk(600, seed + 1000)
    assert best_shift(one, one) == (pytest.approx(0, abs=0.01), pytest.approx(1, abs=0.01))
    assert best_shift(one, other)[1] < 0.25


def test_a_rhythm_that_repeats_is_no_certainty() -> None:
    beat = (np.sin(np.arange(800) * 2 * np.pi / 50) + 1) / 2
    assert best_shift(beat, beat[100:400])[1] < 0.05


def test_silence_has_no_envelope() -> None:
    assert envelope(np.full(100, -np.inf)) is None
    assert envelope(np.full(100, -40.0)) is None


def test_silence_is_said(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE), RATE)
    with pytest.raises(MediaError, match=r"silent\.wav.*by hand"):
        propose_offset(tmp_path / "silent.wav", tmp_path / "silent.wav", tmp_path)


@pytest.mark.clips
@pytest.mark.parametrize("milliseconds", [0, 137, -480, 1042])
@pytest.mark.parametrize("level", [0, 0.01])
def test_a_real_clips_own_sound_is_put_back(clips: Path, tmp_path: Path, milliseconds: int, level: float) -> None:
    clip = clips / "train" / "grid-s1-bbaf2n.mp4"
    sound = network_audio(clip, tmp_path)[:]
    rng = np.random.default_rng(0)
    shift = milliseconds * RATE // 1000
    late = np.concatenate([np.zeros(max(-shift, 0), np.float32), sound[max(shift, 0) :]])
    noisy = 0.6 * late + level * rng.standard_normal(len(late))
    soundfile.write(tmp_path / "voice.wav", noisy, RATE, "FLOAT")
    found = propose_offset(clip, tmp_path / "voice.wav", tmp_path)
    assert abs(found.offset - Fraction(milliseconds, 1000)) <= Fraction(6, 1000)
    assert found.confidence > 0.4


@pytest.mark.clips
def test_another_speakers_other_sentence_gets_little_confidence(clips: Path, tmp_path: Path) -> None:
    own, other = (clips / "train" / name for name in ("grid-s1-bbaf2n.mp4", "grid-I-swiz3n.mp4"))
    assert propose_offset(own, other, tmp_path).confidence < propose_offset(own, own, tmp_path).confidence / 2
