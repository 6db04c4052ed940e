"""G: six modulated decoder layers from coarse to fine, the last two attending to the reference."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.radio.attention import VitBlock
from models.radio.config import LAYERS, RadioConfig
from models.radio.encoders import SLOPE
from models.radio.modulation import ModulatedConv

LIFT = 2.0
"""Mean, in standard deviations, of the features that carry the copy of the reference at first."""


def upsample(x: Tensor) -> Tensor:
    """Twice the height and width, bilinear: B x c x h x w -> B x c x 2h x 2w."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class DecoderLayer(nn.Module):
    """Two modulated 3 x 3 convolutions, attention between them where asked, and a 1 x 1 to RGB.

    x: B x c_in x h x w, style: B x 1024w -> B x c_out x H x H and B x 3 x H x H; H = 2h where `up`. The
    first convolution runs before the upsampling, as StyleGAN2's transposed one does, at a quarter of the
    cost of one behind it.
    """

    def __init__(self, c_in: int, c_out: int, style: int, up: bool, vit: VitBlock | None) -> None:
        super().__init__()
        self.up = up
        self.first = ModulatedConv(c_in, c_out, 3, style)
        self.vit = vit
        self.second = ModulatedConv(c_out, c_out, 3, style)
        self.rgb = ModulatedConv(c_out, 3, 1, style, demodulate=False)
        with torch.no_grad():
            self.rgb.weight.mul_(0.1)  # at first, next to nothing but what `start_as_copy` draws

    @torch.no_grad()
    def start_as_copy(self) -> None:
        """Sets the weights that pass the attention's copy of the reference picture on to RGB unchanged.

        The attention draws it into the first three features and negated into the next three. These six are
        lifted well above nought, so that the activation lets both signs through, alike otherwise, so that
        all else cancels in their difference, and kept apart by the second convolution.
        """
        self.first.weight[3:6] = self.first.weight[:3]
        self.first.bias[:6] = LIFT
        self.second.weight[:, :6] = 0
        self.second.weight[:6] = 0
        self.second.weight[range(6), range(6), 1, 1] = 1
        self.rgb.weight[:, :6] = 0
        self.rgb.weight[range(3), range(3)] = 0.5
        self.rgb.weight[range(3), range(3, 6)] = -0.5

    def forward(
        self, x: Tensor, style: Tensor, reference: Tensor | None, need_weights: bool
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Returns (features, RGB, attention maps)."""
        x = F.leaky_relu(self.first(x, style), SLOPE)
        if self.up:
            x = upsample(x)
        maps: list[Tensor] = []
        if self.vit is not None and reference is not None:
            x, maps = self.vit(x, reference, need_weights)
        x = F.leaky_relu(self.second(x, style), SLOPE)
        return x, self.rgb(x, style), maps


class Decoder(nn.Module):
    """G: f_c, B x 512w x S/16 x S/16, and a style -> RGB, B x 3 x S x S."""

    def __init__(self, config: RadioConfig) -> None:
        super().__init__()
        channels, sizes = config.decoder_channels, config.decoder_sizes
        style = 2 * config.feature
        inputs = (config.encoder_channels[-1], *channels[:-1])
        self.layers = nn.ModuleList(
            DecoderLayer(inputs[i], channels[i], style, i >= 2, self._vit(config, i + 1, channels[i], sizes[i]))
            for i in range(LAYERS)
        )
        if config.vit_blocks:
            cast("DecoderLayer", self.layers[-1]).start_as_copy()

    @staticmethod
    def _vit(config: RadioConfig, layer: int, channels: int, size: int) -> VitBlock | None:
        """The attention of decoder layer `layer` (1 to 6): layer 5 reads E_s's features, layer 6 the picture."""
        if layer <= LAYERS - config.vit_blocks:
            return None
        ref_channels = 3 if layer == LAYERS else config.encoder_channels[0]
        dim, heads, last = config.attention_dim, config.heads, layer == LAYERS
        return VitBlock(channels, size, ref_channels, dim, heads, config.vit_layers, draws=last)

    def forward(
        self, content: Tensor, style: Tensor, fine: Tensor, reference: Tensor, need_weights: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        """Returns (RGB, maps of all attention layers in order).

        content: f_c; style: B x 1024w; fine: E_s's first features, B x 64w x S/2 x S/2; reference: B x 3 x S x S.
        """
        x, picture, maps = content, None, []
        for index, layer in enumerate(self.layers):
            source = reference if index == LAYERS - 1 else fine
            x, rgb, new = layer(x, style, source, need_weights)
            maps += new
            picture = rgb if picture is None else rgb + (upsample(picture) if layer.up else picture)
        assert picture is not None
        return picture, maps


def joined_style(f_s: Tensor, f_a: Tensor) -> Tensor:
    """The style that modulates every layer: f_s and f_a one after the other, B x 1024w."""
    return torch.cat([f_s, f_a], dim=1)
