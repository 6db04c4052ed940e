"""Steps whose gradients are far beyond the usual are clipped or left out, and a run in bfloat16 stays on its feet."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.data.augment import AugmentConfig
from models.data.batches import RadioBatch, SampleConfig, Sampler
from models.data.clips import load_clips
from models.radio.config import RadioConfig
from models.radio.radio import Inputs, Radio
from models.radio.training import RadioTrainer
from models.radio.training_config import LossWeights, RadioTraining
from models.training.config import RunConfig
from models.training.device import Machine
from models.training.run import StepGuard
from tests.unit.models.prepared import SIZE


def parameter_with(norm: float) -> nn.Parameter:
    """A parameter whose gradient has this norm."""
    parameter = nn.Parameter(torch.zeros(4))
    parameter.grad = torch.full((4,), norm / 2)
    return parameter


def test_usual_steps_are_left_as_they_are() -> None:
    guard = StepGuard()
    for norm in (1.0, 1.5, 0.7, 1.9):
        parameter = parameter_with(norm)
        assert guard.admit([parameter])
        assert float(parameter.grad.norm()) == pytest.approx(norm, rel=1e-5)  # type: ignore[union-attr]


def test_large_steps_are_clipped_and_outliers_left_out() -> None:
    guard = StepGuard()
    assert guard.admit([parameter_with(1.0)])
    large = parameter_with(10.0)
    assert guard.admit([large])
    assert float(large.grad.norm()) < 3  # type: ignore[union-attr]
    for norm in (100.0, math.inf, math.nan):
        assert not guard.admit([parameter_with(norm)])
    assert guard.skipped == 3
    assert StepGuard(guard.state()).state() == guard.state()


def test_where_all_steps_are_large_they_are_taken_again() -> None:
    """A loss that joins late must not stop the run for good."""
    guard = StepGuard()
    assert guard.admit([parameter_with(1.0)])
    taken = [guard.admit([parameter_with(50.0)]) for _ in range(100)]
    assert any(taken)
    assert all(taken[taken.index(True) :])


TINY = RadioConfig(
    name="tiny", size=SIZE, width=0.05, heads=1, vit_layers=1, audio_channels=(8, 8, 8, 8), warp=True, references=3
)


@pytest.mark.parametrize(("steps", "share"), [(80, 0.8), pytest.param(300, 0.6, marks=pytest.mark.slow)])
def test_a_run_in_bfloat16_ends_with_a_falling_loss(data: Path, steps: int, share: float) -> None:
    """And with features of the scale that they began with; float32 draws from the weights what bfloat16 does."""
    config = RadioTraining(
        net=TINY,
        run=RunConfig(steps=steps, learning_rate=2e-3, warmup=20),
        sample=SampleConfig(batch=2, augment=AugmentConfig(identity=0, jitter=0, heavy=0, mirror=False)),
        loss=LossWeights(adversarial=0, perceptual=0, lips=0, sync=0),
    )
    trainer = RadioTrainer(config, Machine(torch.device("cpu"), torch.bfloat16))
    sampler = Sampler(load_clips(data), config.sample, TINY.mel_columns, 1)
    losses = [float(trainer.step(step, sampler.radio_batch(step))["total"].detach()) for step in range(steps)]
    assert np.isfinite(losses).all()
    assert np.mean(losses[-30:]) < share * np.mean(losses[:30])
    assert all(0.3 <= scale <= 3 for scale in feature_scales(trainer.net, sampler))
    assert levels_between_precisions(trainer.net, sampler) <= 2


def given_of(batch: RadioBatch) -> tuple[Inputs, Tensor, Tensor]:
    """The first frame of each draw, with the draw's references."""
    frames = Inputs(batch.target[::2], batch.sound[::2], batch.points[::2])
    return frames, batch.references, batch.reference_points


def feature_scales(net: Radio, sampler: Sampler) -> list[float]:
    """Root mean square of what comes out of each decoder layer."""
    found: list[float] = []
    hooks = [
        layer.register_forward_hook(lambda _m, _i, out: found.append(float(out.features.square().mean().sqrt())))
        for layer in net.decoder.layers
    ]
    batch = sampler.radio_batch(0)
    with torch.no_grad():
        net(*given_of(batch))
    for hook in hooks:
        hook.remove()
    return found


def levels_between_precisions(net: Radio, sampler: Sampler) -> float:
    """How far what bfloat16 draws is off what float32 does: levels of 255 that 99 of 100 samples stay within."""
    batch = sampler.radio_batch(5)
    given = given_of(batch)
    with torch.no_grad():
        exact = net(*given).frame
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = net(*given).frame
    return float(((exact - rough).abs() * 127.5).flatten().quantile(0.99))
