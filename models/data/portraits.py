"""Portraits as `prepare --portraits` leaves them: faces that clips' lips are put on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError

FORMAT = 1
"""Version of the folder layout; `prepare --portraits` writes the same number."""


@dataclass(frozen=True)
class Portraits:
    """N portraits."""

    pictures: NDArray[np.uint8]
    """N x C x C x 3, RGB: the `face` crop with the margin that clips have."""
    points: NDArray[np.float32]
    """N x 68 x 3: landmarks with depth, as shares of the crop's side; less is nearer."""

    def __len__(self) -> int:
        return len(self.pictures)


def load_portraits(root: Path) -> Portraits:
    """The portraits in `root`. Raises ModelError where they are missing, damaged or of another version."""
    try:
        meta = json.loads((root / "portraits.json").read_text())
        found = Portraits(np.load(root / "pictures.npy", mmap_mode="r"), np.load(root / "points.npy"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{root} holds no prepared portraits ({error}); run `prepare --portraits` first.") from error
    if meta.get("format") != FORMAT:
        raise ModelError(f"{root} was prepared by another version of Redub; run `prepare --portraits` again.")
    return found
