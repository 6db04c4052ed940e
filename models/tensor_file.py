"""Tensors in a safetensors file, with what they are for beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from models.errors import ModelError


def save_tensors(file: Path, tensors: Mapping[str, Tensor], entry: str, described: Mapping[str, Any]) -> None:
    """Writes tensors as fp16 and `described` as JSON under the name `entry`, whole or not at all."""
    halves = {name: tensor.detach().cpu().to(torch.float16).contiguous() for name, tensor in tensors.items()}
    temporary = file.with_suffix(".part")
    # one entry: safetensors writes several in any order, and the same weights would have another hash
    save_file(halves, temporary, metadata={entry: json.dumps(described)})
    temporary.replace(file)


def load_tensors(file: Path) -> dict[str, Tensor]:
    """All tensors as float32. Raises ModelError where the file is missing or damaged."""
    try:
        with safe_open(file, framework="pt") as tensors:
            return {name: tensors.get_tensor(name).float() for name in tensors.keys()}  # noqa: SIM118 - no iterator
    except (OSError, SafetensorError) as error:
        raise _unreadable(file, error) from error


def read_described(file: Path, entry: str) -> dict[str, Any] | None:
    """What `save_tensors` was told to describe; None where the file says nothing of that name.

    Raises ModelError where the file is missing or damaged.
    """
    try:
        described = json.loads(_metadata(file)[entry])
    except (KeyError, ValueError):
        return None
    return described if isinstance(described, dict) else None


def read_entries(file: Path) -> list[str]:
    """The names under which a file describes something. Raises ModelError where it is missing or damaged."""
    return list(_metadata(file))


def _metadata(file: Path) -> dict[str, str]:
    """What stands in a file beside its tensors. Raises ModelError where it is missing or damaged."""
    try:
        with safe_open(file, framework="pt") as tensors:
            return tensors.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> ModelError:
    """The sentence for weights that cannot be read."""
    if not file.exists():
        return ModelError(f"the weights {file} are missing; name weights that are there (`doctor` lists them).")
    return ModelError(f"the weights {file} are damaged ({error}); fetch or train them again.")
