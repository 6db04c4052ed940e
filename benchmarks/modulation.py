"""Three forms of the modulated convolution, forward and backward, at the decoder's sizes.

python -m benchmarks.modulation
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Form = Callable[[Tensor, Tensor, Tensor], Tensor]
SIZES = ((72, 72, 8), (192, 192, 16), (192, 96, 16), (96, 96, 32), (96, 48, 32), (48, 48, 64), (24, 24, 128))
BATCH, ROUNDS = 8, 4


def scaled(x: Tensor, weight: Tensor, style: Tensor) -> Tensor:
    """Scale the input, convolve the batch at once, scale the output: what `ModulatedConv` does."""
    energy = weight.square().sum(dim=(2, 3))
    y = F.conv2d(x * style[:, :, None, None], weight, padding=1)
    return y * torch.rsqrt(style.square() @ energy.t() + 1e-8)[:, :, None, None]


def _own_weights(weight: Tensor, style: Tensor) -> Tensor:
    own = weight[None] * style[:, None, :, None, None]
    return own * torch.rsqrt(own.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8)


def looped(x: Tensor, weight: Tensor, style: Tensor) -> Tensor:
    """Weights of its own for each sample, one convolution a sample."""
    own = _own_weights(weight, style)
    return torch.cat([F.conv2d(x[i : i + 1], own[i], padding=1) for i in range(len(x))])


def grouped(x: Tensor, weight: Tensor, style: Tensor) -> Tensor:
    """Weights of its own for each sample, one grouped convolution: StyleGAN2's form."""
    batch, channels, height, width = x.shape
    own = _own_weights(weight, style).reshape(-1, channels, 3, 3)
    y = F.conv2d(x.reshape(1, -1, height, width), own, padding=1, groups=batch)
    return y.reshape(batch, -1, height, width)


def seconds(form: Form, inputs: tuple[Tensor, Tensor, Tensor], gradient: Tensor) -> float:
    """Of one forward and backward pass."""
    for _ in range(2):
        form(*inputs).backward(gradient)
    start = time.perf_counter()
    for _ in range(ROUNDS):
        form(*inputs).backward(gradient)
    return (time.perf_counter() - start) / ROUNDS


def main() -> None:
    """Measures and prints."""
    torch.manual_seed(0)
    for c_in, c_out, size in SIZES:
        for memory in (torch.contiguous_format, torch.channels_last):
            x = torch.randn(BATCH, c_in, size, size).to(memory_format=memory).requires_grad_()
            weight = torch.randn(c_out, c_in, 3, 3).to(memory_format=memory).requires_grad_()
            style = torch.randn(BATCH, c_in).requires_grad_()
            gradient = torch.randn(BATCH, c_out, size, size).to(memory_format=memory)
            times = {f.__name__: seconds(f, (x, weight, style), gradient) for f in (scaled, looped, grouped)}
            text = ", ".join(f"{name} {value * 1e3:.0f} ms" for name, value in times.items())
            print(f"{c_in:3d} -> {c_out:3d} at {size:3d}, {str(memory).removeprefix('torch.'):17s}: {text}")


if __name__ == "__main__":
    main()
