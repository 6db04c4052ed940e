"""`train sync`: the sync discriminator learns which mouth belongs to which sound."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from models.data.batches import Sampler, SyncBatch
from models.data.clips import PreparedClip, load_clips
from models.data.speech import SpeechWindows
from models.errors import ModelError
from models.sync.losses import contrastive, lips_loss
from models.sync.sync import ARCHITECTURE, SyncConfig, SyncNet
from models.sync.training_config import SyncTraining
from models.training.config import save_config
from models.training.device import Machine
from models.training.loop import OnStep, Records, run_steps
from models.training.run import (
    Means,
    StepGuard,
    learning_rate,
    load_checkpoint,
    optimizer_for,
    save_checkpoint,
    set_learning_rate,
)
from models.training.start import Training


def train_sync(config: SyncTraining, data: Path, folder: Path, machine: Machine, on_step: OnStep) -> Path:
    """Trains, or goes on where `folder` left off; returns the checkpoint's file, `folder/sync.pt`."""
    folder.mkdir(parents=True, exist_ok=True)
    run, file = config.run, folder / "sync.pt"
    torch.manual_seed(run.seed)
    net = SyncNet(config.net).to(machine.device)
    optimizer = optimizer_for(net.parameters(), run, (0.9, 0.99))
    if config.start and not file.exists():
        _start_from(net, Path(config.start))
    first, means, guard = _resume(file, net, optimizer)
    if run.compile:
        net.audio.compile()
    save_config(config, folder / "config.json")
    columns = config.net.mel_columns
    sampler = Sampler(_of_speakers(load_clips(data), config.speakers), config.sample, columns, run.seed)
    speech = _speech(config)

    def make(step: int) -> SyncBatch | EarBatch:
        if step >= config.ear_steps:
            return sampler.sync_batch(step, config.clips)
        mel, lips = sampler.ear_batch(step, config.ear_batch)
        read = speech.batch(np.random.default_rng((run.seed, step, 3)), config.speech_batch) if speech else None
        return EarBatch(mel, lips, read)

    def take(step: int, batch: SyncBatch | EarBatch) -> dict[str, Tensor]:
        set_learning_rate(optimizer, learning_rate(step, run))
        if isinstance(batch, SyncBatch):
            return _step(net, optimizer, batch, config, machine, guard)
        return _ear_step(net, optimizer, batch, config, machine, guard)

    def save(step: int) -> None:
        save_checkpoint(file, _state(net, optimizer, means, guard, step))

    run_steps(run, first, make, take, Records(folder, means, on_step, save))
    return file


def _start_from(net: SyncNet, file: Path) -> None:
    """Raises ModelError for a checkpoint of another size."""
    try:
        net.load_state_dict(load_sync(file).state_dict())
    except RuntimeError as error:
        raise ModelError(f"{file} is of another size than this network; start from one alike.") from error


def _of_speakers(clips: list[PreparedClip], names: tuple[str, ...]) -> list[PreparedClip]:
    """The clips whose speaker's name begins with one of `names`, or all."""
    return [clip for clip in clips if clip.speaker.startswith(names)] if names else clips


TRAINING = Training(
    SyncTraining(), lambda config, place: train_sync(config, place.data, place.folder, place.machine, place.on_step)
)


class EarBatch(NamedTuple):
    """Sound alone for one step."""

    mel: Tensor
    """B x 80 x columns."""
    lips: Tensor
    """B x 40."""
    speech: tuple[Tensor, Tensor] | None
    """Windows of read speech and the numbers of their phones, if any."""


def _speech(config: SyncTraining) -> SpeechWindows | None:
    """The read speech, if the run has any. Raises ModelError where it has other phones than the network."""
    if not config.speech:
        return None
    speech = SpeechWindows(Path(config.speech), config.net.mel_columns, config.sample.augment)
    if len(speech.phones) != config.net.phones:
        raise ModelError(f"{config.speech} has {len(speech.phones)} phones, the network {config.net.phones}.")
    return speech


def _ear_step(
    net: SyncNet,
    optimizer: torch.optim.Optimizer,
    batch: EarBatch,
    config: SyncTraining,
    machine: Machine,
    guard: StepGuard,
) -> dict[str, Tensor]:
    """One step of telling the lips from sound alone and, where there is speech, its phones."""
    mel, lips = batch.mel.to(machine.device), batch.lips.to(machine.device)
    with machine.autocast():
        _, told = net.hear(mel)
    losses = {"lips heard": lips_loss(told.float(), lips, config.opening)}
    total = losses["lips heard"]
    if batch.speech is not None:
        windows, phones = (part.to(machine.device) for part in batch.speech)
        with machine.autocast():
            logits = net.phones(windows)
        losses["phones"] = F.cross_entropy(logits.float(), phones)
        losses["phones right"] = (logits.argmax(dim=1) == phones).float().mean()
        total = total + config.phones * losses["phones"]
    # weighted as in `_step`: the guard would take its gradients for outliers otherwise
    return losses | _taken(net, optimizer, config.lips * total, guard)


def _taken(net: SyncNet, optimizer: torch.optim.Optimizer, total: Tensor, guard: StepGuard) -> dict[str, Tensor]:
    """Takes the step, unless its gradients are far beyond the usual; returns how many were not taken so far."""
    optimizer.zero_grad(set_to_none=True)
    total.backward()
    if guard.admit(net.parameters()):
        optimizer.step()
    return {"skipped": torch.tensor(float(guard.skipped))}


def _step(
    net: SyncNet,
    optimizer: torch.optim.Optimizer,
    batch: SyncBatch,
    config: SyncTraining,
    machine: Machine,
    guard: StepGuard,
) -> dict[str, Tensor]:
    """One optimisation step; returns its losses."""
    crops, mel, lips = (part.to(machine.device) for part in batch)
    with machine.autocast():
        heard, told_by_sound = net.hear(mel)
        seen = net.see(crops)
    losses = {
        "sync": contrastive(seen.embedding.float(), heard.float(), net.log_temperature),
        "lips heard": lips_loss(told_by_sound.float(), lips, config.opening),
        "lips seen": lips_loss(seen.lips.float(), lips, config.opening),
    }
    total = config.contrast * losses["sync"] + config.lips * (losses["lips heard"] + losses["lips seen"])
    losses |= _taken(net, optimizer, total, guard)
    with torch.no_grad():
        similarity = seen.embedding.float() @ heard.float().t()
        here = torch.arange(len(similarity), device=similarity.device)
        losses["top 1"] = (similarity.argmax(1) == here).float().mean()
        losses["cosine"] = similarity.diagonal().mean()
    return losses


def _state(net: SyncNet, optimizer: torch.optim.Optimizer, means: Means, guard: StepGuard, step: int) -> dict[str, Any]:
    """What a checkpoint holds."""
    return {
        "step": step,
        "config": dataclasses.asdict(net.config),
        "net": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "means": means.state(),
        "guard": guard.state(),
        "architecture": ARCHITECTURE,
    }


def _resume(file: Path, net: SyncNet, optimizer: torch.optim.Optimizer) -> tuple[int, Means, StepGuard]:
    """Loads a checkpoint if there is one; returns the first step to do, the means so far and the guard."""
    if not file.exists():
        return 0, Means(), StepGuard()
    state = _checked(load_checkpoint(file), file)
    net.load_state_dict(state["net"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"]), Means(state["means"]), StepGuard(state["guard"])


def _checked(state: Any, file: Path) -> dict[str, Any]:
    """The checkpoint. Raises ModelError where it is no such one, or of another version of the networks."""
    if not isinstance(state, dict) or not {"config", "net"} <= state.keys():
        raise ModelError(f"{file} is no checkpoint of `train sync`; give the sync.pt that it wrote.")
    if state.get("architecture") != ARCHITECTURE:
        raise ModelError(
            f"{file} is of an earlier version of the sync discriminator; run `train sync` again into another folder."
        )
    return state


def load_sync(file: Path) -> SyncNet:
    """A trained sync discriminator, frozen. Raises ModelError where the file is missing or damaged."""
    if not file.exists():
        raise ModelError(f"the sync discriminator {file} is missing; run `python main.py train sync` first.")
    state = _checked(load_checkpoint(file), file)
    net = SyncNet(SyncConfig(**state["config"]))
    net.load_state_dict(state["net"])
    return net.eval().requires_grad_(False)
