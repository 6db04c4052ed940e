"""What goes into any network that dubs and what comes out: numpy, as the engine's `Dubber` port has it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Crops = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Request(NamedTuple):
    """N frames to re-lip."""

    crops: Crops
    """N x S x S x 3."""
    sounds: Floats
    """N x rows x columns, see `NetworkConfig.sound_shape`."""
    points: Floats
    """N x 68 x 2: the frames' landmarks as shares of the side; those that the mouth moves are not looked at."""
    shares: Floats
    """N x K: how much each reference may give to each frame."""
    articulation: Floats
    """N, at least 0: how far mouths open, 1 as far as the sound asks for."""

    def rows(self, rows: slice) -> Request:
        """Some of the frames."""
        return Request(
            self.crops[rows], self.sounds[rows], self.points[rows], self.shares[rows], self.articulation[rows]
        )


class FetchedFrom(NamedTuple):
    """One generated frame and where its pixels come from; coordinates run from 0 to 1 across a crop."""

    generated: Crops
    """R x R x 3."""
    places: NDArray[np.float32]
    """K x S x S x 2: (x, y) in reference k."""
    choice: NDArray[np.float32]
    """K x S x S: how much of what was fetched came from reference k, 0 where it was not consulted; sums to 1."""
    fetched: NDArray[np.float32]
    """S x S: how much was fetched, 0 to 1; the rest was drawn."""


def as_crops(pictures: Tensor) -> Crops:
    """N x 3 x S x S in about [-1, 1] -> N x S x S x 3, 8 bits."""
    pixels = ((pictures.float() + 1) * 127.5).round_().clamp_(0, 255).to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
