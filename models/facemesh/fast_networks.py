"""The short-range detector and the mesh, made of the quicker steps of `fast`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.facemesh.detectors import VALUES, ShortRangeDetector
from models.facemesh.fast import FastPointwise, FastStem, bias_of, fast_heads, side_by_side
from models.facemesh.mesh import COARSE, SHRINK, VERTICES, FaceMesh
from models.facemesh.regions import REGIONS, SIDE, fetched_at, region_transforms, transformed

_IRISES = [index for region in REGIONS for index in region.iris]
_LIDS = [list(region.iris_depth) for region in REGIONS if region.iris]
_IRIS_SIZE = len(_IRISES) // len(_LIDS)


class FastShortRange:
    """What `ShortRangeDetector` does, of levels from 0 to 255."""

    def __init__(self, net: ShortRangeDetector) -> None:
        self._stem, self._fine, self._coarse = (
            FastStem(net.stem, -1, 1),
            side_by_side([net.fine]),
            side_by_side([net.coarse]),
        )
        self._values = [FastPointwise([conv], None) for conv in (net.fine_values, net.coarse_values)]
        self._scores = [FastPointwise([conv], None) for conv in (net.fine_score, net.coarse_score)]

    def __call__(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """B x 128 x 128 x 3 -> (values, logits)."""
        fine = self._fine(self._stem(pictures))
        maps = fine, self._coarse(fine)
        values = [read(x).reshape(len(x), -1, VALUES) for read, x in zip(self._values, maps, strict=True)]
        scores = [read(x).reshape(len(x), -1) for read, x in zip(self._scores, maps, strict=True)]
        return torch.cat(values, dim=1), torch.cat(scores, dim=1)


class FastMesh:
    """What `FaceMesh` does, of levels from 0 to 255; the regions, and then what is told of them, run side by side."""

    def __init__(self, net: FaceMesh) -> None:
        nets = [net.region(region) for region in REGIONS]
        self._stem, self._first, self._rest = (
            FastStem(net.stem, 0, 1),
            side_by_side([net.first]),
            side_by_side([net.rest]),
        )
        self._head = fast_heads([net.mesh])
        self._out = torch.cat([_matrix(net.mesh.out), _matrix(net.presence)], dim=1).contiguous()
        self._out_bias = torch.cat([bias_of(net.mesh.out), bias_of(net.presence)])
        self._trunks = side_by_side([each.trunk for each in nets])
        heads = [(number, head) for number, each in enumerate(nets) for head in each.heads()]
        outs = [head.out for _, head in heads]
        self._trunk_of_head = [number for number, _ in heads]
        self._heads = fast_heads([head for _, head in heads])
        width = max(out.out_channels for out in outs)
        self._told = torch.stack([F.pad(_matrix(out), (0, width - out.out_channels)) for out in outs]) / SHRINK
        biases = [F.pad(bias_of(out), (0, width - out.out_channels)) for out in outs]
        self._told_bias = torch.stack(biases)[:, None] / SHRINK
        self._counts = [out.out_channels // 2 for out in outs]
        self._order = torch.tensor([index for region in REGIONS for index in (*region.vertices, *region.iris)])

    def __call__(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """B x 192 x 192 x 3 -> (vertices, logits)."""
        early = self._first(self._stem(pictures))
        told = torch.addmm(self._out_bias, self._head(self._rest(early)).flatten(1), self._out)
        coarse = told[:, :-1].reshape(-1, COARSE, 3)
        vertices = torch.cat([coarse, coarse.new_zeros(len(coarse), VERTICES - COARSE, 3)], dim=1)
        vertices[:, self._order, :2] = self._refined(early, coarse[..., :2] / SHRINK) * SHRINK
        depth = coarse[:, _LIDS, 2].mean(dim=2)
        vertices[:, _IRISES, 2] = depth.repeat_interleave(_IRIS_SIZE, dim=1)
        return vertices, told[:, -1]

    def _refined(self, early: Tensor, places: Tensor) -> Tensor:
        """The vertices of all regions in places of the features, in `_order`."""
        count, groups = len(places), len(REGIONS)
        transforms = region_transforms(places)  # B x G x 2 x 3
        found = fetched_at(early.permute(0, 3, 1, 2), transforms)  # B x C x G S x S
        parts = found.unflatten(2, (groups, SIDE)).permute(0, 3, 4, 2, 1)
        trunks = self._trunks(parts.reshape(count, SIDE, SIDE, -1)).unflatten(-1, (groups, -1))
        heads = self._heads(trunks[..., self._trunk_of_head, :].flatten(-2))
        rows = heads.unflatten(-1, (len(self._counts), -1)).permute(3, 0, 1, 2, 4).flatten(2)  # heads x B x 128
        told = torch.baddbmm(self._told_bias, rows, self._told).unflatten(-1, (-1, 2))
        moved = transformed(told, transforms[:, self._trunk_of_head].transpose(0, 1))
        return torch.cat([moved[number, :, :each] for number, each in enumerate(self._counts)], dim=1)


def _matrix(out: nn.Conv2d) -> Tensor:
    """The kernel of a convolution that leaves one place, for B x (H W C): inputs x outputs."""
    return out.weight.permute(2, 3, 1, 0).flatten(0, 2)
