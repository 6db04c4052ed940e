"""Where things are and how they move: the warp against landmarks, and neighbouring frames against each other."""

from __future__ import annotations

import torch
from torch import Tensor

from models.radio.warp import Warp, places_at

LIPS, JAW, NOSE, REST = 1.0, 0.5, 0.5, 0.1
"""How much the landmarks of each part count: mouth, the jaw's lower half, the nose, all that is in view anyway."""


def landmark_weights() -> Tensor:
    """68 weights with mean 1."""
    weights = torch.full((68,), REST)
    weights[4:13], weights[27:36], weights[48:] = JAW, NOSE, LIPS
    return weights / weights.mean()


def misplaced(warp: Warp, points: Tensor, reference_points: Tensor, weights: Tensor) -> Tensor:
    """Mean distance, in shares of the side, between where landmarks are fetched from and where they are.

    points: B x 68 x 2, of the frames; reference_points: B x K x 68 x 2; weights: 68. A warp is told by its
    pictures alone only where these have edges and only after it nearly fits; landmarks tell it everywhere at once.
    """
    apart = places_at(warp.flow, points) - reference_points
    return torch.mean(torch.sqrt(apart.square().sum(dim=-1) + 1e-8) * weights)


def mistold(told: Tensor, points: Tensor, weights: Tensor, frames: int) -> Tensor:
    """Mean distance, in shares of the side, of the landmarks that are told from the true ones.

    told, points: B x 68 x 2, the `frames` of a draw one after another; weights: 68. What moves between the frames of a
    draw counts as much again.
    """
    apart = told - points
    within = apart.unflatten(0, (-1, frames)).diff(dim=1) if frames > 1 else apart[:0]
    total = torch.mean(torch.sqrt(apart.square().sum(dim=-1) + 1e-8) * weights)
    return total + (torch.mean(torch.sqrt(within.square().sum(dim=-1) + 1e-8) * weights) if frames > 1 else 0)


def roughness(warp: Warp) -> Tensor:
    """Total variation of flow and tint, on average over places."""
    told = torch.cat([warp.flow, 0.2 * warp.tint], dim=2)
    return torch.mean((told[..., 1:, :] - told[..., :-1, :]).abs()) + torch.mean((told[..., 1:] - told[..., :-1]).abs())


def moved_l1(generated: Tensor, target: Tensor, weights: Tensor, frames: int) -> Tensor:
    """L1 of what changes between the `frames` consecutive pictures of a draw: (G frames) x 3 x S x S.

    What a mouth does in time is a small part of what it looks like; here it is all there is. `weights` as in
    `weighted_l1`. 0 for single frames.
    """
    drawn, real = (pictures.unflatten(0, (-1, frames)).diff(dim=1) for pictures in (generated, target))
    return torch.mean((drawn - real).abs() * weights) if frames > 1 else generated.new_zeros(())
