"""Properties of the mel windows and of the voice's gain."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.engine.media.mel import BINS, COLUMNS, HOP, LIMIT, RATE, mel_windows, span_of, speech_gain
from app.engine.media.mono import StoredSound

SPAN = span_of(COLUMNS)
TIMES = st.fractions(Fraction(-1), Fraction(3), max_denominator=90_000)


def noise(seed: int, samples: int = 2 * RATE, level: float = 0.2) -> NDArray[np.float32]:
    """White noise."""
    return np.random.default_rng(seed).normal(0, level, samples).astype(np.float32)


def shaped_speech(seed: int, seconds: int = 4) -> NDArray[np.float32]:
    """Noise whose loudness comes and goes, never below -46 dBFS."""
    swing = 0.55 + 0.45 * np.sin(2 * np.pi * 1.5 * np.arange(seconds * RATE) / RATE)
    return (noise(seed, seconds * RATE) * swing).astype(np.float32)


@given(times=st.lists(TIMES, max_size=12), cut=st.integers(0, 12))
@settings(max_examples=25, deadline=None)
def test_windows_do_not_depend_on_their_company(times: list[Fraction], cut: int) -> None:
    """All at once, in two parts or one by one: the same bits."""
    sound = noise(1)
    whole = mel_windows(sound, times)
    assert whole.shape == (len(times), BINS, COLUMNS)
    assert whole.dtype == np.float32
    assert np.array_equal(whole, np.concatenate([mel_windows(sound, times[:cut]), mel_windows(sound, times[cut:])]))
    for one, time in zip(whole, times, strict=True):
        assert np.array_equal(one, mel_windows(sound, iter([time]))[0])


@given(time=TIMES, level=st.floats(0, 1), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_values_stay_in_range(time: Fraction, level: float, seed: int) -> None:
    """For anything from silence to clipped noise."""
    values = mel_windows(np.clip(noise(seed, level=level), -1, 1), [time])
    assert np.isfinite(values).all()
    assert abs(values).max() <= LIMIT


@given(beyond=st.fractions(Fraction(SPAN // 2 + 1, RATE), Fraction(100), max_denominator=RATE))
@settings(max_examples=25, deadline=None)
def test_beyond_both_ends_there_is_silence(beyond: Fraction) -> None:
    """Every value is -4 where a window touches no sample."""
    sound = noise(2)
    values = mel_windows(sound, [-beyond, Fraction(len(sound), RATE) + beyond])
    assert (values == -LIMIT).all()


def test_the_ends_are_not_repeated() -> None:
    """At time 0 the left columns hear silence, not the first samples again."""
    first, last = mel_windows(noise(3), [Fraction(0), Fraction(2)])
    assert (first[:, :6] == -LIMIT).all()
    assert (last[:, -6:] == -LIMIT).all()
    assert (first[:, -6:] > -LIMIT).all()
    assert (last[:, :6] > -LIMIT).all()


def test_no_sound_at_all_is_silence() -> None:
    """An empty voice, and a silent one."""
    for sound in (np.zeros(0, np.float32), np.zeros(RATE, np.float32)):
        assert (mel_windows(sound, [Fraction(0), Fraction(1, 2)]) == -LIMIT).all()


@given(at=st.integers(SPAN, 2 * RATE - SPAN))
@settings(max_examples=25, deadline=None)
def test_an_impulse_at_the_time_lies_symmetric(at: int) -> None:
    """Column k equals column 15 - k, so the window is centred to the sample."""
    sound = np.zeros(2 * RATE, np.float32)
    sound[at] = 1
    (window,) = mel_windows(sound, [Fraction(at, RATE)])
    assert window.max() > -LIMIT
    np.testing.assert_allclose(window, window[:, ::-1], atol=1e-4)
    (aside,) = mel_windows(sound, [Fraction(at + 1, RATE)])
    assert abs(aside - aside[:, ::-1]).max() > 1e-3, "a sample to the side must show"


@given(shift=st.integers(0, 3000), time=st.fractions(Fraction(0), Fraction(1), max_denominator=RATE))
@settings(max_examples=25, deadline=None)
def test_a_later_sound_at_a_later_time_is_the_same(shift: int, time: Fraction) -> None:
    """Shifted by whole samples, sound and time together."""
    sound, time = noise(4, RATE), Fraction(round(time * RATE), RATE)
    late = np.concatenate([np.zeros(shift, np.float32), sound])
    assert np.array_equal(mel_windows(sound, [time]), mel_windows(late, [time + Fraction(shift, RATE)]))


def test_a_hop_later_is_a_column_later() -> None:
    """Neighbouring windows share their columns."""
    now, later = mel_windows(noise(5), [Fraction(1), Fraction(1) + Fraction(HOP, RATE)])
    np.testing.assert_allclose(later[:, :-1], now[:, 1:], atol=1e-5)


@given(time=TIMES, columns=st.sampled_from([2, 8, 16, 24]), gain=st.floats(0.1, 5.0))
@settings(max_examples=25, deadline=None)
def test_a_narrower_window_is_the_middle_of_a_wider(time: Fraction, columns: int, gain: float) -> None:
    """What a network hears of 32 stored columns is what it would have been given."""
    (wide,) = mel_windows(noise(7), [time], gain, 32)
    (narrow,) = mel_windows(noise(7), [time], gain, columns)
    assert narrow.shape == (BINS, columns)
    np.testing.assert_allclose(wide[:, 16 - columns // 2 : 16 + columns // 2], narrow, atol=1e-5)


@given(gain=st.floats(0.1, 5.0))
@settings(max_examples=25, deadline=None)
def test_gain_is_loudness(gain: float) -> None:
    """`gain` and a louder sound are one; in range, 8 units are 100 dB."""
    sound, times = noise(6), [Fraction(1)]
    plain, loud = mel_windows(sound, times), mel_windows(sound, times, gain)
    np.testing.assert_allclose(loud, mel_windows((sound * gain).astype(np.float32), times), atol=1e-4)
    inside = (abs(plain) < 3) & (abs(loud) < 3.99)
    np.testing.assert_allclose((loud - plain)[inside], 8 * 20 * np.log10(gain) / 100, atol=1e-3)


@given(factor=st.floats(0.2, 4.0), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_speech_gain_undoes_loudness(factor: float, seed: int) -> None:
    """A voice k times louder gets a gain k times smaller."""
    voice = shaped_speech(seed)
    np.testing.assert_allclose(factor * speech_gain((factor * voice).astype(np.float32)), speech_gain(voice), rtol=1e-4)


@given(pauses=st.integers(0, 100))
@settings(max_examples=25, deadline=None)
def test_pauses_do_not_count(pauses: int) -> None:
    """Silence of any length, before or behind, leaves the gain alone."""
    voice, silence = shaped_speech(1), np.zeros(pauses * 800, np.float32)
    expected = speech_gain(voice)
    assert speech_gain(np.concatenate([silence, voice])) == pytest.approx(expected)
    assert speech_gain(np.concatenate([voice, silence])) == pytest.approx(expected)


@given(pieces=st.integers(1, 100))
@settings(max_examples=25, deadline=None)
def test_speech_gain_does_not_depend_on_the_pieces(pieces: int) -> None:
    """Whatever the chunk, as long as it is a multiple of 50 ms."""
    voice = shaped_speech(2)
    assert speech_gain(voice, chunk=800 * pieces) == pytest.approx(speech_gain(voice), rel=1e-9)


@given(level=st.floats(0.002, 0.4))
@settings(max_examples=25, deadline=None)
def test_speech_gain_reaches_the_level(level: float) -> None:
    """A steady tone comes out at an RMS of 0.07."""
    tone = (level * np.sqrt(2) * np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE)).astype(np.float32)
    assert level * speech_gain(tone) == pytest.approx(0.07, rel=1e-3)


def test_silence_has_gain_one() -> None:
    """Nothing to go by."""
    for samples in (0, 1, 799, RATE):
        assert speech_gain(np.zeros(samples, np.float32)) == 1.0


def test_a_stored_sound_serves(tmp_path: Path) -> None:
    """Hours of sound are not read at once."""
    sound = shaped_speech(3)
    sound.tofile(tmp_path / "sound.f32")
    stored = StoredSound(tmp_path / "sound.f32")
    assert speech_gain(stored) == speech_gain(sound)
    assert np.array_equal(mel_windows(stored, [Fraction(1)]), mel_windows(sound, [Fraction(1)]))
