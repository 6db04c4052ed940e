"""The same networks in fewer and quicker steps: what a picture waits for is mostly the number of operators.

Pictures lie as B x H x W x C, in memory too. Pointwise convolutions are products of matrices, to which what goes beside
them is added. Nets that are alike (the parts of a face that the mesh looks at again) stand side by side in the channels
and are run as one. Nothing here is a module: tensors stay on the device of the modules that they were taken from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.facemesh.layers import BlazeBlock, Stem
from models.facemesh.mesh import Head

_ROW = 256
"""Numbers that a step along the channels takes at least, where a picture has as many."""

Step = Callable[[Tensor], Tensor]
"""B x H x W x C of one layer -> that of the next."""


class FastStem:
    """`Stem` for pictures of levels, 0 to 255, which it takes to low ... high by itself."""

    def __init__(self, stem: Stem, low: float, high: float) -> None:
        scale, weight = (high - low) / 255, stem.conv.weight
        self._weight = (weight * scale).contiguous(memory_format=torch.channels_last)
        self._bias = bias_of(stem.conv) + low * weight.sum(dim=(1, 2, 3))
        self._padding, self._nothing = stem.padding, -low / scale
        self._act = _Activation([stem.act])

    def __call__(self, pictures: Tensor) -> Tensor:
        """B x H x W x 3 -> B x H / 2 x W / 2 x C."""
        padded = F.pad(pictures.permute(0, 3, 1, 2), self._padding, value=self._nothing)
        return self._act(torch.conv2d(padded, self._weight, self._bias, 2).permute(0, 2, 3, 1))


class FastPointwise:
    """Pointwise convolutions of G nets side by side, each followed by its activation if it has one."""

    def __init__(
        self, convs: Sequence[nn.Conv2d], acts: Sequence[nn.Module] | None, before: Sequence[nn.Conv2d] = ()
    ) -> None:
        """`before` are depthwise convolutions that are run without their bias just before."""
        matrices = [conv.weight.flatten(1).T for conv in convs]
        biases = [bias_of(conv) for conv in convs]
        if before:
            each = zip(biases, before, matrices, strict=True)
            biases = [bias + bias_of(depthwise) @ matrix for bias, depthwise, matrix in each]
        self._matrices, self._bias = torch.stack(matrices).contiguous(), wide(torch.cat(biases))
        self._act = None if acts is None else _Activation(acts)

    def __call__(self, x: Tensor, beside: Tensor | None = None) -> Tensor:
        """B x H x W x (G inputs) -> B x H x W x (G outputs); `beside` is added, to the first channels of each net."""
        groups, inputs, outputs = self._matrices.shape
        y = self._product(x.reshape(-1, groups * inputs), beside)
        rows, bias = in_rows(y, self._bias)
        y = rows.add_(bias).view(*x.shape[:3], groups * outputs)
        return y if self._act is None else self._act(y)

    def _product(self, rows: Tensor, beside: Tensor | None) -> Tensor:
        """N x (G inputs) -> N x (G outputs), without the bias."""
        groups, inputs, outputs = self._matrices.shape
        alike = beside is not None and beside.shape[-1] == groups * outputs
        if groups == 1 and alike:
            return torch.addmm(cast("Tensor", beside).reshape(-1, outputs), rows, self._matrices[0])
        if groups == 1:
            y = torch.mm(rows, self._matrices[0])
        else:
            y = torch.bmm(rows.view(-1, groups, inputs).transpose(0, 1), self._matrices)
            y = y.transpose(0, 1).reshape(-1, groups * outputs)
        if beside is not None:
            own = beside.reshape(len(y), groups, -1)
            y.view(-1, groups, outputs)[..., : own.shape[-1]].add_(own)
        return y


class FastBlock:
    """`BlazeBlock`s of G nets side by side."""

    def __init__(self, blocks: Sequence[BlazeBlock]) -> None:
        self._stride = blocks[0].stride
        depthwise = [block.depthwise for block in blocks]
        self._weight = torch.cat([conv.weight for conv in depthwise]).contiguous(memory_format=torch.channels_last)
        acts = [block.act for block in blocks]
        self._pointwise = FastPointwise([block.pointwise for block in blocks], acts, depthwise)

    def __call__(self, x: Tensor) -> Tensor:
        """B x H x W x (G inputs) -> B x H / stride x W / stride x (G outputs)."""
        beside, channels = x, x.permute(0, 3, 1, 2)
        if self._stride == 2:
            beside = torch.max_pool2d(channels, 2).permute(0, 2, 3, 1)
            channels = F.pad(channels, (0, 1, 0, 1))
        y = torch.conv2d(channels, self._weight, None, self._stride, 2 - self._stride, 1, len(self._weight))
        return self._pointwise(y.permute(0, 2, 3, 1), beside)


def fast_heads(heads: Sequence[Head]) -> Step:
    """`Head`s of G nets side by side, without what reads them: B x S x S x (G 128) -> B x side x side x (G 32)."""
    narrow = FastPointwise([head.narrow for head in heads], [head.act for head in heads])
    return in_turn(side_by_side([head.blocks for head in heads]), narrow, FastBlock([head.last for head in heads]))


def side_by_side(nets: Sequence[nn.Sequential]) -> Step:
    """G rows of blocks as one."""
    return in_turn(*(FastBlock(cast("Sequence[BlazeBlock]", blocks)) for blocks in zip(*nets, strict=True)))


def in_turn(*steps: Step) -> Step:
    """One step after the other."""

    def run(x: Tensor) -> Tensor:
        for step in steps:
            x = step(x)
        return x

    return run


class _Activation:
    """The activations of G nets side by side; works in place where they are rectifiers."""

    def __init__(self, acts: Iterable[nn.Module]) -> None:
        slopes: list[Tensor] = [act.weight for act in acts if isinstance(act, nn.PReLU)]
        self._slope = wide(torch.cat(slopes)) if slopes else None

    def __call__(self, x: Tensor) -> Tensor:
        """B x H x W x C -> the same."""
        if self._slope is None:
            return torch.relu_(x)
        rows, slope = in_rows(x, self._slope)
        return torch.prelu(rows, slope).view(x.shape)


def wide(values: Tensor) -> Tensor:
    """A value for each channel, over and over: the processor takes many at once only along a row."""
    times = max(_ROW // len(values), 1)
    return values.repeat(1 << (times.bit_length() - 1))


def in_rows(x: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """`x`, channels last, in rows that are as long as the values (of `wide`) that go with each."""
    width = x.shape[-1] if x.numel() % len(values) else len(values)
    return x.reshape(-1, width), values[:width]


def bias_of(conv: nn.Conv2d) -> Tensor:
    """Every layer of these networks has one."""
    assert conv.bias is not None
    return conv.bias
