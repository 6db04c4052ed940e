"""Starts a run from names and options, with a progress bar."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import torch
from tqdm import tqdm

from models.data.synthetic import MouthPainter
from models.training.config import AudioTraining, RadioTraining, RunConfig, SyncTraining, overridden
from models.training.device import choose_machine
from models.training.loop import OnStep
from models.training.train_audio import train_audio
from models.training.train_radio import train_radio
from models.training.train_sync import train_sync


def start(
    network: str,
    data: Path,
    folder: Path,
    device: str,
    precision: str,
    changes: list[str],
    painter: MouthPainter | None = None,
) -> Path:
    """Runs `train sync`, `train radio` or `train audio`; returns the file it wrote. `painter`: see `train_radio`.

    Raises ValueError for changes that name no option, ModelError for missing data or devices.
    """
    machine = choose_machine(device, precision)
    print(f"training {network} on {machine.text} into {folder}", file=sys.stderr)
    if network == "sync":
        sync: SyncTraining = overridden(SyncTraining(), changes)
        with _bar(sync.run) as on_step:
            return train_sync(sync, data, folder, machine, on_step)
    if network == "audio":
        audio: AudioTraining = overridden(AudioTraining(), changes)
        with _bar(audio.run) as on_step:
            return train_audio(audio, data, folder, machine, on_step)
    radio: RadioTraining = overridden(RadioTraining(), changes)
    if not radio.sync:
        print("no sync discriminator (--set sync=FILE): the perceptual, lips and sync terms are off", file=sys.stderr)
    with _bar(radio.run) as on_step:
        return train_radio(radio, data, folder, machine, on_step, painter)


@contextmanager
def _bar(run: RunConfig) -> Generator[OnStep]:
    """A progress bar over the run's steps; also sets the number of threads that the run asks for."""
    if run.threads:
        torch.set_num_threads(run.threads)
    tqdm.monitor_interval = 0  # no thread of its own that outlives the run
    with tqdm(total=run.steps, unit="step", dynamic_ncols=True, mininterval=1.0) as bar:

        def on_step(step: int, losses: dict[str, float]) -> None:
            bar.set_postfix({name: f"{value:.3f}" for name, value in losses.items()}, refresh=False)
            bar.update(step - bar.n)

        yield on_step
