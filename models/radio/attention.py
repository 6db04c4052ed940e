"""ViT blocks: patches of the generated frame look for their texture in the reference (supplement, D)."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.radio.config import TOKENS_PER_SIDE
from models.radio.references import log_shares

CONTENT_AT_START = 0.1
"""Weight of a patch's content beside its position, in queries and keys, before training."""
MOUTH_CENTRE = (0.5, 0.66)
MOUTH_RADII = (0.24, 0.19)
"""The ellipse that mouths stay within, as shares of the `face` crop."""


def grid_positions(dim: int, side: int = TOKENS_PER_SIDE) -> Tensor:
    """Sine and cosine positions of a square grid: side^2 x dim, rows first (dim a multiple of 4).

    Neighbours have nearly the same code, so that a patch asks its own place in the reference first:
    the crops are aligned, and most of what it wants is there.
    """
    quarter = dim // 4
    waves = math.pi / side * torch.pow(torch.tensor(float(side)), torch.arange(quarter) / quarter)
    angle = torch.arange(side)[:, None] * waves  # side x dim/4
    line = torch.cat([angle.sin(), angle.cos()], dim=1)  # side x dim/2
    rows = line[:, None].expand(side, side, -1)
    columns = line[None].expand(side, side, -1)
    return torch.cat([rows, columns], dim=2).reshape(side * side, dim)


def reach_at_start(side: int = TOKENS_PER_SIDE) -> Tensor:
    """How firmly each patch asks for its own place before training: side^2 x 1, 1 on the face, 0 at the mouth's middle.

    A mouth that starts as a copy of the reference's has to be cancelled before another can be drawn, and for
    thousands of steps it is drawn over instead, as a blur of both. Where nothing firm is asked for, all patches
    are averaged and the layers below draw the mouth from the start.
    """
    centres = (torch.arange(side) + 0.5) / side
    x = (centres - MOUTH_CENTRE[0])[None, :] / MOUTH_RADII[0]
    y = (centres - MOUTH_CENTRE[1])[:, None] / MOUTH_RADII[1]
    return (1 - torch.exp(-(x * x + y * y))).reshape(side * side, 1)


def cosine_basis(channels: int, patch: int, dim: int) -> Tensor:
    """The first `dim` two-dimensional cosines of a patch (DCT-II), low frequencies first, channel by channel.

    dim x channels x patch x patch, orthonormal: as a convolution it codes patches, transposed it draws
    them again, softer the fewer there are.
    """
    place = torch.arange(patch) + 0.5
    wave = torch.cos(math.pi / patch * place[None, :] * torch.arange(patch)[:, None]) * (2 / patch) ** 0.5
    wave[0] *= 0.5**0.5
    order = sorted(
        (row + column, row, column, channel)
        for row in range(patch)
        for column in range(patch)
        for channel in range(channels)
    )
    basis = torch.zeros(dim, channels, patch, patch)
    for index, (_, row, column, channel) in enumerate(order[:dim]):
        basis[index, channel] = wave[row][:, None] * wave[column][None, :]
    return basis


class CrossAttention(nn.Module):
    """Multi-head attention: queries B x n x d, keys and values B x m x d -> B x n x d.

    `bias`, B x m or None, is added to the logits of each key: minus infinity hides it.
    """

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)
        with torch.no_grad():  # alike at first, so that like positions find each other
            nn.init.orthogonal_(self.query.weight, gain=3.5)
            self.key.weight.copy_(self.query.weight)

    def forward(
        self, queries: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None, need_weights: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Returns (attended, None), or with `need_weights` also the maps, B x heads x n x m, rows summing to 1."""
        return self.attend(queries, self.key(keys), self.value(values), bias, need_weights)

    def attend(
        self, queries: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None, need_weights: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """The same for keys and values that went through `key` and `value` before, as references' have."""
        q, k, v = self._split(self.query(queries)), self._split(keys), self._split(values)
        added = None if bias is None else bias[:, None, None, :].to(q.dtype)
        if need_weights:
            logits = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
            weights = torch.softmax(logits if added is None else logits + added, dim=-1)
            return self.out(self._join(weights @ v)), weights
        return self.out(self._join(F.scaled_dot_product_attention(q, k, v, attn_mask=added))), None

    def _split(self, x: Tensor) -> Tensor:
        """B x n x d -> B x heads x n x d/heads."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def _join(self, x: Tensor) -> Tensor:
        """B x heads x n x d/heads -> B x n x d."""
        return x.transpose(1, 2).flatten(2)


class Seen(NamedTuple):
    """The references as an attention layer meets them: m = 256 patches a reference, one reference after the other."""

    keys: Tensor
    """B x m x d, as `CrossAttention.key` gives them."""
    values: Tensor
    """B x m x d, as `CrossAttention.value` gives them."""
    bias: Tensor | None
    """B x m: the logarithm of how much each patch's reference may give; None where all may give alike."""


class AttentionLayer(nn.Module):
    """One attention layer Att(l, i): cross-attention and a small perceptron, both with a skip.

    The first of a block starts by fetching each patch's own place, the others by adding next to nothing.
    """

    def __init__(self, dim: int, heads: int, first: bool) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.attention = CrossAttention(dim, heads)
        self.mlp_norm = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
        nn.init.constant_(self.norm.weight, CONTENT_AT_START)
        nn.init.eye_(self.attention.value.weight)
        nn.init.zeros_(self.attention.value.bias)
        nn.init.zeros_(self.attention.out.bias)
        nn.init.eye_(self.attention.out.weight)
        with torch.no_grad():
            self.attention.out.weight.mul_(1.0 if first else 0.05)
            for parameter in self.mlp[2].parameters():
                parameter.mul_(0.02)

    def forward(
        self, tokens: Tensor, seen: Seen, positions: Tensor, need_weights: bool
    ) -> tuple[Tensor, Tensor | None]:
        """tokens B x n x d, positions n x d -> (B x n x d, maps or None)."""
        attended, weights = self.attention.attend(self.norm(tokens) + positions, *seen, need_weights)
        tokens = tokens + attended
        return tokens + self.mlp(self.mlp_norm(tokens)), weights


class VitBlock(nn.Module):
    """The attention of one decoder layer: features look at the references and are added to.

    features: B x c x r x r, references: N x c_ref x r x r -> B x c x r x r. All are cut into 16 x 16
    patches. What is asked of references is made once for all frames (`look_at`). Keys are normalised, values are not: a
    normalised patch has lost how bright and how sharp it is.

    It starts as a copy: patches are coded by cosines, each fetches the code of its own place (but for the
    mouth's where `draws`, see `reach_at_start`), and that is drawn into the features, once as it is and once
    negated, so that no activation behind it loses half. From there it learns where else to look; from random
    weights the looking alone took most of a training.
    """

    def __init__(
        self, channels: int, size: int, ref_channels: int, dim: int, heads: int, layers: int, draws: bool = False
    ) -> None:
        super().__init__()
        self.patch = patch = size // TOKENS_PER_SIDE
        self.embed = nn.Conv2d(channels, dim, patch, stride=patch)
        self.embed_reference = nn.Conv2d(ref_channels, dim, patch, stride=patch)
        self.reference_norm = nn.LayerNorm(dim)
        self.layers = nn.ModuleList(AttentionLayer(dim, heads, first=i == 0) for i in range(layers))
        self.out = nn.Linear(dim, channels * patch * patch)
        positions = grid_positions(dim)
        self.register_buffer("positions", positions, persistent=False)
        self.asked = nn.Parameter(positions * reach_at_start() if draws else positions.clone())
        self._start_as_copy(channels, ref_channels, dim)

    @torch.no_grad()
    def _start_as_copy(self, channels: int, ref_channels: int, dim: int) -> None:
        """Sets the weights that make the block a copy of the reference's own places."""
        basis = cosine_basis(ref_channels, self.patch, dim)
        self.embed_reference.weight.copy_(basis)
        self.embed_reference.bias = nn.Parameter(torch.zeros(dim))
        self.embed.weight.mul_(0.02)
        nn.init.constant_(self.reference_norm.weight, CONTENT_AT_START)
        nn.init.normal_(self.out.weight, std=0.02 / dim**0.5)
        nn.init.zeros_(self.out.bias)
        drawn = self.out.weight.view(channels, self.patch, self.patch, dim)
        copied = min(ref_channels, channels // 2)
        drawn[:copied] = basis[:, :copied].permute(1, 2, 3, 0)
        drawn[copied : 2 * copied] = -basis[:, :copied].permute(1, 2, 3, 0)

    def look_at(self, references: Tensor) -> Tensor:
        """What the layers ask references for, N x c_ref x r x r: N x layers x 2 (keys, values) x 256 x d."""
        positions: Tensor = self.positions  # type: ignore[assignment]
        values = self.embed_reference(references).flatten(2).transpose(1, 2)  # N x 256 x d
        keys = self.reference_norm(values) + positions
        each = [
            torch.stack([layer.attention.key(keys), layer.attention.value(values)], dim=1)  # type: ignore[union-attr, operator]
            for layer in self.layers
        ]
        return torch.stack(each, dim=1)

    def forward(
        self, features: Tensor, looks: Tensor, shares: Tensor, need_weights: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        """Returns the features with what the references gave, and the maps of each layer (if wanted).

        looks: B x K x layers x 2 x 256 x d, as `look_at` gives them; shares: B x K, how much each reference may give;
        maps are B x heads x 256 x 256K.
        """
        tokens = self.embed(features).flatten(2).transpose(1, 2)  # B x 256 x d
        count, patches = looks.shape[1], looks.shape[4]
        bias = None if count == 1 else log_shares(shares).repeat_interleave(patches, dim=1)
        maps: list[Tensor] = []
        for index, layer in enumerate(self.layers):
            # patches of one reference after those of another
            keys, values = (looks[:, :, index, which].flatten(1, 2) for which in (0, 1))
            tokens, weights = layer(tokens, Seen(keys, values, bias), self.asked, need_weights)
            if weights is not None:
                maps.append(weights)
        return features + self._unpatch(self.out(tokens)), maps

    def _unpatch(self, tokens: Tensor) -> Tensor:
        """B x 256 x (c p^2) -> B x c x 16p x 16p."""
        grid = tokens.transpose(1, 2).unflatten(2, (TOKENS_PER_SIDE, TOKENS_PER_SIDE))
        return F.pixel_shuffle(grid, self.patch)
