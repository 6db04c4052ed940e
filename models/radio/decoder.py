"""G: six modulated decoder layers from coarse to fine, the last two attending to the reference."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.audio_encoder import SLOPE
from models.radio.attention import VitBlock
from models.radio.config import LAYERS, RadioConfig
from models.radio.landmarks import LandmarkHead, LandmarkMaps, likeness_of_mouths, opened
from models.radio.modulation import ModulatedConv, unit_rms
from models.radio.references import References, log_shares
from models.radio.warp import FETCHED_AT_START, Warp, WarpHead

WARP_AFTER = 3
"""Index of the layer whose features the warp head reads: a quarter of the network's size."""
GUIDED = 3
"""Index of the first layer that is told where the landmarks are to be: an eighth of the network's size."""

GAIN = 2**0.5
"""Behind each LeakyReLU, which halves the power of what it is given (Karras et al., StyleGAN2's code)."""


def upsample(x: Tensor) -> Tensor:
    """Twice the height and width, bilinear: B x c x h x w -> B x c x 2h x 2w."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def activated(x: Tensor) -> Tensor:
    """LeakyReLU that keeps the scale."""
    return F.leaky_relu(x, SLOPE) * GAIN


class LayerOutput(NamedTuple):
    """What a decoder layer gives: H = h, or 2h where it samples up."""

    features: Tensor
    """B x c_out x H x H."""
    rgb: Tensor
    """B x 3 x H x H."""
    mask: Tensor | None
    """B x 1 x H x H: part of the logit of fetching, with a warp head."""
    maps: list[Tensor]
    """Of each attention layer, if wanted."""


class DecoderLayer(nn.Module):
    """Two modulated 3 x 3 convolutions, attention between them where asked, and a 1 x 1 to RGB.

    x: B x c_in x h x w, style: B x 1024w. The first convolution runs before the upsampling, as StyleGAN2's transposed
    one does, at a quarter of the cost of one behind it. Features come in, and go on behind the attention, with a root
    mean square of 1: demodulation passes on the scale that it is given, and twelve in a row compound it.
    """

    def __init__(self, c_in: int, c_out: int, style: int, up: bool, vit: VitBlock | None, masks: bool) -> None:
        super().__init__()
        self.up = up
        self.first = ModulatedConv(c_in, c_out, 3, style)
        self.vit = vit
        self.second = ModulatedConv(c_out, c_out, 3, style)
        self.rgb = ModulatedConv(c_out, 3, 1, style, demodulate=False)
        self.mask = ModulatedConv(c_out, 1, 1, style, demodulate=False) if masks else None
        with torch.no_grad():
            self.rgb.weight.mul_(0.1)  # at first, next to nothing
            if self.mask is not None:
                self.mask.weight.mul_(0.02)

    def forward(
        self, x: Tensor, style: Tensor, looks: Tensor | None, shares: Tensor, need_weights: bool
    ) -> LayerOutput:
        """`looks`: what this layer's attention asks K references for, see `VitBlock`; `shares`: B x K."""
        x = activated(self.first(unit_rms(x), style))
        if self.up:
            x = upsample(x)
        maps: list[Tensor] = []
        if self.vit is not None:
            x, maps = self.vit(x, looks, shares, need_weights)
        x = activated(self.second(unit_rms(x), style))
        mask = None if self.mask is None else self.mask(x, style)
        return LayerOutput(x, self.rgb(x, style), mask, maps)


class Drawn(NamedTuple):
    """What the decoder draws, before anything is fetched."""

    rgb: Tensor
    """B x 3 x S x S in about [-1, 1]."""
    mask: Tensor | None
    """B x 1 x S x S, the logit of fetching; None without a warp head, like `warp`."""
    warp: Warp | None
    maps: list[Tensor]
    """B x heads x 256 x 256K for each attention layer, if wanted."""
    kept: Tensor | None = None
    """B x k: which of the given references were consulted, where they are fewer than were given."""


class Decoder(nn.Module):
    """G: f_c, B x 512w x S/16 x S/16, a style and references -> `Drawn`."""

    def __init__(self, config: RadioConfig) -> None:
        super().__init__()
        channels, sizes = config.decoder_channels, config.decoder_sizes
        style = 2 * config.feature
        inputs = (config.encoder_channels[-1], *channels[:-1])
        self.layers = nn.ModuleList(
            DecoderLayer(
                inputs[i], channels[i], style, i >= 2, self._vit(config, i + 1, channels[i], sizes[i]), config.warp
            )
            for i in range(LAYERS)
        )
        self.fused = config.references
        self.attending = tuple(range(LAYERS - config.vit_blocks, LAYERS))
        self.landmarks = LandmarkHead(config) if config.warp else None
        guided = inputs[GUIDED:] if config.warp else ()
        self.guides = nn.ModuleList(LandmarkMaps(c) for c in guided)
        self.warp = WarpHead(config) if config.warp else None

    @staticmethod
    def _vit(config: RadioConfig, layer: int, channels: int, size: int) -> VitBlock | None:
        """The attention of decoder layer `layer` (1 to 6): layer 5 reads E_s's features, layer 6 the picture."""
        if layer <= LAYERS - config.vit_blocks:
            return None
        ref_channels = 3 if layer == LAYERS else config.encoder_channels[0]
        dim, heads, last = config.attention_dim, config.heads, layer == LAYERS
        return VitBlock(channels, size, ref_channels, dim, heads, config.vit_layers, draws=last)

    def forward(
        self, content: Tensor, style: Tensor, landmarks: Tensor | None, seen: References, need_weights: bool = False
    ) -> Drawn:
        """content: f_c; style: B x 1024w; landmarks: as `wanted` tells them; seen: K references for each of B frames.

        Where K is more than the network fuses, it consults of them for each frame the one that may give most and those
        whose mouths are most like the one that the sound asks for.
        """
        x, rgb, mask, warp = content, None, None, None
        kept = None if landmarks is None else consulted(landmarks, seen, self.fused)
        seen = seen if kept is None else seen.only(kept)
        looks = dict(zip(self.attending, seen.looks, strict=True))
        maps: list[Tensor] = []
        for index, layer in enumerate(self.layers):
            if landmarks is not None and index >= GUIDED:
                x = self.guides[index - GUIDED](unit_rms(x), landmarks)
            out: LayerOutput = layer(x, style, looks.get(index), seen.shares, need_weights)
            x, maps = out.features, maps + out.maps
            rgb, mask = _added(out.rgb, rgb), _added(out.mask, mask)
            if self.warp is not None and landmarks is not None and index == WARP_AFTER:
                warp = self.warp(x, landmarks, seen)
        assert rgb is not None
        return Drawn(rgb, None if mask is None else mask + FETCHED_AT_START, warp, maps, kept)

    def look_at(self, pictures: Tensor, fine: Tensor) -> tuple[Tensor, ...]:
        """What each attending layer asks references for, once for all frames: see `VitBlock.look_at`.

        pictures: N x 3 x S x S; fine: N x 64w x S/2 x S/2, E_s's features of them.
        """
        asked = (pictures if index == LAYERS - 1 else fine for index in self.attending)
        return tuple(
            self.layers[index].vit.look_at(of)  # type: ignore[union-attr, operator]
            for index, of in zip(self.attending, asked, strict=True)
        )

    def offer(self, middle: Tensor) -> Tensor:
        """What the warp head compares with, see `WarpHead.offer`; of no channels without one."""
        return middle[:, :0] if self.warp is None else self.warp.offer(middle)

    def wanted(self, style: Tensor, points: Tensor, seen: References, articulation: Tensor | None) -> Tensor | None:
        """Where the frames' landmarks are to be, B x 68 x 2; None without a warp head.

        style: B x 1024w; points: B x 68 x 2, the frames' own; articulation: B, see `Inputs`.
        """
        if self.landmarks is None:
            return None
        _, sound = style.chunk(2, dim=1)  # as `joined_style` joins them
        told = self.landmarks(points, sound, seen.mean(seen.points.float()))
        return told if articulation is None else opened(told, articulation)


def consulted(landmarks: Tensor, seen: References, most: int) -> Tensor | None:
    """Which `most` of K references are consulted for each frame: B x most places, in order; None where K is no more.

    The one that may give most gives the skin, so that it is always among them. landmarks: B x 68 x 2, as asked for.
    """
    if seen.shares.shape[1] <= most:
        return None
    worth = log_shares(seen.shares) + likeness_of_mouths(landmarks, seen.points.float())
    worth = worth.scatter(1, seen.shares.argmax(dim=1, keepdim=True), torch.inf)
    return worth.topk(most, dim=1).indices.sort(dim=1).values


def _added(new: Tensor | None, before: Tensor | None) -> Tensor | None:
    """A layer's part of a picture on top of the coarser ones."""
    if new is None or before is None:
        return new
    return new + (before if before.shape == new.shape else upsample(before))


def joined_style(f_s: Tensor, f_a: Tensor) -> Tensor:
    """The style that modulates every layer: f_s and f_a one after the other, B x 1024w."""
    return torch.cat([f_s, f_a], dim=1)
