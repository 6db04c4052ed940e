"""Starts a run from names and options, with a progress bar."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tqdm import tqdm

from models.training.config import RadioTraining, SyncTraining, overridden
from models.training.device import choose_machine
from models.training.train_radio import train_radio
from models.training.train_sync import train_sync


def start(network: str, data: Path, folder: Path, device: str, precision: str, changes: list[str]) -> Path:
    """Runs `train sync` or `train radio`; returns the file it wrote.

    Raises ValueError for changes that name no option, ModelError for missing data or devices.
    """
    config = overridden(SyncTraining() if network == "sync" else RadioTraining(), changes)
    machine = choose_machine(device, precision)
    if config.run.threads:
        torch.set_num_threads(config.run.threads)
    print(f"training {network} on {machine.text} into {folder}", file=sys.stderr)
    with tqdm(total=config.run.steps, unit="step", dynamic_ncols=True, mininterval=1.0) as bar:

        def on_step(step: int, losses: dict[str, float]) -> None:
            bar.set_postfix({name: f"{value:.3f}" for name, value in losses.items()}, refresh=False)
            bar.update(step - bar.n)

        trainer = train_sync if network == "sync" else train_radio
        return trainer(config, data, folder, machine, on_step)
