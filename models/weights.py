"""Weights by name or file: what network they are for, where they come from, whether they are whole."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from models.errors import ModelError
from models.networks import Network, NetworkConfig, Weights, network, network_of
from models.tensor_file import load_tensors, read_described, save_tensors

CATALOGUE = Path(__file__).with_name("weights.toml")
RESOURCES = Path(__file__).parent.parent / "resources" / "weights"
DEFAULT = "radio-starter"
FACES = "facemesh"
"""The face detectors and the mesh."""

__all__ = [
    "DEFAULT",
    "FACES",
    "checked_file",
    "encoder_file",
    "known_encoders",
    "known_helpers",
    "known_names",
    "load_tensors",
    "read_config",
    "resolve",
    "save_weights",
]


def save_weights(file: Path, tensors: Mapping[str, Tensor], config: NetworkConfig) -> None:
    """Writes tensors as fp16 safetensors with the network's config beside them, whole or not at all."""
    described = dataclasses.asdict(config) | {"architecture": network(config.network).architecture}
    save_tensors(file, tensors, config.network, described)


def read_config(file: Path) -> NetworkConfig:
    """What a weights file says of its network. Raises ModelError where it says nothing that is known here."""
    return _read(file, network_of(file))


def _read(file: Path, spec: Network) -> NetworkConfig:
    """The same, its network being known."""
    fields = read_described(file, spec.name) or {}
    version = fields.pop("architecture", 1)
    try:
        assert spec.config is not None  # `network_of`
        config = spec.config(fields)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{file} holds weights of another architecture; give weights that `train {spec.verb}` wrote."
        ) from error
    if version != spec.architecture:
        raise ModelError(
            f"{file} holds weights of another version of {spec.title}; give weights that this version's "
            f"`train {spec.verb}` wrote."
        )
    return config


def known_names() -> list[str]:
    """The names of the weights in the catalogue that dub."""
    return [name for name, entry in _catalogue().items() if "for" not in entry]


def known_encoders() -> list[str]:
    """The names of the speech encoders in the catalogue."""
    return [name for name, entry in _catalogue().items() if entry.get("for") == "hearing"]


def known_helpers() -> dict[str, str]:
    """The weights in the catalogue that others work with, by name: what they do for them."""
    uses = {"hearing": "hears for them", "seeing": "finds faces for them"}
    return {name: uses[entry["for"]] for name, entry in _catalogue().items() if "for" in entry}


def resolve(name_or_file: str = DEFAULT) -> Weights:
    """Finds weights by catalogue name or by file and checks their hash where the catalogue knows it.

    Raises ModelError: unknown name, missing, damaged or of another architecture, or another hash.
    """
    known = known_names()
    if name_or_file in known:
        entry = _catalogue()[name_or_file]
        file, expected, fit = RESOURCES / entry["file"], entry["sha256"], entry.get("fit")
    elif name_or_file.endswith(".safetensors"):
        file, expected, fit = Path(name_or_file), None, None
    else:
        raise ModelError(
            f"no weights are called {name_or_file!r}; there are {', '.join(known)}, or give a .safetensors file."
        )
    found, spec = _checked_hash(file, expected), network_of(file)
    return Weights(file.stem, file, found, _read(file, spec), fit)


def encoder_file(name: str) -> Path:
    """The file of a speech encoder. Raises ModelError where nobody knows it, or it is missing or another."""
    if name not in known_encoders():
        raise ModelError(f"no speech encoder is called {name!r}; there are {', '.join(known_encoders())}.")
    return checked_file(name)


def checked_file(name: str) -> Path:
    """The file of weights in the catalogue. Raises ModelError where they are unknown, missing or others."""
    catalogue = _catalogue()
    if name not in catalogue:
        raise ModelError(f"no weights are called {name!r} in {CATALOGUE}; install Redub again.")
    entry = catalogue[name]
    file = RESOURCES / entry["file"]
    _checked_hash(file, entry["sha256"])
    return file


def _catalogue() -> dict[str, dict[str, Any]]:
    """All that the catalogue says, by name."""
    return tomllib.loads(CATALOGUE.read_text())


def _checked_hash(file: Path, expected: str | None) -> str:
    """A file's sha256. Raises ModelError where it is missing, or another than expected."""
    if not file.is_file():
        raise ModelError(f"the weights {file} are missing; name weights that are there (`doctor` lists them).")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if expected is not None and found != expected:
        raise ModelError(f"the weights {file} are not the ones that Redub knows (hash {found[:12]}); fetch them again.")
    return found
