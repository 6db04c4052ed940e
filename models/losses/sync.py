"""Sync terms: contrastive for the sync discriminator, cosine for the generator."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


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
