"""Losses against hand formulas, and what they must and must not see."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from models.radio.config import RadioConfig
from models.radio.discriminator import ImageDiscriminator
from models.radio.hidden import hidden_mask
from models.radio.losses import (
    MOUTH_CENTRE,
    detail_l1,
    discriminator_loss,
    feature_distance,
    generator_loss,
    pixel_weights,
    r1_penalty,
    weighted_l1,
)
from models.sync.losses import contrastive, cosine_gap

SEEDS = st.integers(0, 2**31)


def pictures(seed: int, count: int = 2, size: int = 32) -> Tensor:
    """Noise in [-1, 1]."""
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def unit(seed: int, count: int, length: int = 8) -> Tensor:
    """Embeddings of length 1."""
    return F.normalize(torch.randn(count, length, generator=torch.Generator().manual_seed(seed)), dim=1)


@given(size=st.sampled_from([64, 96, 128, 192]), mouth=st.floats(0, 10), visible=st.floats(0.01, 1))
@settings(max_examples=20, deadline=None)
def test_pixel_weights_have_mean_one(size: int, mouth: float, visible: float) -> None:
    """And are highest at the mouth's middle, lowest where the frame is visible."""
    weights = pixel_weights(size, mouth, visible)
    assert weights.shape == (1, 1, size, size)
    assert float(weights.mean()) == pytest.approx(1, rel=1e-4)
    assert (weights > 0).all()
    if mouth > 0.5:
        row, column = divmod(int(weights.flatten().argmax()), size)
        assert abs((row + 0.5) / size - MOUTH_CENTRE[1]) <= 1 / size
        assert abs((column + 0.5) / size - MOUTH_CENTRE[0]) <= 1 / size


def test_pixel_weights_are_what_they_say() -> None:
    """`visible` outside against 1 inside; with a mouth, 1 + mouth at its middle."""
    hidden = torch.from_numpy(hidden_mask(128)) > 0
    plain = pixel_weights(128, 0.0)[0, 0]
    assert (plain[~hidden] / plain[hidden].mean()).numpy() == pytest.approx(0.05, rel=1e-4)
    strong = pixel_weights(128, 4.0)[0, 0]
    assert float(strong.max() / strong[0, 0]) == pytest.approx((1 + 4) / 0.05, rel=0.01)


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_pixel_terms_by_hand(seed: int) -> None:
    """Zero for equal pictures, symmetric, and the formula in NumPy."""
    a, b, weights = pictures(seed), pictures(seed + 1), pixel_weights(32, 4.0)
    for loss in (weighted_l1, detail_l1):
        assert float(loss(a, a, weights)) == 0
        assert float(loss(a, b, weights)) == pytest.approx(float(loss(b, a, weights)), rel=1e-5)
        assert float(loss(a, b, 2 * weights)) == pytest.approx(2 * float(loss(a, b, weights)), rel=1e-5)
    by_hand = np.mean(np.abs(a.numpy() - b.numpy()) * weights.numpy())
    assert float(weighted_l1(a, b, weights)) == pytest.approx(by_hand, rel=1e-5)


def laplacian(picture: Tensor, levels: int) -> list[Tensor]:
    """The bands of one picture's pyramid, finest first."""
    bands = []
    for _ in range(levels):
        small = F.avg_pool2d(picture, 2)
        bands.append(picture - F.interpolate(small, scale_factor=2, mode="bilinear"))
        picture = small
    return bands


@given(seed=SEEDS, levels=st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_detail_is_the_distance_of_two_pyramids(seed: int, levels: int) -> None:
    """Made separately, as the paper has it."""
    a, b, ones = pictures(seed), pictures(seed + 1), torch.ones(1, 1, 32, 32)
    pairs = zip(laplacian(a, levels), laplacian(b, levels), strict=True)
    expected = sum(float((x - y).abs().mean()) for x, y in pairs) / levels
    assert float(detail_l1(a, b, ones, levels)) == pytest.approx(expected, rel=1e-4)


@given(level=st.floats(-0.5, 0.5), seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_detail_does_not_see_brightness(level: float, seed: int) -> None:
    """A constant has no edges."""
    a = pictures(seed)
    assert float(detail_l1(a + level, a, pixel_weights(32, 4.0))) < 1e-6


@given(seed=SEEDS, factor=st.floats(0.1, 100))
@settings(max_examples=15, deadline=None)
def test_feature_distance_is_relative(seed: int, factor: float) -> None:
    """Zero for equal features; the same whatever unit a layer is in; 1 where everything is missing."""
    target = [pictures(seed), pictures(seed + 1, size=8)]
    drawn = [pictures(seed + 2), pictures(seed + 3, size=8)]
    assert float(feature_distance(target, target)) == 0
    scaled = feature_distance([factor * drawn[0], drawn[1]], [factor * target[0], target[1]])
    assert float(scaled) == pytest.approx(float(feature_distance(drawn, target)), rel=1e-4)
    assert float(feature_distance([torch.zeros_like(t) for t in target], target)) == pytest.approx(1, rel=1e-4)


def test_feature_distance_pulls_on_the_drawn_alone() -> None:
    """No gradient into the target's features."""
    drawn, target = pictures(1).requires_grad_(True), pictures(2).requires_grad_(True)
    feature_distance([drawn], [target]).backward()
    assert drawn.grad is not None
    assert target.grad is None


def test_feature_distance_wants_as_many_layers() -> None:
    """A missing layer is no silent zero."""
    with pytest.raises(ValueError, match="argument 2 is longer"):
        feature_distance([pictures(1)], [pictures(1), pictures(2)])


@given(score=st.floats(-20, 20))
def test_adversarial_by_hand(score: float) -> None:
    """Softplus of the sign that hurts."""
    scores = torch.full((2, 1, 4, 4), score, dtype=torch.float64)
    assert float(generator_loss(scores)) == pytest.approx(math.log1p(math.exp(-score)))
    expected = math.log1p(math.exp(-score)) + math.log1p(math.exp(score))
    assert float(discriminator_loss(scores, scores)) == pytest.approx(expected)
    assert float(discriminator_loss(scores, -scores)) == pytest.approx(2 * math.log1p(math.exp(-score)))


def test_r1_by_finite_differences() -> None:
    """Half the mean over the batch of the squared gradient of the scores' sum."""
    torch.manual_seed(0)
    critic = ImageDiscriminator(RadioConfig(size=64, width=0.01)).double()
    real, step = torch.randn(2, 3, 16, 16, dtype=torch.float64), 1e-5
    expected = 0.0
    with torch.no_grad():
        for sample in real:
            nudges = step * torch.eye(sample.numel(), dtype=torch.float64).reshape(-1, *sample.shape)
            up, down = critic(sample + nudges), critic(sample - nudges)
            expected += float(((up - down).sum(dim=(1, 2, 3)) / (2 * step)).square().sum()) / 2 / len(real)
    assert float(r1_penalty(critic, real).detach()) == pytest.approx(expected, rel=1e-5)


def test_r1_of_a_linear_critic() -> None:
    """Its gradient is its weight everywhere, so the penalty is half its square; and it trains the weight."""

    class Linear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.full((3, 4, 4), 0.5))

        def forward(self, x: Tensor) -> Tensor:
            return (x * self.weight).sum(dim=(1, 2, 3))

    critic, real = Linear(), pictures(0, 5, 4)
    penalty = r1_penalty(critic, real)  # type: ignore[arg-type]
    assert float(penalty.detach()) == pytest.approx(0.5 * 48 * 0.25)
    penalty.backward()
    torch.testing.assert_close(critic.weight.grad, critic.weight.detach())
    assert not real.requires_grad


@given(seed=SEEDS, count=st.integers(2, 8), log_temperature=st.floats(-1, 6))
@settings(max_examples=25, deadline=None)
def test_contrastive_by_hand(seed: int, count: int, log_temperature: float) -> None:
    """Minus the mean log-likelihood of the right partner, both ways, the temperature capped at 50."""
    face, sound = unit(seed, count).double(), unit(seed + 1, count).double()
    ours = contrastive(face, sound, torch.tensor(log_temperature, dtype=torch.float64))
    logits = (face @ sound.t()).numpy() * min(50.0, math.exp(log_temperature))
    rows = np.log(np.exp(logits).sum(axis=1)) - logits.diagonal()
    columns = np.log(np.exp(logits).sum(axis=0)) - logits.diagonal()
    assert float(ours) == pytest.approx((rows.mean() + columns.mean()) / 2, rel=1e-6)


@given(seed=SEEDS, count=st.integers(2, 8), turn=st.integers(1, 7))
@settings(max_examples=25, deadline=None)
def test_matching_pairs_cost_less(seed: int, count: int, turn: int) -> None:
    """Than the same embeddings paired wrongly; and the gap is 0 for twins, 2 for opposites."""
    face, temperature = unit(seed, count), torch.tensor(2.3)
    wrong = face.roll(turn % (count - 1) + 1 if count > 2 else 1, dims=0)
    assert float(contrastive(face, face, temperature)) < float(contrastive(face, wrong, temperature))
    assert float(cosine_gap(face, face)) == pytest.approx(0, abs=1e-6)
    assert float(cosine_gap(face, -face)) == pytest.approx(2, abs=1e-6)
    assert float(cosine_gap(face, wrong)) > float(cosine_gap(face, face))
