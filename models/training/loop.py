"""The steps of a run, whatever learns: batches made ahead, losses logged, checkpoints every few minutes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from torch import Tensor

from models.data.batches import prefetched
from models.training.config import RunConfig
from models.training.run import Log, Means

Batch = TypeVar("Batch")


class OnStep(Protocol):
    """Told after every few steps; may raise to stop the run."""

    def __call__(self, step: int, losses: dict[str, float]) -> None:
        """`step` steps are done; `losses` are the means since the last call."""


class Records(NamedTuple):
    """Where a run is written down."""

    folder: Path
    means: Means
    on_step: OnStep
    save: Callable[[int], None]
    """Writes a checkpoint of so many steps."""


def run_steps(
    run: RunConfig,
    first: int,
    make: Callable[[int], Batch],
    take: Callable[[int, Batch], dict[str, Tensor]],
    records: Records,
) -> None:
    """Takes the steps from `first` on, each with the batch made for it, and saves at the end."""
    log, saved = Log(records.folder / "log.jsonl", first), time.perf_counter()
    for step, batch in prefetched(make, first, run.steps):
        records.means.add(take(step, batch))
        if (step + 1) % run.log_every == 0:
            log.write(step, recent := records.means.take())
            records.on_step(step + 1, recent)
        if time.perf_counter() - saved > run.checkpoint_minutes * 60:
            records.save(step + 1)
            saved = time.perf_counter()
    records.save(max(first, run.steps))
