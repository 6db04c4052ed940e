"""Modulated convolution with demodulation (Karras et al., StyleGAN2, CVPR 2020, section 2.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def unit_rms(x: Tensor) -> Tensor:
    """Each sample scaled to a root mean square of 1 over channels and places: B x c x h x w (or B x c) -> the same.

    Demodulation keeps the scale of what it is given and assumes that it is 1; nothing else in a decoder that starts
    from encoded features sees to that.
    """
    mean_square = x.float().square().mean(dim=tuple(range(1, x.ndim)), keepdim=True)
    return x * torch.rsqrt(mean_square + 1e-8).to(x.dtype)


class ModulatedConv(nn.Module):
    """A convolution whose input channels are scaled by a style, one style a sample.

    x: B x c_in x h x w, style: B x style_dim -> B x c_out x h x w.

    Scaling the weights by s and demodulating them is the same as scaling the input by s and the output
    by d = 1 / sqrt(sum (s w)^2): the convolution then is one for the whole batch, which on a processor is
    up to twice as fast as one a sample and never much slower (`benchmarks/modulation.py`).
    """

    def __init__(self, c_in: int, c_out: int, kernel: int, style_dim: int, demodulate: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(c_out, c_in, kernel, kernel) / (c_in * kernel * kernel) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(c_out))
        self.affine = nn.Linear(style_dim, c_in)
        nn.init.normal_(self.affine.weight, std=0.5 / style_dim**0.5)
        nn.init.ones_(self.affine.bias)
        self.demodulate = demodulate
        self.padding = kernel // 2

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Returns the convolution with the style's weights, bias added, not yet activated."""
        scale = self.affine(style)  # B x c_in
        y = F.conv2d(x * scale[:, :, None, None], self.weight, padding=self.padding)
        if not self.demodulate:
            return y + self.bias[:, None, None]
        return torch.addcmul(self.bias[:, None, None], y, self._demodulation(scale)[:, :, None, None])

    def _demodulation(self, scale: Tensor) -> Tensor:
        """d, B x c_out: one over the length of each modulated filter."""
        energy = self.weight.square().sum(dim=(2, 3))  # c_out x c_in
        return torch.rsqrt(scale.square() @ energy.t() + 1e-8)
