"""The three networks by name, and their weights as one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from models.errors import ModelError
from models.facemesh import detectors, mesh
from models.tensor_file import load_tensors, read_described, save_tensors

_ENTRY = "facemesh"
_VERSION = 1


@dataclass(frozen=True)
class Network:
    """How one of the networks is made, and what it takes."""

    make: Callable[[], nn.Module]
    side: int
    """Of its pictures, in pixels."""


NETWORKS = {
    "short_range": Network(detectors.ShortRangeDetector, detectors.SHORT_SIDE),
    "full_range": Network(detectors.FullRangeDetector, detectors.FULL_SIDE),
    "mesh": Network(mesh.FaceMesh, mesh.SIDE),
}


def save_networks(file: Path, tensors: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Writes the tensors of the networks by name as fp16 safetensors, whole or not at all."""
    flat = {f"{name}.{key}": value for name, part in tensors.items() for key, value in part.items()}
    save_tensors(file, flat, _ENTRY, {"version": _VERSION})


def load_networks(file: Path) -> dict[str, nn.Module]:
    """The networks of a file, not to be trained. Raises ModelError where it is missing, damaged or something else."""
    described = read_described(file, _ENTRY)
    if described != {"version": _VERSION}:
        raise ModelError(f"{file} holds no face detectors and mesh that this version knows; fetch it again.")
    tensors = load_tensors(file)
    nets: dict[str, nn.Module] = {}
    for name, network in NETWORKS.items():
        nets[name] = network.make()
        prefix = f"{name}."
        try:
            nets[name].load_state_dict(
                {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
            )
        except RuntimeError as error:
            raise ModelError(f"{file} lacks tensors of {name}; fetch it again.") from error
        nets[name].eval().requires_grad_(False)
    return nets
