"""Weights by name or file: what network they are for, where they come from, whether they are whole."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from models.errors import ModelError
from models.radio.config import ARCHITECTURE, RadioConfig

CATALOGUE = Path(__file__).with_name("weights.toml")
RESOURCES = Path(__file__).parent.parent / "resources" / "weights"
DEFAULT = "radio-starter"


@dataclass(frozen=True)
class Weights:
    """A weights file that was found and checked."""

    name: str
    file: Path
    sha256: str
    config: RadioConfig
    fit: float | None
    """The fit check's score on faces that the weights know (see the model card); None where it was not measured."""


def save_weights(file: Path, tensors: Mapping[str, Tensor], config: RadioConfig) -> None:
    """Writes tensors as fp16 safetensors with the network's config beside them, whole or not at all."""
    halves = {name: tensor.detach().cpu().to(torch.float16).contiguous() for name, tensor in tensors.items()}
    temporary = file.with_suffix(".part")
    described = dataclasses.asdict(config) | {"architecture": ARCHITECTURE}
    # one entry: safetensors writes several in any order, and the same weights would have another hash
    save_file(halves, temporary, metadata={"radio": json.dumps(described)})
    temporary.replace(file)


def load_tensors(file: Path) -> dict[str, Tensor]:
    """All tensors as float32. Raises ModelError where the file is missing or damaged."""
    try:
        with safe_open(file, framework="pt") as tensors:
            return {name: tensors.get_tensor(name).float() for name in tensors.keys()}  # noqa: SIM118 - no iterator
    except (OSError, SafetensorError) as error:
        raise _unreadable(file, error) from error


def read_config(file: Path) -> RadioConfig:
    """The network that a weights file is for. Raises ModelError where it does not say."""
    try:
        with safe_open(file, framework="pt") as tensors:
            metadata = tensors.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise _unreadable(file, error) from error
    try:
        fields = json.loads(metadata["radio"])
        version = fields.pop("architecture", 1)
        fields["audio_channels"] = tuple(fields["audio_channels"])
        config = RadioConfig(**fields)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{file} holds weights of another architecture; give weights that `train radio` wrote."
        ) from error
    if version != ARCHITECTURE:
        raise ModelError(
            f"{file} holds weights of another version of RADIO; give weights that this version's `train radio` wrote."
        )
    return config


def _unreadable(file: Path, error: Exception) -> ModelError:
    """The sentence for weights that cannot be read."""
    if not file.exists():
        return ModelError(f"the weights {file} are missing; name weights that are there (`doctor` lists them).")
    return ModelError(f"the weights {file} are damaged ({error}); fetch or train them again.")


def known_names() -> list[str]:
    """The names in the catalogue."""
    return list(tomllib.loads(CATALOGUE.read_text()))


def resolve(name_or_file: str = DEFAULT) -> Weights:
    """Finds weights by catalogue name or by file and checks their hash where the catalogue knows it.

    Raises ModelError: unknown name, missing, damaged or of another architecture, or another hash.
    """
    known = tomllib.loads(CATALOGUE.read_text())
    if name_or_file in known:
        entry = known[name_or_file]
        file, expected, fit = RESOURCES / entry["file"], entry["sha256"], entry.get("fit")
    elif name_or_file.endswith(".safetensors"):
        file, expected, fit = Path(name_or_file), None, None
    else:
        raise ModelError(
            f"no weights are called {name_or_file!r}; there are {', '.join(known)}, or give a .safetensors file."
        )
    if not file.is_file():
        raise ModelError(f"the weights {file} are missing; name weights that are there (`doctor` lists them).")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if expected is not None and found != expected:
        raise ModelError(f"the weights {file} are not the ones that Redub knows (hash {found[:12]}); fetch them again.")
    return Weights(file.stem, file, found, read_config(file), fit)
