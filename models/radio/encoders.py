"""E_c and E_s: residual-down encoders of the hidden target frame and of the reference (supplement, A)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.audio_encoder import SLOPE
from models.radio.config import RadioConfig
from models.radio.modulation import unit_rms


def start_as_he(conv: nn.Conv2d) -> None:
    """Weights that keep the variance of what LeakyReLU lets through (He et al., ICCV 2015), and no bias.

    PyTorch's own start shrinks it by half in each layer, and its biases are what is left after ten of them.
    """
    nn.init.kaiming_normal_(conv.weight, a=SLOPE)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)


class ResidualDown(nn.Module):
    """Two 3 x 3 convolutions with LeakyReLU and a 1 x 1 convolution as skip; halves height and width.

    B x c_in x h x w -> B x c_out x h/2 x w/2. The first convolution does the halving: at a quarter of
    the pixels the block costs a quarter.
    """

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(c_in, c_out, 3, stride=2, padding=1)
        self.second = nn.Conv2d(c_out, c_out, 3, padding=1)
        self.skip = nn.Conv2d(c_in, c_out, 1)
        for conv in (self.first, self.second, self.skip):
            start_as_he(conv)

    def forward(self, x: Tensor) -> Tensor:
        """Returns the block's output, scaled so that the sum of both ways keeps its variance."""
        y = F.leaky_relu(self.first(x), SLOPE)
        y = F.leaky_relu(self.second(y), SLOPE)
        return (y + self.skip(F.avg_pool2d(x, 2))) * 0.5**0.5


class ConvBlock(nn.Module):
    """A 3 x 3 convolution and LeakyReLU at the same size: B x c_in x h x w -> B x c_out x h x w."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 3, padding=1)
        start_as_he(self.conv)

    def forward(self, x: Tensor) -> Tensor:
        """Returns the activated convolution."""
        return F.leaky_relu(self.conv(x), SLOPE)


class ContentEncoder(nn.Module):
    """E_c: B x 3 x S x S in [-1, 1], lower face hidden -> f_c, B x 512w x S/16 x S/16."""

    def __init__(self, config: RadioConfig) -> None:
        super().__init__()
        channels = config.encoder_channels
        self.down = nn.Sequential(*(ResidualDown(i, o) for i, o in zip((3, *channels[:-1]), channels, strict=True)))
        self.tail = nn.Sequential(ConvBlock(channels[-1], channels[-1]), ConvBlock(channels[-1], channels[-1]))

    def forward(self, hidden: Tensor) -> Tensor:
        """Returns f_c, what the generator starts from: root mean square 1."""
        return unit_rms(self.tail(self.down(hidden)))


class ReferenceFeatures(NamedTuple):
    """What E_s tells of reference frames."""

    feature: Tensor
    """f_s, B x 512w, root mean square 1."""
    fine: Tensor
    """B x 64w x S/2 x S/2, features of the first block, for the attention of layer 5."""
    middle: Tensor
    """B x 128w x S/4 x S/4, features of the second, for the warp head."""


class ReferenceEncoder(nn.Module):
    """E_s: B x 3 x S x S -> f_s and the features of its first two blocks."""

    def __init__(self, config: RadioConfig) -> None:
        super().__init__()
        channels = config.encoder_channels
        self.down = nn.ModuleList(ResidualDown(i, o) for i, o in zip((3, *channels[:-1]), channels, strict=True))
        self.tail = nn.Sequential(ConvBlock(channels[-1], channels[-1]), ConvBlock(channels[-1], channels[-1]))
        self.linear = nn.Linear(channels[-1], config.feature)

    def forward(self, reference: Tensor) -> ReferenceFeatures:
        """Returns what the frames tell."""
        found = [self.down[0](reference)]
        for block in self.down[1:]:
            found.append(block(found[-1]))
        pooled = torch.mean(self.tail(found[-1]), dim=(2, 3))
        feature = unit_rms(F.leaky_relu(self.linear(pooled), SLOPE))
        return ReferenceFeatures(feature, found[0], found[1])
