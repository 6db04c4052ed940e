"""The face mesh with attention (Grishchenko et al., "Attention Mesh", 2020): 478 vertices, and whether it is a face."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from models.facemesh.layers import BlazeBlock, Stem, activation
from models.facemesh.regions import REGIONS, Region, fetched_at, region_transforms, transformed
from models.facemesh.regions import SIDE as SIDE_OF_REGION

SIDE = 192
"""Side of the pictures that the mesh takes, in pixels."""
VERTICES = 478
COARSE = 468
"""Vertices that the whole face tells; the others are the irises."""
SHRINK = 4
"""Pixels of the picture in a place of the features that regions are fetched from."""


def _blocks(*widths: tuple[int, int]) -> nn.Sequential:
    """Blocks of (inputs, outputs); an outputs below zero halves the picture."""
    return nn.Sequential(*(BlazeBlock(a, abs(b), "prelu", 2 if b < 0 else 1) for a, b in widths))


class Head(nn.Module):
    """From 128 channels to `outputs` numbers: B x 128 x S x S -> B x outputs, with S the `side` after the blocks."""

    def __init__(self, outputs: int, side: int, blocks: nn.Sequential) -> None:
        super().__init__()
        self.blocks = blocks
        self.narrow, self.act = nn.Conv2d(128, 32, 1), activation("prelu", 32)
        self.last = BlazeBlock(32, 32, "prelu")
        self.out = nn.Conv2d(32, outputs, side)

    def features(self, x: Tensor) -> Tensor:
        """What `out` and others like it read: B x 32 x side x side."""
        return self.last(self.act(self.narrow(self.blocks(x))))

    def forward(self, x: Tensor) -> Tensor:
        """Returns B x outputs."""
        return self.out(self.features(x)).flatten(1)


def _head_blocks() -> nn.Sequential:
    return _blocks((128, 128), (128, 128), (128, -128), (128, 128), (128, 128))


class RegionNet(nn.Module):
    """What is fetched of a region -> its vertices, then those of its iris, in quarters of places of what is fetched."""

    def __init__(self, region: Region) -> None:
        super().__init__()
        self.trunk = _blocks((32, 32), (32, 32), (32, -64), (64, 64), (64, 64), (64, -128))
        self.vertices = Head(2 * len(region.vertices), 2, _head_blocks())
        self.iris = Head(2 * len(region.iris), 2, _head_blocks()) if region.iris else None

    def forward(self, x: Tensor) -> Tensor:
        """B x 32 x 16 x 16 -> B x N x 2: the vertices, then the iris's."""
        x = self.trunk(x)
        return torch.cat([head(x) for head in self.heads()], dim=1).unflatten(1, (-1, 2))

    def heads(self) -> list[Head]:
        """Those of its vertices and of its iris."""
        return [self.vertices] if self.iris is None else [self.vertices, self.iris]


class FaceMesh(nn.Module):
    """B x 3 x 192 x 192 in [0, 1] -> (B x 478 x 3, B): vertices in pixels, with depth alike, and logits of presence."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Stem(16, 3, "prelu")
        self.first = _blocks((16, 16), (16, 16), (16, -32))
        self.rest = _blocks((32, 32), (32, 32), (32, -64), (64, 64), (64, 64), (64, -128), (128, 128), (128, 128))
        self.mesh = Head(
            3 * COARSE, 3, _blocks((128, -128), (128, 128), (128, 128), (128, -128), (128, 128), (128, 128))
        )
        self.presence = nn.Conv2d(32, 1, 3)
        self.regions = nn.ModuleDict({region.name: RegionNet(region) for region in REGIONS})

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Returns (vertices, logits)."""
        early = self.first(self.stem(pictures))
        late = self.mesh.features(self.rest(early))
        coarse, presence = self.mesh.out(late).reshape(-1, COARSE, 3), self.presence(late).flatten()
        vertices = torch.cat([coarse, coarse.new_zeros(len(coarse), VERTICES - COARSE, 3)], dim=1)
        transforms = region_transforms(coarse[..., :2] / SHRINK)
        parts = fetched_at(early, transforms).unflatten(2, (len(REGIONS), SIDE_OF_REGION))
        for number, region in enumerate(REGIONS):
            found = transformed(self.region(region)(parts[:, :, number]) / SHRINK, transforms[:, number]) * SHRINK
            vertices[:, (*region.vertices, *region.iris), :2] = found
            if region.iris:
                vertices[:, region.iris, 2] = coarse[:, region.iris_depth, 2].mean(dim=1, keepdim=True)
        return vertices, presence

    def region(self, region: Region) -> RegionNet:
        """The net that looks at a region again."""
        return cast("RegionNet", self.regions[region.name])
