"""What fixes any training run, saved beside it; each network adds its own."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class RunConfig:
    """What every run has."""

    steps: int = 4000
    seed: int = 1
    learning_rate: float = 3e-4
    warmup: int = 100
    decay: float = 0.3
    """Share of the steps, at the end, over which the learning rate falls to a twentieth."""
    checkpoint_minutes: float = 10.0
    log_every: int = 10
    sheet_every: int = 250
    """Steps between contact sheets."""
    threads: int = 0
    """Processor threads; 0 leaves the choice to torch."""
    compile: bool = False
    """Whether torch compiles the audio encoder of `train sync` first: a minute or two, and a C++ compiler, for steps in
    half the time. All of the generator takes longer to compile than it saves."""


def save_config(config: DataclassInstance, file: Path) -> None:
    """Writes the config as JSON."""
    file.write_text(json.dumps(dataclasses.asdict(config), indent=1) + "\n")


def overridden(config: Any, changes: list[str]) -> Any:
    """The config with changes like "run.steps=2000" applied.

    Raises ValueError naming the change for unknown names and for values of another type.
    """
    for change in changes:
        path, _, text = change.partition("=")
        config = _replaced(config, path.split("."), text, change)
    return config


def _replaced(config: Any, path: list[str], text: str, change: str) -> Any:
    """`config` with the field at `path` set to what `text` says."""
    names: set[str] = set(getattr(config, "__dataclass_fields__", ()))
    if path[0] not in names:
        there = f"there are {', '.join(sorted(names))}" if names else "it has no options of its own"
        raise ValueError(f"{change!r} names no option at {path[0]!r}; {there}")
    old = getattr(config, path[0])
    if len(path) > 1:
        return dataclasses.replace(config, **{path[0]: _replaced(old, path[1:], text, change)})
    try:
        value = text if isinstance(old, str) else json.loads(text)
    except json.JSONDecodeError:
        raise ValueError(f"{change!r} has no value that reads as {type(old).__name__}") from None
    if isinstance(old, tuple) and isinstance(value, list):
        value = tuple(value)
    if isinstance(old, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(old):
        raise ValueError(f"{change!r} wants a {type(old).__name__}")
    return dataclasses.replace(config, **{path[0]: value})
