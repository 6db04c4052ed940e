"""What the pipeline needs from outside, as protocols: numpy in, numpy out."""

from __future__ import annotations

from typing import Protocol

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


class AttentionMap(msgspec.Struct, frozen=True):
    """Where one patch of a generated frame looked in the reference frame."""

    layer: str
    """"5.1", "5.2", "6.1" or "6.2"."""
    weights: NDArray[np.float32]
    """heads x rows x columns over the reference's patches; each head sums to 1."""
    patch: tuple[int, int]
    """(column, row) of the query patch."""
    grid: tuple[int, int]
    """(columns, rows) of patches in the generated frame."""


class Dubber(Protocol):
    """The network behind the pipeline: aligned crops and sound in, aligned crops out."""

    weights_name: str
    weights_sha256: str
    device: str
    crop_size: int

    def encode_reference(self, crop: Image) -> object:
        """Prepares a reference crop (S x S x 3) once; the result goes back into `dub`."""
        ...

    def dub(self, crops: NDArray[np.uint8], mels: NDArray[np.float32], reference: object) -> NDArray[np.uint8]:
        """Re-lips N crops (N x S x S x 3) to N mel windows (N x 80 x 16); returns N x S x S x 3."""
        ...

    def attention(
        self, crop: Image, mel: NDArray[np.float32], reference: object, layer: str, patch: tuple[int, int]
    ) -> tuple[Image, AttentionMap]:
        """Re-lips one crop and tells where `patch` (column, row) looked at `layer`."""
        ...
