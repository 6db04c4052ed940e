"""Starts a run from names and options, with a progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tqdm import tqdm

from models.data.synthetic import MouthPainter
from models.errors import ModelError
from models.networks import named, trainings
from models.training.config import RunConfig, overridden
from models.training.device import Machine, choose_machine
from models.training.loop import OnStep


class Place(NamedTuple):
    """Where a run learns and what it is given."""

    data: Path
    """The folder of `prepare`."""
    folder: Path
    """Where it writes; what lies there already is gone on from."""
    machine: Machine
    on_step: OnStep
    painter: MouthPainter | None = None
    """Paints the inside of synthetic speakers' mouths."""


class Training(NamedTuple):
    """What `train NAME` runs."""

    config: Any
    """As it stands where nothing is changed; has a field `run`, a `RunConfig`."""
    train: Callable[[Any, Place], Path]
    """(config, place) -> the file that was written."""
    advice: Callable[[Any], str] = lambda _config: ""
    """What is worth saying of a config before the run; nothing where it is empty."""


def start(
    name: str,
    data: Path,
    folder: Path,
    device: str,
    precision: str,
    changes: list[str],
    painter: MouthPainter | None = None,
) -> Path:
    """Runs `train NAME`; returns the file it wrote. `painter`: see `Place`.

    Raises ValueError for changes that name no option, ModelError for missing data or devices and unknown names.
    """
    known = trainings()
    if name not in known:
        raise ModelError(f"there is no training {name!r}; there are {', '.join(known)}.")
    training: Training = named(known[name])
    machine = choose_machine(device, precision)
    print(f"training {name} on {machine.text} into {folder}", file=sys.stderr)
    config = overridden(training.config, changes)
    if advice := training.advice(config):
        print(advice, file=sys.stderr)
    with _bar(config.run) as on_step:
        return training.train(config, Place(data, folder, machine, on_step, painter))


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
