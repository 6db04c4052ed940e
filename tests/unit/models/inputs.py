"""Random inputs for a network of any size."""

from __future__ import annotations

import torch
from torch import Tensor

from models.radio.config import RadioConfig
from models.radio.radio import Inputs


def face_points(*shape: int) -> Tensor:
    """... x 68 x 2 landmarks well inside the picture, near each other's places as those of one face are."""
    usual = torch.rand(68, 2, generator=torch.Generator().manual_seed(5)) * 0.6 + 0.2
    return usual + 0.02 * torch.randn(*shape, 68, 2)


def frames_of(config: RadioConfig, count: int = 2, requires_grad: bool = False) -> Inputs:
    """`count` frames: noise."""
    size = config.size
    parts = torch.randn(count, 3, size, size), torch.randn(count, *config.sound_shape), face_points(count)
    return Inputs(*(part.requires_grad_(requires_grad) for part in parts))


def references_of(config: RadioConfig, count: int = 2, references: int = 2) -> tuple[Tensor, Tensor]:
    """(pictures, count x references x 3 x S x S: noise; their landmarks)."""
    size = config.size
    return torch.randn(count, references, 3, size, size), face_points(count, references)
