"""What all runs share: learning-rate schedule, log, checkpoints, averaged weights."""

from __future__ import annotations

import json
import math
import pickle
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.errors import ModelError
from models.training.config import RunConfig


def learning_rate(step: int, run: RunConfig) -> float:
    """Linear warm-up, constant, then a linear fall to a twentieth over the last `decay` of the steps."""
    rise = min(1.0, (step + 1) / max(1, run.warmup))
    left = (run.steps - step) / max(1.0, run.decay * run.steps)
    return run.learning_rate * rise * max(0.05, min(1.0, left))


def set_learning_rate(optimizer: torch.optim.Optimizer, value: float) -> None:
    """Sets the rate of all parameter groups, each by its own factor ("share", 1 where it has none)."""
    for group in optimizer.param_groups:
        group["lr"] = value * group.get("share", 1.0)


class Ema:
    """An exponential moving average of a network's weights: steadier pictures than the last weights."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}
        self.updates = 0

    @torch.no_grad()
    def update(self, net: nn.Module) -> None:
        """Moves the average towards the network; faster at first, while there is little to average."""
        self.updates += 1
        decay = min(self.decay, self.updates / (self.updates + 10))
        for name, tensor in net.state_dict().items():
            self.weights[name].lerp_(tensor, 1 - decay)

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"weights": self.weights, "updates": self.updates}

    def load(self, state: Mapping[str, Any]) -> None:
        """From a checkpoint."""
        places = {name: tensor.device for name, tensor in self.weights.items()}
        self.weights = {name: tensor.to(places[name]) for name, tensor in state["weights"].items()}
        self.updates = int(state["updates"])


class Log:
    """The run's log as JSON lines; on resuming, lines from after the checkpoint are dropped."""

    def __init__(self, file: Path, from_step: int) -> None:
        self.file = file
        kept = [line for line in _lines(file) if json.loads(line)["step"] < from_step]
        file.write_text("".join(line + "\n" for line in kept))
        self.started = time.perf_counter()

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Appends one line."""
        line = {"step": step, "seconds": round(time.perf_counter() - self.started, 2)}
        line |= {name: float(f"{value:.5g}") for name, value in values.items()}
        with self.file.open("a") as out:
            out.write(json.dumps(line) + "\n")


def _lines(file: Path) -> list[str]:
    """The whole lines of a log; a kill may have left half a last one."""
    return [line for line in file.read_text().splitlines() if line.endswith("}")] if file.exists() else []


class Means:
    """Means of the losses since the last log line; a checkpoint keeps them, so that the log goes on as it was."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        self._sums: dict[str, float] = dict(state["sums"]) if state else {}
        self._counts: dict[str, int] = dict(state["counts"]) if state else {}

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"sums": dict(self._sums), "counts": dict(self._counts)}

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Adds one step's losses."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value.detach())
            self._counts[name] = self._counts.get(name, 0) + 1

    def take(self) -> dict[str, float]:
        """The means; starts anew."""
        means = {name: value / self._counts[name] for name, value in self._sums.items()}
        self._sums, self._counts = {}, {}
        return means


def save_checkpoint(file: Path, state: Mapping[str, Any]) -> None:
    """Writes a checkpoint whole or not at all."""
    temporary = file.with_suffix(".part")
    torch.save(dict(state), temporary)
    temporary.replace(file)


def load_checkpoint(file: Path) -> dict[str, Any]:
    """Reads a checkpoint: tensors and numbers only, no code. Raises ModelError where it is damaged."""
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise ModelError(f"the checkpoint {file} cannot be read ({error}); delete it to start the run anew.") from error


class StepGuard:
    """Clips gradients, and leaves out steps whose gradients are far beyond the usual or no numbers at all.

    One bad step in ten thousand would throw the weights where the next thousand cannot bring them back from.
    """

    CLIP = 2.0
    """Norm over the usual one from which gradients are scaled down to it."""
    OUTLIER = 20.0
    """Norm over the usual one from which a step is left out."""
    MEMORY = 0.98

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        self.usual: float | None = state["usual"] if state else None
        self.skipped: int = state["skipped"] if state else 0

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"usual": self.usual, "skipped": self.skipped}

    def admit(self, parameters: Iterable[nn.Parameter]) -> bool:
        """Clips the gradients in place; False where the step must not be taken, which is counted."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        norm = float(torch.nn.utils.get_total_norm(gradients))
        if not math.isfinite(norm) or (self.usual is not None and norm > self.OUTLIER * self.usual):
            self.skipped += 1
            self.usual = None if self.usual is None else self.usual / self.MEMORY  # where all are large, that is usual
            return False
        self.usual = norm if self.usual is None else self.MEMORY * self.usual + (1 - self.MEMORY) * norm
        if norm > self.CLIP * self.usual:
            for gradient in gradients:
                gradient.mul_(self.CLIP * self.usual / norm)
        return True


def optimizer_for(
    parameters: Iterable[nn.Parameter] | Iterable[dict[str, Any]], run: RunConfig, betas: tuple[float, float]
) -> torch.optim.Adam:
    """Adam in its fused form: the plain one costs as much as a small network."""
    return torch.optim.Adam(parameters, lr=run.learning_rate, betas=betas, eps=1e-8, fused=True)
