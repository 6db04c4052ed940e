"""Sound that is out of step is found, and paired anew."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.data.batches import SampleConfig, Sampler
from models.data.clips import in_step, load_clips
from models.errors import ModelError
from models.radio.config import RadioConfig
from models.radio.landmarks import LandmarkHead
from models.radio.radio import Radio
from models.radio.speech_encoder import SpeechAudioEncoder
from models.sync.ear import sync_ear
from models.sync.sync import SyncConfig, SyncNet
from models.training.lag import (
    REACH,
    Answer,
    Lag,
    band_levels,
    correlations,
    keep_lag,
    measure_lag,
    measure_lags,
    opening,
    ridge_lag,
)
from models.weights import save_weights
from tests.unit.models.prepared import ClipRecipe, write_coded_clip, write_talking_clip


def answer(frames: int, correlation: float = 0.9, before: float = 0.1) -> Answer:
    """One that is certain enough at .3."""
    return Answer(frames, correlation, before, 0.3)


@given(count=st.integers(0, 40), lag=st.integers(-45, 45))
def test_pictures_and_sounds_pair_up(count: int, lag: int) -> None:
    """Every picture with the sound `lag` later, as long as there is one."""
    seen, heard = in_step(count, lag)
    pairs = list(zip(range(count)[seen], range(count)[heard], strict=True))
    assert pairs == [(k, k + lag) for k in range(count) if 0 <= k + lag < count]


@given(shift=st.integers(-REACH, REACH), seed=st.integers(0, 100))
def test_a_shift_is_found(shift: int, seed: int) -> None:
    """Where the two are the same, at a correlation of one."""
    seen = np.random.default_rng(seed).normal(size=120).astype(np.float32)
    found = correlations(seen, np.roll(seen, shift))
    assert found.argmax() == shift + REACH
    assert found.max() == pytest.approx(1, abs=1e-6)


def test_a_still_mouth_correlates_with_nothing() -> None:
    moving = np.random.default_rng(1).normal(size=120).astype(np.float32)
    assert not correlations(np.zeros(120, np.float32), moving).any()
    assert not correlations(moving, np.ones(120, np.float32)).any()


def test_the_opening_is_the_inner_lips() -> None:
    lips = np.zeros((2, 20, 2), np.float32)
    lips[1, [13, 14, 15], 1], lips[1, [17, 18, 19], 1] = -0.5, 1.0
    lips[:, 0] = 9  # a corner of the mouth says nothing
    assert opening(lips.reshape(2, 40)).tolist() == [0, 1.5]


@pytest.mark.parametrize(("lag", "trained", "left"), [(3, 17, 14), (-3, 17, 14), (0, 17, 17), (3, 20, 17), (25, 20, 0)])
def test_a_kept_lag_pairs_pictures_with_their_sound(tmp_path: Path, lag: int, trained: int, left: int) -> None:
    """What may be trained on shrinks, so that no held-out sound comes into it."""
    write_coded_clip(tmp_path, ClipRecipe("clip", frames=20, train_frames=trained))
    before = json.loads((tmp_path / "clip" / "meta.json").read_text())
    keep_lag(tmp_path, Lag("clip", 0, answer(lag), answer(lag)))
    assert json.loads((tmp_path / "clip" / "meta.json").read_text()) == before | {"lag": lag, "dropped": False}
    (clip,) = load_clips(tmp_path)
    assert (clip.lag, clip.train_frames) == (lag, left)
    shown, told = clip.pictures[:, 0, 0, 0].astype(int), (clip.mels[:, 0, 0] * 100).round().astype(int)
    assert len(clip) == len(clip.points) == len(told) == max(20 - abs(lag), 0)
    assert (told - shown == lag).all()


@pytest.mark.parametrize(
    ("ear", "ridge", "frames", "dropped"),
    [
        (answer(3), answer(2), 3, False),
        (answer(3), answer(1), 1, True),
        (answer(-3), answer(3), 1, True),
        (answer(3, before=0.85), answer(1, before=0.85), 1, False),  # both are content where it stands
        (answer(3, before=0.85), answer(1, before=0.2), 1, True),
        (answer(2, before=0.85), answer(1), 1, False),
        (answer(-5), answer(3, correlation=0.4), -5, False),  # the ear is far surer
        (answer(-5), answer(3, correlation=0.5), 1, True),
        (answer(2, correlation=0.29), answer(2), 2, False),  # the ear is not certain, but not alone
        (answer(2, correlation=0.29), answer(2, before=0.85), 1, False),
    ],
)
def test_what_is_kept_when_two_are_asked(ear: Answer, ridge: Answer, frames: int, dropped: bool) -> None:
    """Of a clip that was taken to be one frame late so far."""
    lag = Lag("clip", 1, ear, ridge)
    assert lag.dropped == dropped
    if not dropped:
        assert lag.frames == frames


def babble(seed: int, count: int = 300) -> NDArray[np.float64]:
    """A mouth that opens and shuts at random, about three times a second."""
    steps = np.random.default_rng(seed).uniform(0, 1, count // 4 + 2)
    return np.interp(np.arange(count) / 4, np.arange(len(steps)), steps)


@given(late=st.integers(-REACH + 1, REACH - 1), seed=st.integers(0, 50))
@settings(max_examples=15, deadline=None)
def test_the_regression_finds_how_late_a_clip_is(
    tmp_path_factory: pytest.TempPathFactory, late: int, seed: int
) -> None:
    """From the clip alone, on top of the lag that is kept."""
    root = tmp_path_factory.mktemp("late")
    write_talking_clip(root, ClipRecipe("clip", frames=300, code=seed), babble(seed), late)
    (clip,) = load_clips(root)
    found = ridge_lag(clip)
    assert found.frames == late
    assert found.correlation > 0.9
    keep_lag(root, Lag("clip", 0, found, found))
    (clip,) = load_clips(root)
    again = ridge_lag(clip)
    assert again.frames == late
    assert again.before == again.correlation


def test_the_regression_tells_nothing_from_what_does_not_belong_together(tmp_path: Path) -> None:
    """It is judged on what it was not fitted to: fifty numbers would fit anything a little."""
    write_talking_clip(tmp_path, ClipRecipe("clip", frames=300, code=1), babble(1))
    (clip,) = load_clips(tmp_path)
    noise = np.random.default_rng(2).uniform(-4, 4, clip.mels.shape).astype(np.float16)
    found = ridge_lag(dataclasses.replace(clip, mels=noise))
    assert not found.believed


def test_bands_are_heard_around_the_middle() -> None:
    """A window's column 16 lies just behind its middle."""
    mels = np.zeros((1, 80, 32), np.float16)
    mels[0, 5:10, 19] = 2  # the second band, three columns later
    levels = band_levels(mels).reshape(3, 16)
    assert levels[2, 1] == 1
    assert np.count_nonzero(levels) == 1


def test_a_dropped_clip_is_kept_from_training(tmp_path: Path) -> None:
    write_coded_clip(tmp_path, ClipRecipe("clip"))
    keep_lag(tmp_path, Lag("clip", 0, answer(3), answer(-3)))
    meta = json.loads((tmp_path / "clip" / "meta.json").read_text())
    assert (meta["lag"], meta["dropped"]) == (None, True)
    clips = load_clips(tmp_path)
    assert (clips[0].lag, clips[0].dropped) == (0, True)
    with pytest.raises(ModelError, match="held out"):
        Sampler(clips, SampleConfig(), 16, 1)


def test_an_untaught_ear_is_not_believed(tmp_path: Path) -> None:
    """Both ways are asked, and the clip stays where it is."""
    torch.manual_seed(0)
    write_talking_clip(tmp_path, ClipRecipe("clip", frames=120, code=3), babble(3, 120))
    net = SyncNet(SyncConfig(feature=16, audio_channels=(8, 8, 8, 8), face_channels=(8, 8, 8, 8))).eval()
    found = measure_lag(load_clips(tmp_path)[0], sync_ear(net))
    assert found.ridge.frames == 0
    assert found.frames == 0


def test_a_generator_finds_a_lag_by_what_it_is_told_to_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it hears through; a generator without landmarks, and a clip without features, are refused."""
    mouth = babble(4)
    write_talking_clip(tmp_path / "clips", ClipRecipe("clip", frames=300), mouth, late=4)
    config = RadioConfig("tiny", 64, 0.05, vit_layers=1, heads=1, warp=True, speech="whisper-base", speech_dim=1)
    net = Radio(config)
    weights = tmp_path / "tiny.safetensors"
    save_weights(weights, net.state_dict(), config)
    with pytest.raises(ModelError, match="--hear whisper-base"):
        measure_lags(tmp_path / "clips", weights)
    heard = np.repeat(np.roll(mouth, 4)[:, None, None], config.speech_columns, axis=2).astype(np.float16)
    np.save(tmp_path / "clips" / "clip" / "speech.npy", heard)
    monkeypatch.setattr(SpeechAudioEncoder, "forward", lambda _self, sound: sound[:, 0, :1])
    monkeypatch.setattr(LandmarkHead, "forward", opened)
    (lag,) = measure_lags(tmp_path / "clips", weights)
    assert lag.ear.frames == lag.frames == 4 and lag.ear.correlation > 0.99
    plain = dataclasses.replace(config, warp=False)
    save_weights(weights, Radio(plain).state_dict(), plain)
    with pytest.raises(ModelError, match="warp head"):
        measure_lags(tmp_path / "clips", weights)


def opened(_head: LandmarkHead, points: torch.Tensor, told: torch.Tensor, _usual: torch.Tensor) -> torch.Tensor:
    """Landmarks whose inner lips are as far apart as f_a says."""
    found = torch.zeros_like(points)
    found[:, 66, 1] = told[:, 0]
    return found
