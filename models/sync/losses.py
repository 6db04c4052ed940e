"""Sync terms: contrastive and lips for the sync discriminator, cosine for a generator."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from models.points import INNER_LOWER, INNER_UPPER, LIP_POINTS


def contrastive(face: Tensor, sound: Tensor, log_temperature: Tensor) -> Tensor:
    """Symmetric InfoNCE (van den Oord et al. 2018) of N pairs of unit embeddings, N x d each.

    It raises the cosine similarity of what belongs together against all else in the batch; other times
    of the same clip are the hard negatives.
    """
    similarity = face @ sound.t() * log_temperature.exp().clamp(max=50)
    here = torch.arange(len(face), device=face.device)
    return (F.cross_entropy(similarity, here) + F.cross_entropy(similarity.t(), here)) / 2


def cosine_gap(face: Tensor, sound: Tensor) -> Tensor:
    """One minus the mean cosine similarity of N pairs of unit embeddings."""
    return 1 - torch.mean(torch.sum(face * sound, dim=1))


def lips_loss(told: Tensor, true: Tensor, opening: float) -> Tensor:
    """Distance of lips (B x 40) from the true ones: each point's, and `opening` times that of the inner lips' gap.

    A point's place has much in it that is no speech; how far the mouth is open is what a viewer sees.
    """
    gaps = (gap(told) - gap(true)).abs().mean()
    return F.smooth_l1_loss(told, true, beta=0.2) + opening * 0.1 * gaps


def gap(lips: Tensor) -> Tensor:
    """How far apart the inner lips are, B x 40 as `lip_offsets` gives them -> B."""
    y = lips.unflatten(1, (LIP_POINTS, 2))[:, :, 1]
    return (y[:, INNER_LOWER] - y[:, INNER_UPPER]).mean(dim=1)
