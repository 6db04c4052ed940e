"""The mix stays within full scale."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.media.limiter import LimiterLog, Mix, ReadMix, limited

RATE = 8000


def _reader(mix: Mix) -> ReadMix:
    def read(first: int, count: int) -> Mix:
        out = np.zeros((count, mix.shape[1]))
        low, high = max(first, 0), min(first + count, len(mix))
        if low < high:
            out[low - first : high - first] = mix[low:high]
        return out

    return read


def _mix(seed: int, loudness: float) -> Mix:
    return np.random.default_rng(seed).normal(0, loudness, (4000, 2))


@settings(max_examples=40)
@given(st.integers(0, 99), st.floats(0.05, 3), st.integers(1, 3999))
def test_any_part_is_that_of_the_whole_and_within_full_scale(seed: int, loudness: float, cut: int) -> None:
    read = _reader(_mix(seed, loudness))
    whole = limited(read, 0, 4000, RATE)
    parts = np.concatenate([limited(read, 0, cut, RATE), limited(read, cut, 4000 - cut, RATE)])
    assert np.abs(whole).max() <= 1
    np.testing.assert_allclose(parts, whole, atol=1e-12)


def test_what_fits_is_not_touched_and_nothing_is_said() -> None:
    mix, log = np.clip(_mix(0, 0.5), -1, 1), LimiterLog()
    assert np.array_equal(limited(_reader(mix), 0, 4000, RATE, log), mix)
    assert log.sentence(RATE) == ""


def test_a_steady_tone_is_turned_down_and_not_bent() -> None:
    tone = 2 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    log = LimiterLog()
    out = limited(_reader(np.stack([tone, tone / 2], 1)), 0, RATE, RATE, log)
    middle = out[1000:-1000, 0]
    power = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) ** 2
    peak = int(power.argmax())
    rest = power.sum() - power[peak - 3 : peak + 4].sum()
    assert 10 * np.log10(rest / power.sum()) < -40
    np.testing.assert_allclose(out[:, 1], out[:, 0] / 2, atol=1e-12)  # the balance stays
    assert "6.0 dB above full scale" in log.sentence(RATE) and "1.00 s" in log.sentence(RATE)
