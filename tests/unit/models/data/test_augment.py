"""Augmentation: nothing at strength zero, the same for target and reference, never out of range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.data.augment import (
    AugmentConfig,
    Move,
    _in_a_room,
    _other_throat,
    _through_a_line,
    _with_noise,
    draw_look,
    draw_move,
    dressed,
    revoiced,
)

NONE = AugmentConfig(identity=0, jitter=0, loudness=0, tilt=0, heavy=0, mirror=False)
STILL = Move((0, 0), 0, 1)
SEEDS = st.integers(0, 2**31)


def picture(seed: int, side: int) -> NDArray[np.uint8]:
    """Noise: every shift shows."""
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def landmarks(seed: int) -> NDArray[np.float32]:
    """68 places well inside the crop, as shares of its side."""
    return np.random.default_rng(seed).uniform(0.3, 0.7, (68, 2)).astype(np.float32)


def centre(stored: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The plain crop."""
    edge = (stored.shape[0] - size) // 2
    return stored[edge : edge + size, edge : edge + size]


@given(seed=SEEDS, size=st.sampled_from([64, 96, 128]))
@settings(max_examples=15, deadline=None)
def test_strength_zero_is_the_centre_crop(seed: int, size: int) -> None:
    """To the last bit, though it goes through warp, colour matrix and table; landmarks stay where they are."""
    stored, rng = picture(seed, size * 5 // 4), np.random.default_rng(seed)
    crop, points = dressed(stored, landmarks(seed), size, draw_look(rng, NONE), draw_move(rng, 0))
    assert np.array_equal(crop, centre(stored, size))
    np.testing.assert_allclose(points * size, landmarks(seed) * size, atol=1 / 32)  # as fine as OpenCV looks places up


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_all_strengths_zero_is_the_centre_crop(seed: int) -> None:
    """Also where identity is always changed, by nothing."""
    config = AugmentConfig(identity=1, warp=0, colour=0, gamma=0, mirror=False)
    stored, rng = picture(seed, 80), np.random.default_rng(seed)
    crop, _ = dressed(stored, landmarks(seed), 64, draw_look(rng, config), STILL)
    assert np.array_equal(crop, centre(stored, 64))


@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_mirroring_is_all_that_mirror_does(seed: int) -> None:
    """The centre crop or its mirror image; a landmark becomes its counterpart on the other side."""
    stored, rng = picture(seed, 80), np.random.default_rng(seed)
    look = draw_look(rng, AugmentConfig(identity=0))
    plain = centre(stored, 64)
    crop, points = dressed(stored, landmarks(seed), 64, look, STILL)
    assert np.array_equal(crop, plain[:, ::-1] if look.mirror else plain)
    corner = [1 - landmarks(seed)[54, 0], landmarks(seed)[54, 1]] if look.mirror else landmarks(seed)[48]
    np.testing.assert_allclose(points[48], corner, atol=1 / 32 / 64)


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_a_look_is_shared(seed: int) -> None:
    """The same look on the same picture gives the same face, whoever comes first."""
    look, stored = draw_look(np.random.default_rng(seed), AugmentConfig(identity=1)), picture(seed, 80)
    (first, _), (second, _) = (dressed(stored, landmarks(seed), 64, look, STILL) for _ in range(2))
    assert np.array_equal(first, second)
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8


@given(seed=SEEDS, size=st.sampled_from([64, 128]))
@settings(max_examples=25, deadline=None)
def test_landmarks_go_with_the_picture(seed: int, size: int) -> None:
    """A soft spot painted at a landmark is found where the landmark has gone, to a third of a pixel."""
    rng = np.random.default_rng(seed)
    place, side = landmarks(seed)[30], size * 5 // 4
    x, y = place * size - 0.5 + (side - size) / 2
    across, down = np.meshgrid(np.arange(side), np.arange(side))
    spot = 255 * np.exp(-((across - x) ** 2 + (down - y) ** 2) / 8)
    look = draw_look(rng, AugmentConfig(identity=1, colour=0, gamma=0, mirror=False))
    crop, points = dressed(
        np.repeat(spot[..., None], 3, axis=2).astype(np.uint8), landmarks(seed), size, look, draw_move(rng, 0.01)
    )
    light = np.where(crop[..., 0] > 60, crop[..., 0].astype(float), 0)
    found = np.array([(light.sum(axis=axis) @ np.arange(size)) / light.sum() for axis in (0, 1)])
    np.testing.assert_allclose(points[30] * size - 0.5, found, atol=0.34)


BEYOND = ((0.5, 1.05), (0.5, -0.05), (-0.03, 0.5), (1.04, 0.6), (-0.03, 1.05), (1.02, -0.04))
"""Places outside the crop: chins and ears lie there."""


@given(seed=SEEDS, size=st.sampled_from([64, 96, 128]), place=st.sampled_from(BEYOND))
@settings(max_examples=40, deadline=None)
def test_landmarks_outside_the_crop_go_where_its_move_takes_them(
    seed: int, size: int, place: tuple[float, float]
) -> None:
    """To a pixel: the move is of the whole picture, and the crop's edge is none of the landmarks'."""
    rng = np.random.default_rng(seed)
    move = draw_move(rng, 0.003)
    inside = landmarks(seed)
    points = np.concatenate([np.array([place], np.float32), inside[1:]])
    _, found = dressed(picture(seed, size * 5 // 4), points, size, draw_look(rng, NONE), move)
    # the crop's pixel p is taken from scale * R p + shift, all about the middle
    factor = move.scale * np.exp(1j * move.turn)
    back = ((points - 0.5 - move.shift) @ (1, 1j)) / factor
    expected = np.stack([back.real, back.imag], axis=1) + 0.5
    assert np.abs(found[0] - expected[0]).max() * size < 1
    assert np.abs(found[1:] - expected[1:]).max() * size < 0.1


@given(seed=SEEDS, place=st.sampled_from(BEYOND))
@settings(max_examples=15, deadline=None)
def test_landmarks_outside_the_crop_stay_where_nothing_moves(seed: int, place: tuple[float, float]) -> None:
    points = np.full((68, 2), place, np.float32)
    look = draw_look(np.random.default_rng(seed), NONE)
    _, found = dressed(picture(seed, 80), points, 64, look, STILL)
    np.testing.assert_allclose(found * 64, points * 64, atol=1 / 32)


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
    crop, _ = dressed(stored, landmarks(seed), size, look, draw_move(rng, 0.01))
    assert abs(crop.astype(float) - centre(stored, size)).max() <= 0.15 * size


def sound(seed: int, columns: int = 32) -> NDArray[np.float16]:
    """Any mel window."""
    return np.random.default_rng(seed).uniform(-3.9, 4, (80, columns)).astype(np.float16)


@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_sound_without_strength_is_the_sound(seed: int) -> None:
    """Nothing heavy, zero loudness and tilt."""
    assert np.array_equal(revoiced(sound(seed), np.random.default_rng(seed), NONE), sound(seed).astype(np.float32))


@given(seed=SEEDS, strength=st.floats(0, 3))
@settings(max_examples=25, deadline=None)
def test_a_microphone_changes_all_columns_alike(seed: int, strength: float) -> None:
    """One change a bin; what is silent stays silent, however loud the microphone."""
    rng = np.random.default_rng(seed)
    mel = rng.uniform(-4, 4, (80, 16)).astype(np.float16)
    mel[rng.random((80, 16)) < 0.3] = -4
    heard = revoiced(mel, rng, AugmentConfig(loudness=strength, tilt=strength, heavy=0))
    assert heard.dtype == np.float32
    assert abs(heard).max() <= 4
    assert (heard[mel == -4] == -4).all()
    change = np.where((abs(heard) < 4) & (mel > -3.98), heard - mel.astype(np.float32), np.nan)
    rows = change[~np.isnan(change).all(axis=1)]
    assert (np.nanmax(rows, axis=1) - np.nanmin(rows, axis=1) < 1e-5).all()


@given(seed=SEEDS, heavy=st.floats(0, 1), columns=st.sampled_from([8, 16, 32]))
@settings(max_examples=50, deadline=None)
def test_whatever_happens_to_a_voice_it_stays_in_range(seed: int, heavy: float, columns: int) -> None:
    """And draws from its generator alone."""
    config = AugmentConfig(heavy=heavy)
    one, other = (revoiced(sound(seed, columns), np.random.default_rng(seed), config) for _ in range(2))
    assert np.array_equal(one, other)
    assert (one.shape, one.dtype) == ((80, columns), np.float32)
    assert np.isfinite(one).all()
    assert abs(one).max() <= 4


@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_silence_is_silent_unless_there_is_noise(seed: int) -> None:
    """Neither another throat nor a room nor a line can be heard where nobody speaks."""
    silence = np.full((80, 16), -4, np.float16)
    noiseless = AugmentConfig(heavy=1, noise=(50, 60))
    assert (revoiced(silence, np.random.default_rng(seed), noiseless) == -4).all()


def test_heavy_things_happen_as_often_as_asked() -> None:
    """At a third, a voice is left alone two thirds to the fourth of the times."""
    rng, plain = np.random.default_rng(0), AugmentConfig(loudness=0, tilt=0, heavy=1 / 3)
    untouched = [np.array_equal(revoiced(sound(1), rng, plain), sound(1).astype(np.float32)) for _ in range(900)]
    assert np.mean(untouched) == pytest.approx((2 / 3) ** 4, abs=0.05)


@given(factor=st.floats(0.8, 1.25), at=st.integers(15, 60))
def test_another_throat_moves_formants(factor: float, at: int) -> None:
    """By the factor along the bins; the same throat changes nothing."""
    hill = (-np.abs(np.arange(80) - at)[:, None] / 20 * np.ones((1, 4))).astype(np.float32)
    peak = int(_other_throat(hill, factor)[:, 0].argmax())
    assert abs(peak - at / factor) <= 1
    assert np.array_equal(_other_throat(hill, 1.0), hill)


@given(seed=SEEDS, decay=st.floats(0.1, 1), wet=st.floats(0, 0.9))
@settings(max_examples=25, deadline=None)
def test_a_room_only_adds(seed: int, decay: float, wet: float) -> None:
    """What was said before, and nothing before it was said."""
    dry = sound(seed).astype(np.float32)
    heard = _in_a_room(dry, decay, wet)
    assert (heard >= dry - 1e-5).all()
    np.testing.assert_allclose(heard[:, 0], dry[:, 0], atol=1e-5)
    clap = np.full((80, 12), -4, np.float32)
    clap[:, 3] = 3
    tail = _in_a_room(clap, decay, 0.5)
    assert tail[:, :3].max() < -3
    np.testing.assert_allclose(tail[:, 3], 3, atol=1e-3)
    loud = tail[0, 4:][tail[0, 4:] > -2]  # well over what was there
    np.testing.assert_allclose(np.diff(loud), -decay, atol=0.02)


@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_noise_fills_what_is_quiet_and_leaves_what_is_loud(seed: int) -> None:
    mel = np.full((80, 16), -3.9, np.float32)
    mel[:, 8:] = 3
    heard = _with_noise(mel, np.random.default_rng(seed), (2.5, 3.0))
    assert (heard >= mel - 1e-5).all()
    assert heard[:, :8].mean() > -2.5
    assert np.median(abs(heard - mel)[:, 8:]) < 0.1


@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_a_line_cuts_bands_off(seed: int) -> None:
    """The middle of the voice comes through as it is; far outside there is silence."""
    mel = sound(seed).astype(np.float32)
    heard = _through_a_line(mel, np.random.default_rng(seed))
    assert np.array_equal(heard[8:50], mel[8:50])
    assert (heard <= mel).all()
    cut = [_through_a_line(mel, np.random.default_rng(k))[-1].max() for k in range(40)]
    assert sum(level == -4 for level in cut) > 20
