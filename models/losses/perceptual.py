"""Perceptual terms from our own encoders: ImageNet's weights are not to be had everywhere."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def feature_distance(generated: Sequence[Tensor], target: Sequence[Tensor]) -> Tensor:
    """Mean over layers of the L1 distance of features, each layer relative to the target's mean magnitude."""
    terms = [
        torch.mean((g - t.detach()).abs()) / (t.detach().abs().mean() + 1e-6)
        for g, t in zip(generated, target, strict=True)
    ]
    return torch.stack(terms).mean()
