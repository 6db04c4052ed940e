"""The blocks of BlazeFace (Bazarevsky et al., 2019), of which both face detectors and the face mesh are made.

All take and give B x C x H x W. Where TensorFlow's "same" padding of a stride of two adds more after a picture than
before it, so do they.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Activation = Literal["relu", "prelu"]


def activation(kind: Activation, channels: int) -> nn.Module:
    """A rectifier, or one whose slope below zero is learned for each channel."""
    return nn.PReLU(channels) if kind == "prelu" else nn.ReLU()


class Stem(nn.Module):
    """The first convolution: halves a picture's sides."""

    def __init__(self, channels: int, kernel: int, kind: Activation, *, even: bool = False) -> None:
        """`even` pads both ends alike; otherwise as TensorFlow does."""
        super().__init__()
        before = kernel // 2 if even else (kernel - 2) // 2
        self.padding = (before, kernel - 2 - before + (1 if even else 0)) * 2
        self.conv = nn.Conv2d(3, channels, kernel, stride=2)
        self.act = activation(kind, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Returns B x channels x H / 2 x W / 2."""
        return self.act(self.conv(F.pad(x, self.padding)))


class BlazeBlock(nn.Module):
    """A depthwise and a pointwise convolution beside what went in; channels that are new begin with nothing."""

    def __init__(self, inputs: int, outputs: int, kind: Activation, stride: int = 1) -> None:
        super().__init__()
        self.stride, self._more = stride, outputs - inputs
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, padding=2 - stride, groups=inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1)
        self.act = activation(kind, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Returns B x outputs x H / stride x W / stride."""
        beside = x
        if self.stride == 2:
            beside, x = F.max_pool2d(x, 2), F.pad(x, (0, 1, 0, 1))
        y = self.pointwise(self.depthwise(x))
        if self._more:
            beside = F.pad(beside, (0, 0, 0, 0, 0, self._more))
        return self.act(y + beside)


class BottleneckBlock(nn.Module):
    """Two depthwise and pointwise convolutions, the first of which narrows; beside what went in where shapes allow."""

    def __init__(self, inputs: int, narrow: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self._beside = stride == 1
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, padding=1, groups=inputs)
        self.narrow = nn.Conv2d(inputs, narrow, 1)
        self.second_depthwise = nn.Conv2d(narrow, narrow, 3, padding=1, groups=narrow)
        self.widen = nn.Conv2d(narrow, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Returns B x outputs x H / stride x W / stride."""
        y = self.widen(self.second_depthwise(torch.relu(self.narrow(self.depthwise(x)))))
        return torch.relu(y + x if self._beside else y)
