"""The networks by name: which one a weights file is for, and what the program and its runs may ask of it.

A network is a folder with a `spec.py` and a line in `NETWORKS`. A spec holds what dubbing takes; what only training
takes is named there and not imported, so that what ships never imports what trains.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from models.errors import ModelError
from models.tensor_file import read_entries

NETWORKS = {
    "radio": "models.radio.spec:SPEC",
    "sync": "models.sync.spec:SPEC",
}
"""Where each network's spec stands, by the name that weights files have for it."""


class NetworkConfig(Protocol):
    """What the config of any network that dubs says of it, before a weight is loaded; a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def network(self) -> str:
        """Its network's name in `NETWORKS`."""
        ...

    @property
    def name(self) -> str:
        """What its weights files are called."""
        ...

    @property
    def size(self) -> int:
        """S, the side of the crops that it takes, in pixels."""
        ...

    @property
    def speech(self) -> str:
        """The speech encoder that it hears through, by name; empty where it hears a mel spectrogram."""
        ...

    @property
    def sound_shape(self) -> tuple[int, int]:
        """Rows and columns of a window of sound."""
        ...

    @property
    def references(self) -> int:
        """The most reference frames that it fuses."""
        ...

    @property
    def warp(self) -> bool:
        """Whether it fetches pixels from the references."""
        ...

    @property
    def attention_layers(self) -> tuple[str, ...]:
        """The names of its attention layers, coarse to fine; none where it has no attention maps."""
        ...

    @property
    def patches(self) -> int:
        """Patches along each side of the maps; 0 without any."""
        ...


@dataclass(frozen=True)
class Network:
    """What a network is and does. Functions that train are written "module:function"."""

    name: str
    title: str
    """For sentences."""
    architecture: int
    """Version of its sums: weights of another one fit by shape and draw nonsense."""
    config: Callable[[Mapping[str, Any]], NetworkConfig] | None = None
    """From the fields that a weights file holds, less "architecture"; None for a network that dubs nothing.

    Raises KeyError, TypeError or ValueError for the fields of another."""
    dubber: Callable[[Weights, str, Callable[[str], None]], Any] | None = None
    """(weights, device, notify) -> what the engine's `Dubber` port asks for; raises ModelError."""
    trainings: Mapping[str, str] = field(default_factory=dict[str, str])
    """By the name after `train`: a `models.training.start.Training`."""
    ear: str = ""
    """File -> `models.training.lag.Ear`; empty where it tells no mouth from sound."""
    personal: str = ""
    """What `personalize` runs, as `models.radio.personal.learn`; empty where it cannot learn so."""

    @property
    def verb(self) -> str:
        """The name after `train` of the run that makes its weights."""
        return next(iter(self.trainings))


@dataclass(frozen=True)
class Weights:
    """A weights file that was found and checked."""

    name: str
    file: Path
    sha256: str
    config: NetworkConfig
    fit: float | None
    """The fit check's score on faces that the weights know (see the model card); None where it was not measured."""


def network(name: str) -> Network:
    """The network of that name. Raises KeyError for another."""
    spec: Network = named(NETWORKS[name])
    return spec


def named(place: str) -> Any:
    """What stands at "module:name"; the module is imported now."""
    return pkgutil.resolve_name(place)


def network_of(file: Path) -> Network:
    """The network that a weights file is for. Raises ModelError where it does not say, is missing or damaged."""
    for name in read_entries(file):
        if name in NETWORKS and network(name).config is not None:
            return network(name)
    verbs = [spec.verb for spec in map(network, NETWORKS) if spec.config is not None]
    written = " or ".join(f"`train {verb}`" for verb in verbs)
    raise ModelError(f"{file} holds weights of another architecture; give weights that {written} wrote.")


def trainings() -> dict[str, str]:
    """Where each run stands that `train` knows, by its name."""
    return {verb: place for name in NETWORKS for verb, place in network(name).trainings.items()}
