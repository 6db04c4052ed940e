"""Sound that is out of step is found, and paired anew."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.clips import in_step, load_clips
from models.training.lag import REACH, Lag, correlations, keep_lag, opening
from tests.unit.models.prepared import ClipRecipe, write_coded_clip


@given(count=st.integers(0, 40), lag=st.integers(-45, 45))
def test_pictures_and_sounds_pair_up(count: int, lag: int) -> None:
    """Every picture with the sound `lag` later, as long as there is one."""
    seen, heard = in_step(count, lag)
    pairs = list(zip(range(count)[seen], range(count)[heard], strict=True))
    assert pairs == [(k, k + lag) for k in range(count) if 0 <= k + lag < count]


@given(shift=st.integers(-REACH, REACH), seed=st.integers(0, 100))
def test_a_shift_is_found(shift: int, seed: int) -> None:
    """Where the two are the same, at a correlation of one."""
    seen = np.random.default_rng(seed).normal(size=120).astype(np.float32)
    found = correlations(seen, np.roll(seen, shift))
    assert found.argmax() == shift + REACH
    assert found.max() == pytest.approx(1, abs=1e-6)


def test_a_still_mouth_correlates_with_nothing() -> None:
    moving = np.random.default_rng(1).normal(size=120).astype(np.float32)
    assert not correlations(np.zeros(120, np.float32), moving).any()
    assert not correlations(moving, np.ones(120, np.float32)).any()


def test_the_opening_is_the_inner_lips() -> None:
    lips = np.zeros((2, 20, 2), np.float32)
    lips[1, [13, 14, 15], 1], lips[1, [17, 18, 19], 1] = -0.5, 1.0
    lips[:, 0] = 9  # a corner of the mouth says nothing
    assert opening(lips.reshape(2, 40)).tolist() == [0, 1.5]


@pytest.mark.parametrize(("lag", "trained", "left"), [(3, 17, 14), (-3, 17, 14), (0, 17, 17), (3, 20, 17), (25, 20, 0)])
def test_a_kept_lag_pairs_pictures_with_their_sound(tmp_path: Path, lag: int, trained: int, left: int) -> None:
    """What may be trained on shrinks, so that no held-out sound comes into it."""
    write_coded_clip(tmp_path, ClipRecipe("clip", frames=20, train_frames=trained))
    before = json.loads((tmp_path / "clip" / "meta.json").read_text())
    keep_lag(tmp_path, Lag("clip", lag, 0.9, 0.1, True))
    assert json.loads((tmp_path / "clip" / "meta.json").read_text()) == before | {"lag": lag}
    (clip,) = load_clips(tmp_path)
    assert (clip.lag, clip.train_frames) == (lag, left)
    shown, told = clip.pictures[:, 0, 0, 0].astype(int), (clip.mels[:, 0, 0] * 100).round().astype(int)
    assert len(clip) == len(clip.points) == len(told) == max(20 - abs(lag), 0)
    assert (told - shown == lag).all()
