"""Channels made two or one."""

from __future__ import annotations

from math import sqrt

import av
import numpy as np
import pytest

from app.engine.media.downmix import PhaseWatch, heard_as_one, mono_weights, stereo_weights

LAYOUTS = [
    "mono",
    "stereo",
    "2.1",
    "3.0",
    "quad",
    "4.0",
    "5.0",
    "5.1",
    "5.1(side)",
    "6.1",
    "7.1",
    "5.1.4",
    "hexadecagonal",
]
NOISE = np.random.default_rng(1).normal(0, 0.1, 16000).astype(np.float32)


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_layout_exceeds_full_scale_and_sides_mirror(name: str) -> None:
    layout = av.AudioLayout(name)
    weights = stereo_weights(layout)
    assert weights.shape == (2, layout.nb_channels)
    assert (weights >= 0).all() and weights.sum(axis=1).max() <= 1 + 1e-12
    assert weights[0].sum() == pytest.approx(weights[1].sum())
    assert mono_weights(layout)[0] == pytest.approx(weights.mean(axis=0))


def test_surround_by_the_recommendation() -> None:
    left, right = stereo_weights(av.AudioLayout("5.1")) * (1 + 2 * sqrt(0.5))
    half = sqrt(0.5)
    assert left == pytest.approx([1, 0, half, 0, half, 0])  # FL FR FC LFE BL BR
    assert right == pytest.approx([0, 1, half, 0, 0, half])


def _heard(*channels: np.ndarray) -> int | None:
    sound, watch = np.stack(channels, 1), PhaseWatch()
    for block in np.array_split(sound, 10):
        watch.add(block, np.full((1, sound.shape[1]), 1 / sound.shape[1]))
    return watch.channel_to_hear()


def test_opposite_phase_is_noticed_and_nothing_else_is() -> None:
    other = np.random.default_rng(2).normal(0, 0.1, len(NOISE)).astype(np.float32)
    assert _heard(NOISE, -NOISE) == 0
    assert _heard(NOISE, -1.1 * NOISE) == 1
    half = np.where(np.arange(len(NOISE)) < 8000, -1, 1).astype(np.float32)
    assert _heard(NOISE, NOISE * half) is not None
    assert _heard(NOISE, NOISE) is None
    assert _heard(NOISE, other) is None
    assert _heard(NOISE, 0 * NOISE) is None
    assert _heard(0 * NOISE, 0 * NOISE) is None
    assert _heard(NOISE) is None


def test_a_piece_in_opposite_phase_is_heard() -> None:
    assert np.array_equal(heard_as_one(np.stack([NOISE, -NOISE], 1)), NOISE)
    assert np.allclose(heard_as_one(np.stack([NOISE, NOISE], 1)), NOISE)
