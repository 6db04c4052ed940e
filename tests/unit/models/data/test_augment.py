"""Augmentation: nothing at strength zero, the same for target and reference, never out of range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.data.augment import AugmentConfig, draw_look, dressed, revoiced

NONE = AugmentConfig(identity=0, jitter=0, loudness=0, tilt=0, mirror=False)
SEEDS = st.integers(0, 2**31)


def picture(seed: int, side: int) -> NDArray[np.uint8]:
    """Noise: every shift shows."""
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def centre(stored: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The plain crop."""
    edge = (stored.shape[0] - size) // 2
    return stored[edge : edge + size, edge : edge + size]


@given(seed=SEEDS, size=st.sampled_from([64, 96, 128]))
@settings(max_examples=15, deadline=None)
def test_strength_zero_is_the_centre_crop(seed: int, size: int) -> None:
    """To the last bit, though it goes through warp, colour matrix and table."""
    stored, rng = picture(seed, size * 5 // 4), np.random.default_rng(seed)
    assert np.array_equal(dressed(stored, size, draw_look(rng, NONE), rng, 0), centre(stored, size))


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_all_strengths_zero_is_the_centre_crop(seed: int) -> None:
    """Also where identity is always changed, by nothing."""
    config = AugmentConfig(identity=1, warp=0, colour=0, gamma=0, mirror=False)
    stored, rng = picture(seed, 80), np.random.default_rng(seed)
    assert np.array_equal(dressed(stored, 64, draw_look(rng, config), rng, 0), centre(stored, 64))


@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_mirroring_is_all_that_mirror_does(seed: int) -> None:
    """The centre crop or its mirror image."""
    stored, rng = picture(seed, 80), np.random.default_rng(seed)
    look = draw_look(rng, AugmentConfig(identity=0))
    plain = centre(stored, 64)
    assert np.array_equal(dressed(stored, 64, look, rng, 0), plain[:, ::-1] if look.mirror else plain)


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_a_look_is_shared(seed: int) -> None:
    """The same look on the same picture gives the same face, whoever comes first."""
    rng = np.random.default_rng(seed)
    look, stored = draw_look(rng, AugmentConfig(identity=1)), picture(seed, 80)
    first, second = dressed(stored, 64, look, rng, 0), dressed(stored, 64, look, rng, 0)
    assert np.array_equal(first, second)
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8


def test_identity_is_changed_as_often_as_asked() -> None:
    """Over many draws; a third of them at a third."""
    rng = np.random.default_rng(0)
    changed = [bool(draw_look(rng, AugmentConfig(identity=1 / 3)).grid.any()) for _ in range(900)]
    assert np.mean(changed) == pytest.approx(1 / 3, abs=0.05)
    mirrored = [draw_look(rng, AugmentConfig()).mirror for _ in range(900)]
    assert np.mean(mirrored) == pytest.approx(1 / 2, abs=0.05)


@given(seed=SEEDS, size=st.sampled_from([64, 128]))
@settings(max_examples=15, deadline=None)
def test_jitter_moves_a_smooth_picture_a_little(seed: int, size: int) -> None:
    """A ramp of one level a pixel tells by how much: a few pixels, nowhere near the margin's end."""
    stored = np.repeat(np.arange(size * 5 // 4, dtype=np.uint8)[None, :, None], size * 5 // 4, axis=0).repeat(3, axis=2)
    rng = np.random.default_rng(seed)
    look = draw_look(rng, NONE)
    moved = dressed(stored, size, look, rng, 0.01).astype(float) - centre(stored, size)
    assert abs(moved).max() <= 0.15 * size


@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_sound_without_strength_is_the_sound(seed: int) -> None:
    """Zero loudness and tilt."""
    mel = np.random.default_rng(seed).uniform(-4, 4, (80, 16)).astype(np.float16)
    assert np.array_equal(revoiced(mel, np.random.default_rng(seed), NONE), mel.astype(np.float32))


@given(seed=SEEDS, strength=st.floats(0, 3))
@settings(max_examples=25, deadline=None)
def test_sound_stays_in_range_and_silence_silent(seed: int, strength: float) -> None:
    """However loud the microphone; and the change is one a bin, the same in all columns."""
    rng = np.random.default_rng(seed)
    mel = rng.uniform(-4, 4, (80, 16)).astype(np.float16)
    mel[rng.random((80, 16)) < 0.3] = -4
    heard = revoiced(mel, rng, AugmentConfig(loudness=strength, tilt=strength))
    assert heard.dtype == np.float32
    assert abs(heard).max() <= 4
    assert (heard[mel == -4] == -4).all()
    change = np.where((abs(heard) < 4) & (mel > -3.98), heard - mel.astype(np.float32), np.nan)
    rows = change[~np.isnan(change).all(axis=1)]
    assert (np.nanmax(rows, axis=1) - np.nanmin(rows, axis=1) < 1e-5).all()
