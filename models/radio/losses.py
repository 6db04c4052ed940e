"""What the generator's pictures are asked for; every term can be switched off by its weight.

L1 that counts the mouth most, on several scales; a perceptual term from our own encoders, since ImageNet's weights are
not to be had everywhere; the non-saturating adversarial loss with the R1 penalty (Mescheder et al., ICML 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from models.radio.attention import MOUTH_CENTRE, MOUTH_RADII
from models.radio.discriminator import ImageDiscriminator
from models.radio.hidden import hidden_mask


def pixel_weights(size: int, mouth: float, visible: float = 0.05) -> Tensor:
    """1 x 1 x S x S, mean 1: `visible` outside the hidden region, 1 inside, 1 + `mouth` at the mouth's middle."""
    centres = (torch.arange(size) + 0.5) / size
    x = (centres - MOUTH_CENTRE[0])[None, :] / MOUTH_RADII[0]
    y = (centres - MOUTH_CENTRE[1])[:, None] / MOUTH_RADII[1]
    hidden = torch.from_numpy(hidden_mask(size))
    weights = visible + (1 - visible) * hidden + mouth * torch.exp(-(x * x + y * y))
    return (weights / weights.mean())[None, None]


def weighted_l1(generated: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Mean absolute difference of B x 3 x S x S pictures under 1 x 1 x S x S weights."""
    return torch.mean((generated - target).abs() * weights)


def detail_l1(generated: Tensor, target: Tensor, weights: Tensor, levels: int = 3) -> Tensor:
    """L1 of the Laplacian pyramids' bands (Burt and Adelson 1983), finest first: edges and teeth count."""
    difference = generated - target  # the pyramid is linear, so one pyramid of the difference serves
    total = difference.new_zeros(())
    for _ in range(levels):
        small = F.avg_pool2d(difference, 2)
        band = difference - F.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False)
        total = total + torch.mean(band.abs() * weights)
        difference, weights = small, F.avg_pool2d(weights, 2)
    return total / levels


def feature_distance(generated: Sequence[Tensor], target: Sequence[Tensor]) -> Tensor:
    """Mean over layers of the L1 distance of features, each layer relative to the target's mean magnitude."""
    terms = [
        torch.mean((g - t.detach()).abs()) / (t.detach().abs().mean() + 1e-6)
        for g, t in zip(generated, target, strict=True)
    ]
    return torch.stack(terms).mean()


def generator_loss(scores: Tensor) -> Tensor:
    """Low where the discriminator takes generated pictures for real."""
    return F.softplus(-scores).mean()


def discriminator_loss(real: Tensor, generated: Tensor) -> Tensor:
    """Low where real pictures score high and generated ones low."""
    return F.softplus(-real).mean() + F.softplus(generated).mean()


def r1_penalty(discriminator: ImageDiscriminator, real: Tensor) -> Tensor:
    """Half the mean squared gradient of the summed scores at real pictures."""
    real = real.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return 0.5 * gradient.square().sum(dim=(1, 2, 3)).mean()
