"""The warp head: pixels that a reference has are fetched from it, at its own size, and not drawn anew.

A network of 128 pixels cannot draw the pores of a face that it does not know, and an L1 draws their mean. What it can
tell is where in a reference each pixel is to be found. That is smooth, so it can be told on a small grid and followed
on a large one: the result is as sharp as the film.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.audio_encoder import SLOPE
from models.radio.config import RadioConfig
from models.radio.encoders import start_as_he
from models.radio.landmarks import followed, identity_places, mouth_likeness
from models.radio.modulation import unit_rms
from models.radio.references import References, log_shares

REACH = 0.1
"""Most that features add to the flow, along x and y, as a share of half the side."""
TINT = 0.3
"""Largest change of a fetched pixel's colour, of a range of 2."""
OUTPUTS = 7
"""Of the head, for each place and reference: flow (x, y), score, trust, tint (red, green, blue)."""
FARTHEST = 0.5
"""The same of the whole flow: landmarks may be farther apart than features can tell."""
PREFILTER = 0.12
"""c, see `prefiltered`."""
FETCHED_AT_START = 1.5
"""Logit of fetching against drawing, before training."""


class Warp(NamedTuple):
    """Where pixels come from: K references, on a grid of h x h (half the network's size)."""

    flow: Tensor
    """B x K x 2 x h x h, (x, y), in halves of the side: from a pixel to the place in the reference."""
    score: Tensor
    """B x K x h x h: logits of the choice between references."""
    trust: Tensor
    """B x K x h x h: added to the logit of fetching where that reference is chosen. Lips that are shut in all of them
    cannot be stretched into an open mouth."""
    tint: Tensor
    """B x K x 3 x h x h: added to what is fetched, in its range of [-1, 1]: the light of now on the skin of then."""
    points: Tensor
    """B x 68 x 2: the frame's landmarks as the sound wants them, in shares of the side."""


class Composition(NamedTuple):
    """Frames as composed at R x R, and what they were composed of."""

    frame: Tensor
    """B x 3 x R x R."""
    fetched: Tensor
    """B x 3 x R x R, the references' choice alone."""
    choice: Tensor
    """B x K x R x R: how much of what was fetched came from each reference; sums to 1."""
    mask: Tensor
    """B x 1 x R x R: 1 where a pixel was fetched, 0 where it was drawn."""
    places: Tensor
    """B x K x R x R x 2: where each pixel was fetched from, (x, y) in [-1, 1]."""


class WarpHead(nn.Module):
    """Tells where in each reference every pixel is to be fetched, and how well that will do.

    A smooth flow takes the frame's landmarks to where each reference has them (`followed`). What that leaves, a small
    network adds that compares features of the decoder with those of the reference around each place, at a quarter of
    the network's size; its finer grid comes out of the coarser features (Shi et al., sub-pixel convolution, CVPR 2016).
    """

    def __init__(self, config: RadioConfig) -> None:
        super().__init__()
        wanted, known, inner = config.decoder_channels[3], config.encoder_channels[1], config.scaled(192)
        self.wanted = nn.Conv2d(wanted, inner, 3, padding=1)
        self.known = nn.Conv2d(known, inner, 3, padding=1, bias=False)
        self.moved = nn.Conv2d(2, inner, 3, padding=1, bias=False)
        self.around = nn.Conv2d(inner, inner, 3, padding=2, dilation=2)
        self.told = nn.Conv2d(inner, 4 * OUTPUTS, 3, padding=1)
        for conv in (self.wanted, self.known, self.moved, self.around, self.told):
            start_as_he(conv)
        with torch.no_grad():
            self.told.weight.mul_(0.02)

    def forward(self, wanted: Tensor, landmarks: Tensor, seen: References) -> Warp:
        """wanted: B x 256w x S/4 x S/4, features of the decoder; landmarks: B x 68 x 2, where they are to be.

        In float32 whatever the precision around it: a place must be told to a fraction of a pixel.
        """
        with torch.autocast(wanted.device.type, enabled=False):
            size = 2 * wanted.shape[-1]
            smooth = followed(landmarks, seen.points, size)
            told = self._around(wanted.float(), seen.offered.float(), smooth)
            flow = (smooth + torch.tanh(told[:, :, :2]) * REACH).clamp(-FARTHEST, FARTHEST)
            score = told[:, :, 2] + mouth_likeness(landmarks, seen.points, size)
        return Warp(flow, score, told[:, :, 3], torch.tanh(told[:, :, 4:]) * TINT, landmarks)

    def offer(self, middle: Tensor) -> Tensor:
        """What references offer, once for all frames: N x 128w x S/4 x S/4 of E_s -> N x 192w x S/4 x S/4."""
        with torch.autocast(middle.device.type, enabled=False):
            return self.known(unit_rms(middle.float()))

    def _around(self, wanted: Tensor, offered: Tensor, smooth: Tensor) -> Tensor:
        """From what lies about each place, and how it is stretched: B x K x OUTPUTS x S/2 x S/2."""
        batch, count = offered.shape[:2]
        moved = self.moved(10 * F.avg_pool2d(smooth.flatten(0, 1), 2))
        both = offered + moved.unflatten(0, (batch, count))
        x = F.leaky_relu((self.wanted(unit_rms(wanted))[:, None] + both) * 0.5**0.5, SLOPE).flatten(0, 1)
        x = F.leaky_relu(self.around(x), SLOPE)
        return F.pixel_shuffle(self.told(x), 2).unflatten(0, (batch, count))


def compose(drawn: Tensor, mask: Tensor, warp: Warp, references: Tensor, shares: Tensor) -> Composition:
    """Fetches from K references, B x K x 3 x R x R, and blends with what was drawn.

    drawn: B x 3 x S x S; mask: B x 1 x S x S, logits; shares: B x K, how much each reference may give. R is any size.
    """
    batch, count, _, size, _ = references.shape
    flow = resized(warp.flow.flatten(0, 1), size)
    places = identity_places(size, references.device) + flow.permute(0, 2, 3, 1)
    taken = F.grid_sample(
        references.flatten(0, 1).float(), places, mode="bilinear", padding_mode="border", align_corners=False
    ).unflatten(0, (batch, count))
    # what is smooth is put together on the small grid
    chosen = torch.softmax(warp.score + log_shares(shares)[:, :, None, None], dim=1)
    tint, trust = (chosen[:, :, None] * warp.tint).sum(dim=1), (chosen * warp.trust).sum(dim=1, keepdim=True)
    choice = resized(chosen, size)
    fetched = (taken * choice[:, :, None]).sum(dim=1) + resized(tint, size)
    share = torch.sigmoid(resized(mask.float(), size) + resized(trust, size))
    frame = torch.lerp(resized(drawn.float(), size), fetched, share)
    return Composition(frame, fetched, choice, share, places.unflatten(0, (batch, count)))


def prefiltered(pictures: Tensor) -> Tensor:
    """Pictures, N x 3 x R x R, sharpened by what fetching will take from them: N x 3 x R x R.

    Between two pixels a straight line is drawn. Over all places between them that leaves a wave of frequency w
    1 - (1 - cos w) / 3 of its power along each axis; [-c, 1 + 2c, -c] gives it back within a twentieth up to w = 2,
    where the film's own detail ends.
    """
    line = pictures.new_tensor([-PREFILTER, 1 + 2 * PREFILTER, -PREFILTER])
    kernel = (line[:, None] * line[None]).expand(pictures.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), kernel, groups=pictures.shape[1])


def resized(pictures: Tensor, size: int, mode: str = "bilinear") -> Tensor:
    """B x c x h x h -> B x c x size x size."""
    if pictures.shape[-1] == size:
        return pictures
    return F.interpolate(pictures, size=(size, size), mode=mode, align_corners=False)


def places_at(flow: Tensor, points: Tensor) -> Tensor:
    """Where the flow leads from given points.

    flow: B x K x 2 x h x h as in `Warp`; points: B x n x 2, shares of the side -> B x K x n x 2, shares of the side.
    """
    batch, count = flow.shape[:2]
    grid = (points * 2 - 1)[:, None, :, None].expand(batch, count, -1, 1, 2).flatten(0, 1)
    moved = F.grid_sample(flow.flatten(0, 1), grid, mode="bilinear", padding_mode="border", align_corners=False)
    return points[:, None] + moved[..., 0].transpose(1, 2).unflatten(0, (batch, count)) / 2
