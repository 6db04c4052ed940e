"""E_a: a thin SE-ResNet-34 with self-attention pooling over a mel window.

After Chung et al., "In defence of metric learning for speaker recognition", Interspeech 2020, with the
supplement's changes: LeakyReLU for ReLU, instance norm for batch norm.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SLOPE = 0.2
"""LeakyReLU's slope for negative values, everywhere in our networks."""
DEPTHS = (3, 4, 6, 3)
STRIDES = (1, 2, 2, 1)


def instance_norm(channels: int) -> nn.Module:
    """Instance norm with a learned scale and shift, as group norm of one channel a group.

    The two are the same sum; PyTorch's group norm is three times faster on a processor.
    """
    return nn.GroupNorm(channels, channels)


class SqueezeExcite(nn.Module):
    """Channel gates from the global mean (Hu et al. 2018): B x c x h x w -> the same shape."""

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Returns x with each channel scaled by a gate in (0, 1)."""
        gate = F.leaky_relu(self.squeeze(x.mean(dim=(2, 3))), SLOPE)
        return x * torch.sigmoid(self.excite(gate))[:, :, None, None]


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions with instance norm, a gate and a skip.

    B x c_in x h x w -> B x c_out x h/stride x w/stride. The skip has no norm: instance norm forgets how
    loud a window is, and loudness tells an open mouth from a shut one; it survives on the skips.
    """

    def __init__(self, c_in: int, c_out: int, stride: int, gate: nn.Module) -> None:
        super().__init__()
        self.first = nn.Conv2d(c_in, c_out, 3, stride=stride, padding=1, bias=False)
        self.first_norm = instance_norm(c_out)
        self.second = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False)
        self.second_norm = instance_norm(c_out)
        self.gate = gate
        same = c_in == c_out and stride == 1
        self.skip = nn.Identity() if same else nn.Conv2d(c_in, c_out, 1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        """Returns the activated sum of the gated branch and the skip."""
        y = F.leaky_relu(self.first_norm(self.first(x)), SLOPE)
        y = self.gate(self.second_norm(self.second(y)))
        return F.leaky_relu(y + self.skip(x), SLOPE)


def residual_stages(channels: tuple[int, ...], gate: type[nn.Module]) -> nn.Sequential:
    """The four stages of the thin ResNet-34; `gate(channels)` makes the attention inside each block."""
    blocks: list[nn.Module] = []
    c_in = channels[0]
    for c_out, depth, stride in zip(channels, DEPTHS, STRIDES, strict=True):
        for index in range(depth):
            blocks.append(ResidualBlock(c_in, c_out, stride if index == 0 else 1, gate(c_out)))
            c_in = c_out
    return nn.Sequential(*blocks)


class SelfAttentionPooling(nn.Module):
    """Weighted mean over time, the weights learned from each column: B x c x t -> B x c."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(channels, channels)
        self.query = nn.Linear(channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Returns the pooled features."""
        columns = x.transpose(1, 2)  # B x t x c
        weights = torch.softmax(self.query(torch.tanh(self.hidden(columns))), dim=1)  # B x t x 1
        return torch.sum(columns * weights, dim=1)


class AudioEncoder(nn.Module):
    """E_a: mel windows B x 80 x columns in [-4, 4] -> f_a, B x feature.

    Pooling forgets which column came when; what is said at a window's middle is not what is said at its ends. So each
    pooled column has a learned code of its place, 0 at the start.
    """

    def __init__(self, channels: tuple[int, int, int, int], feature: int, columns: int) -> None:
        super().__init__()
        self.columns = columns
        self.stem = nn.Conv2d(1, channels[0], (7, 5), stride=(2, 1), padding=(3, 2))
        self.stages = residual_stages(channels, SqueezeExcite)
        self.rows = nn.Linear(10 * channels[-1], channels[-1])
        self.places = nn.Parameter(torch.zeros(columns // 4, channels[-1]))
        self.pool = SelfAttentionPooling(channels[-1])
        self.linear = nn.Linear(channels[-1], feature)

    def forward(self, mel: Tensor) -> Tensor:
        """Returns f_a. Raises ValueError for windows of another shape."""
        if mel.shape[1:] != (80, self.columns):
            raise ValueError(f"a mel window is 80 x {self.columns}, not {tuple(mel.shape[1:])}")
        x = F.leaky_relu(self.stem(mel[:, None]), SLOPE)  # B x c1 x 40 x columns
        x = self.stages(x)  # B x c4 x 10 x columns / 4
        x = F.leaky_relu(self.rows(x.permute(0, 3, 2, 1).flatten(2)) + self.places, SLOPE)  # B x columns / 4 x c4
        return self.linear(self.pool(x.transpose(1, 2)))
