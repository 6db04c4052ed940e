"""`train audio`: the generator's audio encoder learns on or anew, from landmarks and read speech alone.

No picture is drawn: a step of 64 frames costs what one of 8 does in `train radio`, or a fiftieth of it where a frozen
speech encoder has done the hearing. An encoder that learns on leaves the landmark head as it is, so that f_a goes on
meaning what the rest of the generator learned to read in it. A new one, that hears through a speech encoder, learns
with the head, and `train radio` goes on from there.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from models.audio_encoder import SLOPE
from models.data.batches import LandmarkBatch, Sampler
from models.data.clips import load_clips
from models.data.speech import SpeechWindows
from models.errors import ModelError
from models.radio.config import ARCHITECTURE, RadioConfig
from models.radio.dubber import load_net
from models.radio.motion_losses import landmark_weights, mistold
from models.radio.radio import Radio
from models.radio.training_config import AudioTraining
from models.training.config import save_config
from models.training.device import Machine
from models.training.loop import OnStep, Records, run_steps
from models.training.run import (
    Ema,
    Means,
    StepGuard,
    learning_rate,
    load_checkpoint,
    optimizer_for,
    save_checkpoint,
    set_learning_rate,
)
from models.training.start import Training
from models.weights import encoder_file, resolve, save_weights
from models.whisper.encoder import HOP, WhisperEncoder
from models.whisper.hear import hear
from models.whisper.weights import load_whisper

SILENT_COLUMNS = 500
"""Columns of features of silence, as many as the engine lets be heard at once; a tenth at either end is margin."""


class AudioBatch(NamedTuple):
    """What one step hears."""

    film: LandmarkBatch
    speech: tuple[Tensor, Tensor] | None
    """Windows of read speech and the numbers of their phones, if any."""


class Hearing(nn.Module):
    """The audio encoder of a generator, and what is read off f_a: landmarks by the generator's own head, and phones."""

    def __init__(self, net: Radio, phones: int, head_learns: bool = False) -> None:
        """Raises ModelError for a generator without a warp head, which tells no landmarks."""
        super().__init__()
        if net.decoder.landmarks is None:
            raise ModelError("`train audio` learns by landmarks; start from weights with a warp head.")
        self.audio = net.audio
        self.head = net.decoder.landmarks.requires_grad_(head_learns)
        self.phones = nn.Linear(net.config.feature, phones)

    def landmarks(self, film: LandmarkBatch) -> Tensor:
        """B x 68 x 2, shares of the side."""
        return self.head(film.points, self.audio(film.sound), film.references.mean(dim=1))

    def phone_logits(self, mel: Tensor) -> Tensor:
        """B x 80 x columns -> B x phones."""
        return self.phones(F.leaky_relu(self.audio(mel), SLOPE))


class AudioTrainer:
    """All that a run of `train audio` moves: the encoder, its optimiser, its average."""

    def __init__(self, config: AudioTraining, net: Radio, machine: Machine, phones: int) -> None:
        """Raises ModelError where `net`, the generator to start from, has no warp head."""
        self.config, self.net, self.machine = config, net, machine
        torch.manual_seed(config.run.seed)
        self.hearing = Hearing(self.net, max(phones, 1), bool(config.encoder) or config.head).to(machine.device)
        learning = [parameter for parameter in self.hearing.parameters() if parameter.requires_grad]
        self.optimizer = optimizer_for(learning, config.run, (0.9, 0.99))
        self.ema = Ema(self.net, config.ema)
        self.means, self.guard = Means(), StepGuard()
        self.weights = landmark_weights().to(machine.device)

    def step(self, step: int, batch: AudioBatch) -> dict[str, Tensor]:
        """One optimisation step; returns its losses."""
        set_learning_rate(self.optimizer, learning_rate(step, self.config.run))
        film = LandmarkBatch(*(part.to(self.machine.device) for part in batch.film))
        with self.machine.autocast():
            told = self.hearing.landmarks(film)
        losses = {"landmarks": mistold(told.float(), film.points, self.weights, self.config.sample.frames)}
        total = losses["landmarks"]
        if batch.speech is not None:
            mel, phones = (part.to(self.machine.device) for part in batch.speech)
            with self.machine.autocast():
                logits = self.hearing.phone_logits(mel).float()
            losses["phones"] = F.cross_entropy(logits, phones)
            losses["phones right"] = (logits.argmax(dim=1) == phones).float().mean()
            total = total + self.config.phones * losses["phones"]
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        if self.guard.admit(self.hearing.parameters()):
            self.optimizer.step()
        if (step + 1) % self.config.ema_every == 0:
            self.ema.update(self.net)
        return losses | {"skipped": torch.tensor(float(self.guard.skipped))}

    def tensors(self) -> dict[str, Tensor]:
        """The generator's weights, averaged; what did not learn stands still."""
        return self.ema.weights

    def state(self, step: int) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {
            "step": step,
            "hearing": self.hearing.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "ema": self.ema.state(),
            "means": self.means.state(),
            "guard": self.guard.state(),
            "architecture": ARCHITECTURE,
        }

    def load(self, state: dict[str, Any]) -> int:
        """From a checkpoint; returns the first step to do."""
        self.hearing.load_state_dict(state["hearing"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.ema.load(state["ema"])
        self.means, self.guard = Means(state["means"]), StepGuard(state["guard"])
        return int(state["step"])


def _generator(config: AudioTraining) -> Radio:
    """The generator to start from, with a new audio encoder where the config asks for one.

    Raises ModelError where none is named, or it is missing or damaged.
    """
    if not config.start:
        raise ModelError("`train audio` goes on from a generator; name its weights (--set start=FILE.safetensors).")
    start = load_net(resolve(config.start))
    if not config.encoder:
        return start
    torch.manual_seed(config.run.seed)
    net = Radio(dataclasses.replace(start.config, speech=config.encoder))
    kept = {name: tensor for name, tensor in start.state_dict().items() if not name.startswith("audio.")}
    net.load_state_dict(net.state_dict() | kept)
    return net


def silences(encoder: WhisperEncoder, config: RadioConfig) -> NDArray[np.float32]:
    """What is heard of digital silence and of hiss from -90 to -55 dB under full scale: K x rows x columns.

    Where nothing is said, features tell little but their place in the piece of sound; so windows of many places.
    """
    rng, width = np.random.default_rng(3), config.speech_columns
    levels = [0.0, *(10 ** (decibels / 20) for decibels in range(-90, -50, 5))]
    heard = [hear(encoder, (rng.normal(0, 1, SILENT_COLUMNS * HOP) * level).astype(np.float32)) for level in levels]
    places = range(SILENT_COLUMNS // 10, SILENT_COLUMNS - SILENT_COLUMNS // 10, 4)
    return np.stack([columns[place : place + width].T for columns in heard for place in places])


def train_audio(config: AudioTraining, data: Path, folder: Path, machine: Machine, on_step: OnStep) -> Path:
    """Trains, or goes on where `folder` left off; returns the generator's weights, `folder/<name>.safetensors`."""
    folder.mkdir(parents=True, exist_ok=True)
    run, checkpoint, net = config.run, folder / "checkpoint.pt", _generator(config)
    if config.speech and net.config.speech:
        raise ModelError("a speech encoder knows its phones; train its audio encoder without `speech`.")
    columns, weights = net.config.mel_columns, folder / f"{net.config.name}.safetensors"
    speech = SpeechWindows(Path(config.speech), columns, config.sample.augment) if config.speech else None
    trainer = AudioTrainer(config, net, machine, len(speech.phones) if speech else 0)
    first = trainer.load(load_checkpoint(checkpoint)) if checkpoint.exists() else 0
    if run.compile:
        net.audio.compile()
    save_config(config, folder / "config.json")
    sampler = Sampler(load_clips(data), config.sample, columns, run.seed, speech=bool(net.config.speech))
    if net.config.speech and config.silence:
        sampler.teach_silence(config.silence, silences(load_whisper(encoder_file(net.config.speech)), net.config))

    def make(step: int) -> AudioBatch:
        rng = np.random.default_rng((run.seed, step, 5))
        return AudioBatch(sampler.landmark_batch(step), speech.batch(rng, config.speech_batch) if speech else None)

    def save(step: int) -> None:
        save_checkpoint(checkpoint, trainer.state(step))
        save_weights(weights, trainer.tensors(), net.config)

    run_steps(run, first, make, trainer.step, Records(folder, trainer.means, on_step, save))
    return weights


TRAINING = Training(AudioTraining(), lambda config, at: train_audio(config, at.data, at.folder, at.machine, at.on_step))
