"""Voice activity: none in silence, the same at any gain, speech found where it is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.core.errors import Cancelled
from app.engine.media.audio import Wav, network_audio
from app.engine.progress import CancelToken
from app.engine.sound.activity import (
    HANGOVER,
    STEP,
    file_activity,
    sound_levels,
    step_edges,
    voice_activity,
    wav_activity,
)

RATE = 16_000


def speech(seconds: float, rng: np.random.Generator, rate: int = RATE) -> NDArray[np.float32]:
    """A buzz with formant-like harmonics and syllables of 4 Hz that never fade out wholly."""
    time = np.arange(int(seconds * rate)) / rate
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.7 * time + rng.uniform(0, 6))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    buzz = sum(np.sin(k * phase) / k for k in range(1, 12))
    return (0.2 * buzz * (0.75 + 0.25 * np.sin(2 * np.pi * 4 * time))).astype(np.float32)


def noise(seconds: float, level: float, rng: np.random.Generator) -> NDArray[np.float32]:
    return (level * rng.standard_normal(int(seconds * RATE))).astype(np.float32)


def bursts(
    gaps: list[float], lengths: list[float], level: float, seed: int
) -> tuple[NDArray[np.float32], list[tuple[float, float]]]:
    """Speech of the lengths after the gaps, in noise of the level, with the true stretches."""
    rng = np.random.default_rng(seed)
    total = sum(gaps) + sum(lengths) + 0.6
    sound, position = noise(total, level, rng), 0.0
    true: list[tuple[float, float]] = []
    for gap, length in zip(gaps, lengths, strict=True):
        position += gap
        first = int(position * RATE)
        piece = speech(length, rng)
        sound[first : first + len(piece)] += piece
        true.append((position, position + length))
        position += length
    return sound, true


@pytest.mark.parametrize("seconds", [0, 0.005, 1, 61])
def test_digital_silence_has_no_voice(seconds: float) -> None:
    assert voice_activity(np.zeros(int(seconds * RATE), np.float32)) == ()


@pytest.mark.parametrize("level", [1e-5, 1e-3, 0.3])
def test_steady_noise_has_no_voice(level: float) -> None:
    assert voice_activity(noise(20, level, np.random.default_rng(1))) == ()


def test_neither_offset_nor_hum_nor_tone_is_voice() -> None:
    time = np.arange(5 * RATE) / RATE
    for sound in (np.full(5 * RATE, 0.5), 0.1 * np.sin(2 * np.pi * 50 * time), 0.5 * np.sin(2 * np.pi * 1000 * time)):
        assert voice_activity(sound.astype(np.float32)) == ()


def test_click_is_no_voice() -> None:
    sound = noise(5, 1e-3, np.random.default_rng(2))
    sound[30_000:30_100] = 0.9
    assert voice_activity(sound) == ()


@settings(max_examples=25)
@given(
    spans=st.lists(st.tuples(st.floats(0.4, 1.5), st.floats(0.3, 2)), min_size=1, max_size=5),
    level=st.sampled_from([1e-5, 1e-3, 0.01, 0.03]),
    seed=st.integers(0, 999),
)
def test_bursts_are_found_to_within_50_ms(spans: list[tuple[float, float]], level: float, seed: int) -> None:
    sound, true = bursts([gap for gap, _ in spans], [length for _, length in spans], level, seed)
    found = voice_activity(sound)
    assert len(found) == len(true)
    for item, (start, stop) in zip(found, true, strict=True):
        assert abs(float(item.start) - start) < 0.05
        assert abs(float(item.stop) - stop) < 0.05


@settings(max_examples=15)
@given(gain=st.floats(1e-3, 30), seed=st.integers(0, 99))
def test_gain_changes_nothing(gain: float, seed: int) -> None:
    sound, _ = bursts([0.5, 0.6], [0.8, 1.1], 0.01, seed)
    plain, scaled = voice_activity(sound), voice_activity(sound * np.float32(gain))
    assert len(plain) == len(scaled)
    # rounding to float32 may move a level across a threshold by one step
    for one, other in zip(plain, scaled, strict=True):
        assert abs(one.start - other.start) <= STEP
        assert abs(one.stop - other.stop) <= STEP


def test_voice_between_digital_silence_is_found() -> None:
    sound = np.zeros(4 * RATE, np.float32)
    sound[RATE : 3 * RATE] = speech(2, np.random.default_rng(3))
    (found,) = voice_activity(sound)
    assert abs(found.start - 1) < 0.05
    assert abs(found.stop - 3) < 0.05


def test_room_noise_behind_a_silent_start_is_no_voice() -> None:
    rest, true = bursts([1.0], [2.0], 1e-3, 4)
    sound = np.concatenate([np.zeros(2 * RATE, np.float32), rest])
    (found,) = voice_activity(sound)
    assert abs(float(found.start) - 2 - true[0][0]) < 0.05


def test_short_pauses_belong_to_the_voice_and_long_ones_do_not() -> None:
    short, long = float(HANGOVER) - 0.08, float(HANGOVER) + 0.08
    assert len(voice_activity(bursts([0.5, short], [1, 1], 1e-3, 5)[0])) == 1
    assert len(voice_activity(bursts([0.5, long], [1, 1], 1e-3, 5)[0])) == 2


def test_rare_speech_in_a_long_recording_is_found() -> None:
    sound, _ = bursts([150.0], [2.0], 3e-3, 6)
    assert len(voice_activity(sound)) == 1


@given(count=st.integers(0, 40_000), rate=st.integers(1000, 96_000))
def test_steps_cover_every_sample_once(count: int, rate: int) -> None:
    edges = step_edges(count, rate)
    assert edges[-1] == count
    assert (np.diff(edges) > 0).all()
    assert len(edges) - 1 == -(-Fraction(count, rate) // STEP)
    assert len(edges) == 1 or edges[0] == 0


def test_levels_are_those_of_the_samples_in_any_chunk() -> None:
    rng = np.random.default_rng(7)
    sound = noise(125, 0.1, rng)
    levels = sound_levels(sound)
    for step in (1, 5999, 6000, 6001, 12_400):
        powers = [float(np.var(sound[k * 160 : (k + 1) * 160].astype(np.float64))) for k in (step - 1, step, step + 1)]
        assert levels[step] == pytest.approx(10 * np.log10(np.mean(powers)), abs=1e-6)


def test_slow_rates_are_refused() -> None:
    with pytest.raises(ValueError, match="500 Hz"):
        voice_activity(np.zeros(1000, np.float32), 500)


def test_a_file_gives_what_its_samples_give(tmp_path: Path) -> None:
    sound, _ = bursts([0.5], [1.0], 1e-3, 8)
    path = tmp_path / "voice.wav"
    soundfile.write(path, sound, RATE)
    assert file_activity(path, tmp_path) == voice_activity(network_audio(path, tmp_path))


def test_a_decoded_sound_gives_what_its_samples_give(tmp_path: Path) -> None:
    sound, _ = bursts([0.5, 61], [1.0, 2.0], 1e-3, 9)
    path = tmp_path / "voice.wav"
    soundfile.write(path, np.stack([sound, sound], axis=1), RATE, "FLOAT")
    wav = Wav(path, RATE, 2, len(sound))
    assert wav_activity(wav) == voice_activity(sound)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        wav_activity(wav, cancel)


@pytest.mark.clips
def test_a_real_speaker_is_found_between_the_pauses(clips: Path, tmp_path: Path) -> None:
    """The sentence of this clip is heard from about 0.9 s to about 2.1 s of 3 s."""
    found = file_activity(clips / "train" / "grid-s1-bbaf2n.mp4", tmp_path)
    assert found
    assert Fraction(7, 10) < found[0].start < Fraction(12, 10)
    assert Fraction(17, 10) < found[-1].stop < Fraction(25, 10)
