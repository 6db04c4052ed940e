"""What the pipeline needs from outside, as protocols: numpy in, numpy out."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""H x W x 3, RGB, 8 bits."""

Points = NDArray[np.float32]
"""N x 2, (x, y) in pixels of the upright frame."""


class DetectedFace(msgspec.Struct, frozen=True):
    """One face in one frame."""

    points: Points
    """68 x 2 landmarks of the iBUG 300-W scheme (0-based), in pixels of the frame."""
    score: float
    """The detector's confidence in [0, 1]."""


class LandmarkDetector(Protocol):
    """Finds faces and their 68 landmarks, frame after frame of one shot."""

    name: str

    def detect(self, image: Image) -> list[DetectedFace]:
        """The faces of an RGB frame, largest first; an empty list where there are none."""
        ...

    def reset(self) -> None:
        """Forgets what earlier frames told: called at a scene cut and before a new clip."""
        ...

    def close(self) -> None:
        """Gives its memory back."""
        ...


class Dubber(Protocol):
    """The network behind the pipeline: aligned crops and sound in, aligned crops out."""

    weights_name: str
    weights_sha256: str
    known_fit: float | None
    """The fit check's score on faces that the weights know; None where nobody measured it."""
    device: str
    """The device in use, for people: "cpu", or "cuda" and the card's name."""
    crop_size: int
    """S, the side of the crops in pixels."""
    hidden_mask: NDArray[np.float32]
    """S x S: 1 where the network draws and 0 where it sees; nothing else may be pasted."""
    attention_layers: tuple[str, ...]
    """Names of the attention layers, "5.1" to "6.2"."""
    patches: int
    """Patches along each side of the attention's grids."""

    def encode_reference(self, crop: Image) -> Any:
        """Prepares a reference crop, S x S x 3, once; the result goes back into `dub`."""
        ...

    def dub(self, crops: NDArray[np.uint8], mels: NDArray[np.float32], reference: Any) -> NDArray[np.uint8]:
        """Re-lips N crops, N x S x S x 3, to N mel windows, N x 80 x 16; returns N x S x S x 3."""
        ...

    def attention(
        self, crop: Image, mel: NDArray[np.float32], reference: Any, layer: str
    ) -> tuple[Image, NDArray[np.float32]]:
        """Re-lips one crop and tells where each patch looked.

        Returns (crop, maps): heads x patches^2 x patches^2, each row summing to 1.
        """
        ...
