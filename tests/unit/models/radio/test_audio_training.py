"""`train audio`: landmarks from sound, the rest of the generator left as it is, starts that will not do."""

from __future__ import annotations

import dataclasses
import shutil
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from app.engine.sound.listener import SpeechListener
from models.data.batches import Sampler
from models.data.clips import load_clips
from models.errors import ModelError
from models.points import inner_gap
from models.radio.audio_training import AudioTrainer, silences, train_audio
from models.radio.dubber import load_net
from models.radio.motion_losses import mistold
from models.radio.radio import Radio
from models.radio.training_config import AudioTraining
from models.training.config import overridden
from models.weights import encoder_file, load_tensors, read_config, resolve, save_weights
from models.whisper.hear import hear
from models.whisper.weights import load_whisper
from tests.unit.models.runs import CPU, RADIO, interrupted, read_log, same, silent

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
    config = config_of(
        start, "encoder=whisper-base", "silence=0", "run.steps=150", "run.learning_rate=0.003", "ema_every=1"
    )
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


def test_silence_is_heard_at_shut_mouths(heard: Path) -> None:
    """In its share of the draws, and nowhere else."""
    sampler = Sampler(load_clips(heard), AudioTraining().sample, NET.mel_columns, 4, speech=True)
    hush = np.full((3, 80, 32), 9, np.float32)
    sampler.teach_silence(0.5, hush)
    batches = [sampler.landmark_batch(step) for step in range(4)]
    silent = torch.cat([(batch.sound == 9).flatten(1).all(dim=1) for batch in batches])
    gaps = torch.from_numpy(inner_gap(torch.cat([batch.points for batch in batches]).numpy()))
    assert 0.3 < float(silent.float().mean()) < 0.7
    assert gaps[silent].max() < gaps[~silent].median()


def test_silence_sounds_as_the_engine_lets_it_be_heard() -> None:
    encoder = load_whisper(encoder_file("whisper-base"))
    found = silences(encoder, dataclasses.replace(NET, speech="whisper-base", speech_dim=512, speech_columns=16))
    listener = SpeechListener(partial(hear, encoder), (512, 16))
    nothing = listener.windows(np.zeros(160000, np.float32), [Fraction(k, 2) for k in range(1, 15)], 1.0)
    assert found.shape[1:] == (512, 16) and len(found) > 100
    nearest = [np.abs(found - window).mean(axis=(1, 2)).min() for window in nothing]
    assert max(nearest) < 0.5 * nothing.std()
