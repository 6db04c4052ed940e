"""`train sync`: the sync discriminator learns which mouth belongs to which sound."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from models.data.batches import Sampler, SyncBatch, prefetched
from models.data.clips import PreparedClip, load_clips
from models.errors import ModelError
from models.losses.sync import contrastive
from models.sync.sync import SyncConfig, SyncNet
from models.training.config import SyncTraining, save_config
from models.training.device import Machine
from models.training.run import (
    Log,
    Means,
    learning_rate,
    load_checkpoint,
    optimizer_for,
    save_checkpoint,
    set_learning_rate,
)


class OnStep(Protocol):
    """Told after every few steps; may raise to stop the run."""

    def __call__(self, step: int, losses: dict[str, float]) -> None:
        """`step` steps are done; `losses` are the means since the last call."""


def train_sync(config: SyncTraining, data: Path, folder: Path, machine: Machine, on_step: OnStep) -> Path:
    """Trains, or goes on where `folder` left off; returns the checkpoint's file, `folder/sync.pt`."""
    folder.mkdir(parents=True, exist_ok=True)
    run, file = config.run, folder / "sync.pt"
    torch.manual_seed(run.seed)
    net = SyncNet(config.net).to(machine.device)
    optimizer = optimizer_for(net.parameters(), run, (0.9, 0.99))
    first, means = _resume(file, net, optimizer)
    save_config(config, folder / "config.json")
    sampler = Sampler(_of_speakers(load_clips(data), config.speakers), config.sample, run.seed)
    log, saved = Log(folder / "log.jsonl", first), time.perf_counter()

    def make(step: int) -> SyncBatch | tuple[Tensor, Tensor]:
        hearing = step < config.ear_steps
        return sampler.ear_batch(step, config.ear_batch) if hearing else sampler.sync_batch(step, config.clips)

    for step, batch in prefetched(make, first, run.steps):
        set_learning_rate(optimizer, learning_rate(step, run))
        if isinstance(batch, SyncBatch):
            means.add(_step(net, optimizer, batch, config, machine))
        else:
            means.add(_ear_step(net, optimizer, batch, machine))
        if (step + 1) % run.log_every == 0:
            log.write(step, recent := means.take())
            on_step(step + 1, recent)
        if time.perf_counter() - saved > run.checkpoint_minutes * 60:
            save_checkpoint(file, _state(net, optimizer, means, step + 1))
            saved = time.perf_counter()
    save_checkpoint(file, _state(net, optimizer, means, max(first, run.steps)))
    return file


def _of_speakers(clips: list[PreparedClip], names: tuple[str, ...]) -> list[PreparedClip]:
    """The clips whose speaker's name begins with one of `names`, or all."""
    return [clip for clip in clips if clip.speaker.startswith(names)] if names else clips


def _ear_step(
    net: SyncNet, optimizer: torch.optim.Optimizer, batch: tuple[Tensor, Tensor], machine: Machine
) -> dict[str, Tensor]:
    """One step of telling the lips from sound alone."""
    mel, lips = (part.to(machine.device) for part in batch)
    with machine.autocast():
        _, told = net.hear(mel)
    loss = F.smooth_l1_loss(told.float(), lips, beta=0.2)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return {"lips heard": loss}


def _step(
    net: SyncNet, optimizer: torch.optim.Optimizer, batch: SyncBatch, config: SyncTraining, machine: Machine
) -> dict[str, Tensor]:
    """One optimisation step; returns its losses."""
    crops, mel, lips = (part.to(machine.device) for part in batch)
    with machine.autocast():
        heard, told_by_sound = net.hear(mel)
        seen = net.see(crops)
    losses = {
        "sync": contrastive(seen.embedding.float(), heard.float(), net.log_temperature),
        "lips heard": F.smooth_l1_loss(told_by_sound.float(), lips, beta=0.2),
        "lips seen": F.smooth_l1_loss(seen.lips.float(), lips, beta=0.2),
    }
    total = config.contrast * losses["sync"] + config.lips * (losses["lips heard"] + losses["lips seen"])
    optimizer.zero_grad(set_to_none=True)
    total.backward()
    optimizer.step()
    with torch.no_grad():
        similarity = seen.embedding.float() @ heard.float().t()
        here = torch.arange(len(similarity), device=similarity.device)
        losses["top 1"] = (similarity.argmax(1) == here).float().mean()
        losses["cosine"] = similarity.diagonal().mean()
    return losses


def _state(net: SyncNet, optimizer: torch.optim.Optimizer, means: Means, step: int) -> dict[str, Any]:
    """What a checkpoint holds."""
    return {
        "step": step,
        "config": dataclasses.asdict(net.config),
        "net": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "means": means.state(),
    }


def _resume(file: Path, net: SyncNet, optimizer: torch.optim.Optimizer) -> tuple[int, Means]:
    """Loads a checkpoint if there is one; returns the first step to do and the means so far."""
    if not file.exists():
        return 0, Means()
    state = load_checkpoint(file)
    net.load_state_dict(state["net"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"]), Means(state["means"])


def load_sync(file: Path) -> SyncNet:
    """A trained sync discriminator, frozen. Raises ModelError where the file is missing or damaged."""
    if not file.exists():
        raise ModelError(f"the sync discriminator {file} is missing; run `python main.py train sync` first.")
    state = load_checkpoint(file)
    net = SyncNet(SyncConfig(**state["config"]))
    net.load_state_dict(state["net"])
    return net.eval().requires_grad_(False)
