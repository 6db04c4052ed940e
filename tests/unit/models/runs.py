"""Tiny runs, and what tests of runs ask of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from models.data.batches import SampleConfig
from models.radio.config import RadioConfig
from models.radio.training_config import LossWeights, RadioTraining
from models.sync.sync import SyncConfig
from models.sync.training_config import SyncTraining
from models.training.config import RunConfig, overridden
from models.training.device import Machine
from models.training.loop import OnStep
from tests.unit.models.prepared import SIZE

CPU = Machine(torch.device("cpu"), torch.float32)
RADIO = RadioTraining(
    net=RadioConfig(
        name="tiny", size=SIZE, width=0.05, vit_layers=1, heads=1, audio_channels=(8, 8, 8, 8), mel_columns=32
    ),
    run=RunConfig(steps=6, learning_rate=2e-3, warmup=2, log_every=1, sheet_every=3),
    sample=SampleConfig(batch=2),
    loss=LossWeights(adversarial_from=0.5, r1_every=2),
    ema_every=2,
)
SYNC = SyncTraining(
    net=SyncConfig(feature=16, audio_channels=(8, 8, 8, 8), face_channels=(8, 8, 8, 8)),
    run=RunConfig(steps=6, learning_rate=2e-3, warmup=2, log_every=1),
    sample=SampleConfig(batch=6),
    clips=2,
    ear_steps=3,
    ear_batch=6,
    speech_batch=6,
)
Train = Callable[..., Path]


class StoppedError(Exception):
    """The user pressed Ctrl-C."""


def silent(step: int, losses: dict[str, float]) -> None:
    """Nobody watches."""


def stop_at(last: int) -> OnStep:
    """Stops the run once it reports that many steps or more."""

    def on_step(step: int, losses: dict[str, float]) -> None:
        if step >= last:
            raise StoppedError

    return on_step


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The log without its times."""
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def interrupted(train: Train, config: Any, data: Path, folder: Path, last: int) -> None:
    """A run that saves at every step, is stopped once it reports `last` steps, and then run to its end."""
    config = overridden(config, ["run.checkpoint_minutes=0"])
    with pytest.raises(StoppedError):
        train(config, data, folder, CPU, stop_at(last))
    assert not [thread for thread in threading.enumerate() if thread.name == "batches"]
    train(config, data, folder, CPU, silent)


def same(ours: Any, theirs: Any) -> bool:
    """Whether two checkpoints are equal through and through."""
    if isinstance(theirs, torch.Tensor):
        return torch.equal(ours, theirs)
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], value) for key, value in theirs.items())
    if isinstance(theirs, (list, tuple)):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool(ours == theirs)
