"""`personalise`: a way of speaking is learned from one clip, in step, and only taken where it is better."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.errors import ModelError
from models.networks import Weights
from models.points import inner_gap
from models.radio.config import RadioConfig
from models.radio.dubber import load_net
from models.radio.personal import LEAST_FRAMES, Personal, PersonalConfig, Spoken, personalise
from models.radio.radio import Radio
from models.weights import resolve, save_weights

CONFIG = RadioConfig("tiny", 64, 0.05, vit_layers=1, heads=1, warp=True, speech="x", speech_dim=6, speech_columns=4)
SHORT = PersonalConfig(steps=120, learning_rate=3e-3, judged_every=20)
SILENCE = np.zeros((1, 6, 4), np.float32)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    """Untrained weights of a tiny generator."""
    torch.manual_seed(1)
    file = tmp_path_factory.mktemp("start") / "start.safetensors"
    save_weights(file, Radio(CONFIG).state_dict(), CONFIG)
    return resolve(str(file))


def babble(seed: int, count: int = 300) -> NDArray[np.float64]:
    """A mouth that opens and shuts at random."""
    steps = np.random.default_rng(seed).uniform(0, 1, count // 4 + 2)
    return np.interp(np.arange(count) / 4, np.arange(len(steps)), steps)


def heard(opening: NDArray[np.float64], seed: int = 0) -> NDArray[np.float32]:
    """Features that hold how far a mouth is open, among others."""
    rng = np.random.default_rng(seed)
    mixed = np.stack([opening, 1 - opening, opening**2], axis=1) @ np.random.default_rng(9).normal(size=(3, 6))
    return (mixed[:, :, None] + rng.normal(0, 0.05, (len(opening), 6, 4))).astype(np.float32)


def spoken(seed: int, count: int = 300, late: int = 0) -> Spoken:
    """A clip whose sound comes `late` frames late."""
    opening = babble(seed, count)
    points = np.full((count, 68, 2), 0.5, np.float32)
    points += np.random.default_rng(2).uniform(-0.2, 0.2, (68, 2)).astype(np.float32)
    points[:, 48:68, 1] += (0.08 * opening[:, None] * np.sin(np.linspace(0, 2 * np.pi, 20))).astype(np.float32)
    return Spoken(points, np.roll(heard(opening), late, axis=0))


def learned(weights: Weights, lesson: Spoken, config: PersonalConfig = SHORT) -> Personal:
    return personalise(weights, lesson, heard(babble(77)), SILENCE, config)


def test_the_end_of_the_clip_is_told_better_and_only_what_hears_has_changed(weights: Weights) -> None:
    start = load_net(weights).state_dict()
    found = learned(weights, spoken(3))
    assert found.tensors is not None and "nearer" in found.reason and found.late == 0
    assert found.after.distance < 0.8 * found.before.distance
    assert found.after.correlation > 0.8 and 0.5 < found.after.amplitude < 1.3
    changed = {name for name, tensor in found.tensors.items() if not torch.equal(tensor, start[name])}
    assert changed and all(name.startswith(("audio.", "decoder.landmarks.")) for name in changed)


def test_the_same_clip_gives_the_same_weights(weights: Weights) -> None:
    one, two = (learned(weights, spoken(3)).tensors for _ in range(2))
    assert one is not None and two is not None
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("late", [-3, 4])
def test_a_clip_out_of_step_is_learned_in_step(weights: Weights, tmp_path: Path, late: int) -> None:
    """As far as the network that it starts from can hear it."""
    first = learned(weights, spoken(3)).tensors
    assert first is not None
    save_weights(tmp_path / "first.safetensors", first, CONFIG)
    found = learned(resolve(str(tmp_path / "first.safetensors")), spoken(4, late=late), PersonalConfig(steps=5))
    assert found.late == late
    assert found.before.correlation > 0.8


def test_sound_that_has_nothing_to_do_with_the_mouth_teaches_nothing(weights: Weights) -> None:
    """What is learned by heart tells the end no better: the weights stay as they are."""
    lesson = spoken(3)
    found = learned(weights, lesson._replace(points=np.repeat(lesson.points[:1], 300, axis=0)), PersonalConfig(steps=1))
    assert found.tensors is None or found.after.distance < found.before.distance
    strange = heard(np.random.default_rng(5).uniform(0, 1, 300))
    other = learned(weights, Spoken(spoken(6).points, strange))
    assert other.after.distance <= other.before.distance
    assert abs(other.after.correlation) < 0.5


def test_what_shuts_other_voices_up_is_not_taken(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.radio.personal.LEAST_OPENING", 1e9)
    found = learned(weights, spoken(3))
    assert found.tensors is None and "another voice" in found.reason
    monkeypatch.undo()
    monkeypatch.setattr("models.radio.personal.SILENT_OPENING", -1.0)
    found = learned(weights, spoken(3))
    assert found.tensors is None and "silence" in found.reason


def test_silence_keeps_the_mouth_where_it_was(weights: Weights) -> None:
    """Though the clip is never silent and its mouth never shut."""
    lesson = spoken(3)
    lesson.points[:, 66, 1] += 0.1
    found = learned(weights, lesson)
    assert found.tensors is not None, found.reason
    net = load_net(weights)
    usual = torch.from_numpy(lesson.points.mean(axis=0))[None]
    gaps = []
    for tensors in (net.state_dict(), found.tensors):
        net.load_state_dict(tensors)
        with torch.no_grad():
            told = net.decoder.landmarks(usual, net.eval().audio(torch.from_numpy(SILENCE)), usual)  # type: ignore[misc]
        gaps.append(float(inner_gap(told.numpy())[0]))
    assert abs(gaps[1] - gaps[0]) < 0.011


def test_short_clips_and_weights_without_landmarks_are_refused(weights: Weights, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"{LEAST_FRAMES} are needed"):
        learned(weights, spoken(3, LEAST_FRAMES - 1))
    plain = dataclasses.replace(CONFIG, warp=False)
    save_weights(tmp_path / "plain.safetensors", Radio(plain).state_dict(), plain)
    with pytest.raises(ModelError, match="warp head"):
        learned(resolve(str(tmp_path / "plain.safetensors")), spoken(3))


def test_a_run_can_be_stopped(weights: Weights) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, _all: int) -> None:
        if done == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        personalise(weights, spoken(3), heard(babble(7)), SILENCE, SHORT, stop)
