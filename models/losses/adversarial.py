"""Non-saturating adversarial loss with the R1 penalty (Mescheder et al., ICML 2018)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from models.radio.discriminator import ImageDiscriminator


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
