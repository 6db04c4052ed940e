"""The two face detectors: BlazeFace for faces within two metres of the camera, and the one for farther away.

Both take pictures in [-1, 1] and give, for each of their anchors, 16 numbers in pixels of the picture (middle of the
box as steps from the anchor's, width and height, then six key points as steps from the anchor: eyes, tip of the nose,
mouth, ears) and the logit of its being a face.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.facemesh.layers import BlazeBlock, BottleneckBlock, Stem

SHORT_SIDE, FULL_SIDE = 128, 192
"""Sides of the pictures that the detectors take, in pixels."""
VALUES = 16

_SHORT_FINE = ((24, 24), (24, 28), (28, 32), (32, 36), (36, 42), (42, 48), (48, 56), (56, 64), (64, 72), (72, 80))
_SHORT_FINE_STRIDED = (28, 42)
"""Inputs of the blocks that halve a picture."""


class ShortRangeDetector(nn.Module):
    """B x 3 x 128 x 128 -> (B x 896 x 16, B x 896): two anchors in each of 16 x 16 places, then six in 8 x 8."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Stem(24, 5, "relu")
        pairs = (*_SHORT_FINE, (80, 88))
        self.fine = nn.Sequential(*(BlazeBlock(a, b, "relu", 1 + (a in _SHORT_FINE_STRIDED)) for a, b in pairs))
        self.coarse = nn.Sequential(BlazeBlock(88, 96, "relu", 2), *(BlazeBlock(96, 96, "relu") for _ in range(4)))
        self.fine_score, self.fine_values = nn.Conv2d(88, 2, 1), nn.Conv2d(88, 2 * VALUES, 1)
        self.coarse_score, self.coarse_values = nn.Conv2d(96, 6, 1), nn.Conv2d(96, 6 * VALUES, 1)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Returns (values, logits)."""
        fine = self.fine(self.stem(pictures))
        fine_values = _by_anchor(self.fine_values(fine), VALUES)
        coarse = self.coarse(fine)
        values = fine_values, _by_anchor(self.coarse_values(coarse), VALUES)
        scores = _by_anchor(self.fine_score(fine), 1), _by_anchor(self.coarse_score(coarse), 1)
        return torch.cat(values, dim=1), torch.cat(scores, dim=1)[..., 0]


def _stage(inputs: int, narrow: int, outputs: int, more: int) -> nn.Sequential:
    """A block that halves the picture, and `more` at its new size."""
    first = BottleneckBlock(inputs, narrow, outputs, stride=2)
    return nn.Sequential(first, *(BottleneckBlock(outputs, narrow, outputs) for _ in range(more)))


class FullRangeDetector(nn.Module):
    """B x 3 x 192 x 192 -> (B x 2304 x 16, B x 2304): one anchor in each of 48 x 48 places."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Stem(32, 3, "relu", even=True)
        self.first = nn.Sequential(BottleneckBlock(32, 8, 32), BottleneckBlock(32, 8, 32))
        widths = ((32, 16, 64, 2), (64, 32, 128, 2), (128, 48, 192, 2), (192, 96, 384, 3))
        self.down = nn.ModuleList(_stage(*width) for width in widths)
        self.beside = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in ((64, 48), (128, 64), (192, 96)))
        self.narrow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in ((64, 48), (96, 64), (384, 96)))
        self.up = nn.ModuleList(
            nn.Sequential(BottleneckBlock(a, b, a), *(BottleneckBlock(a, b, a) for _ in range(more)))
            for a, b, more in ((48, 24, 0), (64, 32, 1), (96, 48, 1))
        )
        self.score, self.score_places = nn.Conv2d(48, 4, 1), nn.Conv2d(4, 4, 3, 2, padding=1, groups=4)
        self.values = nn.Conv2d(48, 4 * VALUES, 1)
        self.value_places = nn.Conv2d(4 * VALUES, 4 * VALUES, 3, 2, padding=1, groups=4 * VALUES)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Returns (values, logits)."""
        x = self.first(self.stem(pictures))
        sides: list[Tensor] = []
        for number, stage in enumerate(self.down):
            x = stage(x)
            if number < len(self.beside):
                sides.append(torch.relu(self.beside[number](x)))
        for narrow, up, side in zip(reversed(self.narrow), reversed(self.up), reversed(sides), strict=True):
            wide = F.interpolate(torch.relu(narrow(x)), scale_factor=2, mode="bilinear", align_corners=False)
            x = up(side + wide)
        values, scores = self.value_places(self.values(x)), self.score_places(self.score(x))
        return _by_anchor(_spread(values), VALUES), _by_anchor(_spread(scores), 1)[..., 0]


def _spread(x: Tensor) -> Tensor:
    """B x 4C x H x W -> B x C x 2H x 2W, as TensorFlow's depth_to_space: the four places come before the channels."""
    count, channels, height, width = x.shape
    parts = x.reshape(count, 2, 2, channels // 4, height, width)
    return parts.permute(0, 3, 4, 1, 5, 2).reshape(count, channels // 4, 2 * height, 2 * width)


def _by_anchor(x: Tensor, values: int) -> Tensor:
    """B x (anchors in a place x values) x H x W -> B x all anchors x values."""
    return x.permute(0, 2, 3, 1).reshape(len(x), -1, values)
