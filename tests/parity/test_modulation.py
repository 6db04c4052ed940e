"""Our modulated convolution against StyleGAN2's own way: weights made for each sample, one convolution each."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from models.radio.modulation import ModulatedConv

TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}


def modulated_weights(conv: ModulatedConv, style: Tensor) -> Tensor:
    """The weights of each sample, B x c_out x c_in x k x k (StyleGAN2, equations 1 and 3)."""
    weights = conv.affine(style)[:, None, :, None, None] * conv.weight[None]
    if not conv.demodulate:
        return weights
    return weights / torch.sqrt(weights.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8)


def one_by_one(conv: ModulatedConv, x: Tensor, style: Tensor) -> Tensor:
    """A loop over the samples."""
    weights = modulated_weights(conv, style)
    rows = [F.conv2d(x[i : i + 1], weights[i], conv.bias, padding=conv.padding) for i in range(len(x))]
    return torch.cat(rows)


def grouped(conv: ModulatedConv, x: Tensor, style: Tensor) -> Tensor:
    """One convolution with a group for each sample, as the StyleGAN2 code has it."""
    weights = modulated_weights(conv, style).flatten(0, 1)
    y = F.conv2d(x.reshape(1, -1, *x.shape[2:]), weights, padding=conv.padding, groups=len(x))
    return y.reshape(len(x), -1, *y.shape[2:]) + conv.bias[:, None, None]


def drawn(
    seed: int, batch: int, c_in: int, c_out: int, kernel: int, demodulate: bool
) -> tuple[ModulatedConv, Tensor, Tensor]:
    """A convolution with nothing left at its starting value, an input and a style."""
    torch.manual_seed(seed)
    conv = ModulatedConv(c_in, c_out, kernel, 6, demodulate)
    torch.nn.init.normal_(conv.bias)
    return conv, torch.randn(batch, c_in, 7, 5), torch.randn(batch, 6)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    batch=st.integers(1, 4),
    c_in=st.integers(1, 9),
    c_out=st.integers(1, 9),
    kernel=st.sampled_from([1, 3]),
    demodulate=st.booleans(),
)
def test_equals_both_naive_forms(seed: int, batch: int, c_in: int, c_out: int, kernel: int, demodulate: bool) -> None:
    """Whatever the sizes."""
    conv, x, style = drawn(seed, batch, c_in, c_out, kernel, demodulate)
    ours = conv(x, style)
    torch.testing.assert_close(ours, one_by_one(conv, x, style), **TOLERANCE)
    torch.testing.assert_close(ours, grouped(conv, x, style), **TOLERANCE)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("naive", [one_by_one, grouped])
def test_gradients_equal(demodulate: bool, naive: object) -> None:
    """Of input, style and all parameters; in double precision, so that only the formula can differ."""
    conv, x, style = drawn(3, 3, 8, 5, 3, demodulate)
    conv, x, style = conv.double(), x.double().requires_grad_(True), style.double().requires_grad_(True)
    wanted = torch.randn(3, 5, 7, 5, dtype=torch.float64)
    inputs = [x, style, *conv.parameters()]
    ours = torch.autograd.grad((conv(x, style) * wanted).sum(), inputs)
    theirs = torch.autograd.grad((naive(conv, x, style) * wanted).sum(), inputs)  # type: ignore[operator]
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-8)


def test_float32_gradients_equal() -> None:
    """The same at the precision that training uses."""
    conv, x, style = drawn(4, 3, 16, 16, 3, True)
    x.requires_grad_(True)
    inputs = [x, style.requires_grad_(True), *conv.parameters()]
    ours = torch.autograd.grad(conv(x, style).square().mean(), inputs)
    theirs = torch.autograd.grad(one_by_one(conv, x, style).square().mean(), inputs)
    torch.testing.assert_close(ours, theirs, **TOLERANCE)


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(0.05, 20.0), seed=st.integers(0, 2**31))
def test_demodulation_forgets_the_styles_length(factor: float, seed: int) -> None:
    """Scales s and factor * s give the same features: what demodulation is for."""
    conv, x, style = drawn(seed, 2, 8, 5, 3, True)
    torch.nn.init.zeros_(conv.affine.bias)
    torch.testing.assert_close(conv(x, style), conv(x, factor * style), rtol=1e-3, atol=1e-3)
