"""ViT blocks: patches of the generated frame look for their texture in the reference (supplement, D)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.radio.config import TOKENS_PER_SIDE


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


class CrossAttention(nn.Module):
    """Multi-head attention: queries B x n x d, reference B x m x d -> B x n x d."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)
        with torch.no_grad():  # alike at first, so that like positions find each other
            nn.init.orthogonal_(self.query.weight, gain=1.5)
            self.key.weight.copy_(self.query.weight)

    def forward(self, queries: Tensor, reference: Tensor, need_weights: bool = False) -> tuple[Tensor, Tensor | None]:
        """Returns (attended, None), or with `need_weights` also the maps, B x heads x n x m, rows summing to 1."""
        q, k = self._split(self.query(queries)), self._split(self.key(reference))
        v = self._split(self.value(reference))
        if need_weights:
            weights = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]), dim=-1)
            return self.out(self._join(weights @ v)), weights
        return self.out(self._join(F.scaled_dot_product_attention(q, k, v))), None

    def _split(self, x: Tensor) -> Tensor:
        """B x n x d -> B x heads x n x d/heads."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def _join(self, x: Tensor) -> Tensor:
        """B x heads x n x d/heads -> B x n x d."""
        return x.transpose(1, 2).flatten(2)


class AttentionLayer(nn.Module):
    """One attention layer Att(l, i): cross-attention and a small perceptron, both with a skip."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.attention = CrossAttention(dim, heads)
        self.mlp_norm = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(
        self, tokens: Tensor, reference: Tensor, positions: Tensor, need_weights: bool
    ) -> tuple[Tensor, Tensor | None]:
        """tokens B x n x d, reference B x m x d, positions n x d -> (B x n x d, maps or None)."""
        attended, weights = self.attention(self.norm(tokens) + positions, reference, need_weights)
        tokens = tokens + attended
        return tokens + self.mlp(self.mlp_norm(tokens)), weights


class VitBlock(nn.Module):
    """The attention of one decoder layer: features look at the reference and are added to.

    features: B x c x r x r, reference: B x c_ref x r_ref x r_ref -> B x c x r x r. Both are cut into
    16 x 16 patches.
    """

    def __init__(self, channels: int, size: int, ref_channels: int, ref_size: int, dim: int, heads: int, layers: int):
        super().__init__()
        patch, ref_patch = size // TOKENS_PER_SIDE, ref_size // TOKENS_PER_SIDE
        self.patch = patch
        self.embed = nn.Conv2d(channels, dim, patch, stride=patch)
        self.embed_reference = nn.Conv2d(ref_channels, dim, ref_patch, stride=ref_patch)
        self.reference_norm = nn.LayerNorm(dim)
        self.layers = nn.ModuleList(AttentionLayer(dim, heads) for _ in range(layers))
        self.out = nn.Linear(dim, channels * patch * patch)
        nn.init.normal_(self.out.weight, std=0.3 / dim**0.5)
        self.register_buffer("positions", grid_positions(dim), persistent=False)

    def forward(self, features: Tensor, reference: Tensor, need_weights: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Returns the features with what the reference gave, and the maps of each layer (if wanted)."""
        positions: Tensor = self.positions  # type: ignore[assignment]
        tokens = self.embed(features).flatten(2).transpose(1, 2)  # B x 256 x d
        keys = self.embed_reference(reference).flatten(2).transpose(1, 2)  # B x 256 x d
        keys = self.reference_norm(keys) + positions
        maps: list[Tensor] = []
        for layer in self.layers:
            tokens, weights = layer(tokens, keys, positions, need_weights)
            if weights is not None:
                maps.append(weights)
        return features + self._unpatch(self.out(tokens)), maps

    def _unpatch(self, tokens: Tensor) -> Tensor:
        """B x 256 x (c p^2) -> B x c x 16p x 16p."""
        grid = tokens.transpose(1, 2).unflatten(2, (TOKENS_PER_SIDE, TOKENS_PER_SIDE))
        return F.pixel_shuffle(grid, self.patch)
