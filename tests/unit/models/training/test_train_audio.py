"""`train audio`: landmarks from sound, the rest of the generator left as it is, starts that will not do."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
import torch

from models.data.batches import Sampler
from models.data.clips import load_clips
from models.errors import ModelError
from models.inference import load_net
from models.losses.motion import mistold
from models.radio.radio import Radio
from models.training.config import AudioTraining, overridden
from models.training.train_audio import AudioTrainer, train_audio
from models.zoo import load_tensors, read_config, resolve, save_weights
from tests.unit.models.training.test_train import CPU, RADIO, interrupted, read_log, same, silent

NET = dataclasses.replace(RADIO.net, warp=True, speech_dim=80, speech_columns=32)
TINY = ["run.warmup=5", "run.log_every=1", "sample.batch=8", "sample.reference_gap=2", "sample.apart=2"]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untrained weights of a tiny generator with a warp head."""
    torch.manual_seed(3)
    net = Radio(NET)
    with torch.no_grad():
        net.decoder.landmarks.layers[-1].weight.mul_(20)  # type: ignore[union-attr, operator, index] - as one that learned
    file = tmp_path_factory.mktemp("start") / "start.safetensors"
    save_weights(file, net.state_dict(), NET)
    return file


def config_of(start: Path, *changes: str) -> AudioTraining:
    """A short run from `start`."""
    return overridden(AudioTraining(), [*TINY, f"start={start}", *changes])


def mistold_by(weights: Path, data: Path) -> float:
    """How far the landmarks that these weights tell of the same six batches are off, on average."""
    trainer = AudioTrainer(config_of(weights), load_net(resolve(str(weights))), CPU, 0)
    sampler = Sampler(load_clips(data), trainer.config.sample, NET.mel_columns, 8)
    with torch.no_grad():
        batches = [sampler.landmark_batch(step) for step in range(6)]
        told = [mistold(trainer.hearing.landmarks(film), film.points, trainer.weights, 2) for film in batches]
    return float(torch.stack(told).mean())


def test_landmarks_are_told_better_and_nothing_but_the_ear_changes(data: Path, start: Path, tmp_path: Path) -> None:
    config = config_of(start, "run.steps=100", "run.learning_rate=0.003", "ema_every=1", "ema=0.5")
    file = train_audio(config, data, tmp_path, CPU, silent)
    assert mistold_by(file, data) < 0.97 * mistold_by(start, data)
    made, before = load_tensors(file), load_tensors(start)
    assert made.keys() == before.keys()
    changed = {name for name, tensor in made.items() if not torch.equal(tensor, before[name])}
    assert changed
    assert all(name.startswith("audio.") for name in changed)


def test_a_stopped_run_goes_on_as_if_it_had_not_been(data: Path, start: Path, tmp_path: Path) -> None:
    """To the bit."""
    config = config_of(start, "run.steps=6")
    whole = train_audio(config, data, tmp_path / "whole", CPU, silent)
    interrupted(train_audio, config, data, tmp_path / "parts", 3)
    assert read_log(tmp_path / "parts") == read_log(tmp_path / "whole")
    assert same(load_tensors(whole), load_tensors(tmp_path / "parts" / whole.name))


@pytest.fixture(scope="module")
def heard(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same clips, with features of speech: here these are the mel windows."""
    folder = tmp_path_factory.mktemp("heard")
    shutil.copytree(data, folder, dirs_exist_ok=True)
    for mels in folder.glob("*/mels.npy"):
        shutil.copy(mels, mels.with_name("speech.npy"))
    return folder


def test_a_new_encoder_of_speech_learns_with_the_head(data: Path, heard: Path, start: Path, tmp_path: Path) -> None:
    config = config_of(start, "encoder=whisper-base", "run.steps=150", "run.learning_rate=0.003", "ema_every=1")
    with pytest.raises(ModelError, match="--hear"):
        train_audio(config, data, tmp_path / "deaf", CPU, silent)
    with pytest.raises(ModelError, match="without `speech`"):
        train_audio(dataclasses.replace(config, speech="there"), heard, tmp_path / "both", CPU, silent)
    file = train_audio(config, heard, tmp_path / "run", CPU, silent)
    told = read_log(tmp_path / "run")
    assert sum(line["landmarks"] for line in told[-20:]) < 0.9 * sum(line["landmarks"] for line in told[:20])
    made, before = load_tensors(file), load_tensors(start)
    assert read_config(file) == dataclasses.replace(NET, speech="whisper-base")
    changed = {name for name, tensor in made.items() if name not in before or not torch.equal(tensor, before[name])}
    assert {name.split(".")[0] for name in changed} == {"audio", "decoder"}
    assert all(name.startswith(("audio.", "decoder.landmarks.")) for name in changed)


def test_weights_without_a_warp_head_tell_no_landmarks(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "plain.safetensors"
    save_weights(file, Radio(RADIO.net).state_dict(), RADIO.net)
    with pytest.raises(ModelError, match="warp head"):
        train_audio(config_of(file), data, tmp_path / "run", CPU, silent)


def test_a_run_needs_weights_to_go_on_from(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="start=FILE"):
        train_audio(overridden(AudioTraining(), TINY), data, tmp_path / "run", CPU, silent)
