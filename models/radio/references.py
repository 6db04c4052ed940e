"""Reference frames as the decoder meets them: K for each frame, each with a share that says how much it may give."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


def log_shares(shares: Tensor) -> Tensor:
    """What is added to a reference's logits so that it may give as much as its share: B x K -> B x K.

    A share of 0 gives -30 rather than minus infinity: of K references that may give nothing, all are alike.
    """
    return torch.log(shares.float().clamp(min=1e-13))


def gathered(values: Tensor, kept: Tensor) -> Tensor:
    """Of each row those at its places: B x K x ..., B x k -> B x k x ..."""
    return values[torch.arange(len(kept), device=kept.device)[:, None], kept]


class References(NamedTuple):
    """K reference frames for each of B frames; computed once for all frames that use them."""

    pictures: Tensor
    """B x K x 3 x S x S in [-1, 1]."""
    feature: Tensor
    """f_s, B x K x 512w."""
    looks: tuple[Tensor, ...]
    """What each `VitBlock` asks them for, from the first: B x K x layers x 2 x 256 x d."""
    offered: Tensor
    """B x K x 192w x S/4 x S/4, what the warp head compares with, see `WarpHead.offer`; empty without one."""
    points: Tensor
    """B x K x 68 x 2: their landmarks, in shares of the side."""
    shares: Tensor
    """B x K, at least 0, and above 0 for one of the K: how much each reference may give. Only their ratios count."""

    def style(self) -> Tensor:
        """f_s of all references together, B x 512w: their mean by shares, so that one fades into another."""
        return self.mean(self.feature)

    def mean(self, values: Tensor) -> Tensor:
        """The references' mean by shares: B x K x ... -> B x ..."""
        shares = self.shares / self.shares.sum(dim=1, keepdim=True)
        return torch.einsum("bk,bk...->b...", shares, values)

    def shared(self, shares: Tensor) -> References:
        """The same references for as many frames as there are rows of shares (N x K)."""
        frames = self.map(lambda part: part.expand(len(shares), *part.shape[1:]))
        return frames._replace(shares=shares.to(self.pictures.device, torch.float32))

    def only(self, kept: Tensor) -> References:
        """Some of each frame's references: `kept`, B x k, are their places among the K."""
        return self.map(lambda part: gathered(part, kept))

    def map(self, change: Callable[[Tensor], Tensor]) -> References:
        """The same with every tensor changed."""
        looks = tuple(change(look) for look in self.looks)
        parts = (self.pictures, self.feature, self.offered, self.points, self.shares)
        pictures, feature, offered, points, shares = (change(part) for part in parts)
        return References(pictures, feature, looks, offered, points, shares)
