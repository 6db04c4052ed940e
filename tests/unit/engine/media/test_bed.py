"""The sound of an export."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.core.timebase import TimeRange
from app.engine.media.bed import CHUNK, DUCK, build_bed, mix_rate, original_heard
from tests.unit.engine.media.synth import make_wav

RATE = 8000


def _bed(*arguments: object) -> NDArray[np.float32]:
    return np.concatenate(list(build_bed(*arguments)))  # type: ignore[arg-type]


def _range(start: object, stop: object) -> TimeRange:
    return TimeRange(Fraction(start), Fraction(stop))  # type: ignore[arg-type]


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    """Two seconds at 0.5, mono."""
    return make_wav(tmp_path / "voice.wav", np.full(2 * RATE, 0.5, np.float32), RATE)


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """Ten seconds at 0.2, stereo."""
    return make_wav(tmp_path / "original.wav", np.full((10 * RATE, 2), 0.2, np.float32), RATE)


@pytest.mark.parametrize(("policy", "inside"), [("drop", 0.0), ("duck", 0.2 * DUCK), ("keep", 0.2)])
def test_the_original_inside_and_outside(voice: Path, original: Path, policy: str, inside: float) -> None:
    out = _bed(voice, original, Fraction(10), Fraction(4), (_range(3, 7),), policy)
    assert out.shape == (10 * RATE, 2) and out.dtype == np.float32
    second = out[RATE // 2 :: RATE, 0]  # the middle of every second
    expected = [0.2] * 3 + [inside, inside + 0.5, inside + 0.5, inside] + [0.2] * 3
    assert second == pytest.approx(expected, abs=1e-6)
    steps = np.abs(np.diff(out[:, 0]))
    own_edges = [4 * RATE - 1, 6 * RATE - 1]  # the voice's own beginning and end are not softened
    steps[own_edges] = 0
    assert steps.max() < 0.2 / (RATE / 100) + 1e-6


def test_without_an_original_there_is_silence_around_the_voice(voice: Path) -> None:
    out = _bed(voice, None, Fraction(5), Fraction(1), (_range(0, 5),), "drop")
    assert out.shape == (5 * RATE, 1)
    assert not out[:RATE].any() and not out[3 * RATE :].any()
    assert (out[RATE : 3 * RATE] == 0.5).all()


def test_the_voice_is_heard_inside_the_ranges_only(voice: Path) -> None:
    out = _bed(voice, None, Fraction(3), Fraction(-1, 2), (_range("0.25", "0.5"), _range(1, 4)), "drop")[:, 0]
    sounding = np.flatnonzero(out) / RATE
    assert ((sounding >= 0.25) & (sounding < 0.5) | (sounding >= 1) & (sounding < 1.5)).all()
    assert out[int(0.4 * RATE)] == 0.5 and out[int(1.2 * RATE)] == 0.5


def test_no_ranges_leave_the_original_as_it_is(voice: Path, original: Path) -> None:
    assert (_bed(voice, original, Fraction(10), Fraction(0), (), "drop") == np.float32(0.2)).all()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2 * RATE - 1), st.fractions(-1, 9, max_denominator=1001), st.integers(1, 12 * RATE))
def test_every_sample_lands_where_it_belongs(tmp_path: Path, click: int, offset: Fraction, total: int) -> None:
    sound = np.zeros(2 * RATE, np.float32)
    sound[click] = 1
    voice = make_wav(tmp_path / "click.wav", sound, RATE)
    out = _bed(voice, None, Fraction(total, RATE), offset, (_range(-5, 20),), "drop")[:, 0]
    place = (offset * RATE + Fraction(1, 2)).__floor__() + click
    assert len(out) == total
    expected = np.zeros(total)
    if 0 <= place < total:
        expected[place] = 1
    cut = {place, *range(80), *range(total - 80, total)}  # a cut's fade may lower the click
    kept = np.array([index not in cut for index in range(total)])
    assert np.array_equal(out[kept], expected[kept])
    assert 0 <= place < total or not out.any()
    assert not np.flatnonzero(out).size or np.flatnonzero(out).tolist() == [place]


def test_a_click_at_the_end_of_a_long_clip_is_exact(tmp_path: Path) -> None:
    rate, seconds = 44100, 480
    sound = np.zeros(4 * rate, np.float32)
    sound[3 * rate] = 1
    voice = make_wav(tmp_path / "v.wav", sound, rate)
    offset = Fraction(475 * 30000 // 1001 * 1001, 30000)
    bed = build_bed(voice, None, Fraction(seconds), offset, (_range(470, 480),), "drop")
    total, where = 0, []
    for chunk in bed:
        where += (np.flatnonzero(chunk[:, 0]) + total).tolist()
        total += len(chunk)
    assert total == seconds * rate
    assert where == [round((offset + 3) * rate)]


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    voice = make_wav(tmp_path / "v.wav", np.zeros(60 * RATE, np.float32), RATE)
    peaks: list[int] = []
    for seconds in (10, 60):
        tracemalloc.start()
        for chunk in build_bed(voice, None, Fraction(seconds), Fraction(0), (_range(0, seconds),), "drop"):
            assert len(chunk) <= CHUNK
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_each_range_has_the_voice_at_its_own_place(tmp_path: Path) -> None:
    sound = np.zeros(2 * RATE, np.float32)
    sound[RATE // 2 :: RATE] = 1  # clicks at 0.5 and 1.5 s
    voice = make_wav(tmp_path / "clicks.wav", sound, RATE)
    ranges = (_range(0, 1), _range(1, "2.2"), _range(5, 8))
    offsets = (Fraction(0), Fraction(1, 5), Fraction(5))
    bed = build_bed(voice, None, Fraction(9), Fraction(77), ranges, "drop", offsets=offsets)
    out = np.concatenate(list(bed))[:, 0]
    # of the voice at 0.2 s only the second click falls within 1 to 2.2 s
    assert np.flatnonzero(out > 0.99) / RATE == pytest.approx([0.5, 1.7, 5.5, 6.5], abs=1e-9)
    with pytest.raises(ValueError, match="3 ranges have 1 offsets"):
        list(build_bed(voice, None, Fraction(9), Fraction(0), ranges, offsets=(Fraction(0),)))


def test_ranges_that_meet_are_faded_only_where_the_voice_jumps(voice: Path) -> None:
    ranges = (_range(0, "0.5"), _range("0.5", 1), _range(1, 2))
    same, jump = Fraction(0), Fraction(-1, 4)
    whole = np.concatenate(list(build_bed(voice, None, Fraction(2), same, ranges, offsets=(same, same, same))))
    cut = np.concatenate(list(build_bed(voice, None, Fraction(2), same, ranges, offsets=(same, same, jump))))
    assert (whole == 0.5).all()
    assert (cut[: int(0.9 * RATE)] == 0.5).all() and cut[RATE].max() < 0.05
    assert cut[int(1.1 * RATE)] == 0.5


def test_gains_hold_inside_and_outside(voice: Path, original: Path) -> None:
    gains = {"voice_gain_db": -6.0, "original_gain_db": 20 * np.log10(2)}
    bed = build_bed(voice, original, Fraction(10), Fraction(4), (_range(3, 7),), "duck", **gains)
    second = np.concatenate(list(bed))[RATE // 2 :: RATE, 0]
    quiet, loud = 0.4 * DUCK, 0.5 * 10 ** (-6 / 20)
    expected = [0.4] * 3 + [quiet, quiet + loud, quiet + loud, quiet] + [0.4] * 3
    assert second == pytest.approx(expected, abs=1e-6)
    clipped = build_bed(voice, original, Fraction(10), Fraction(4), (_range(3, 7),), "keep", voice_gain_db=12.0)
    assert np.concatenate(list(clipped)).max() == 1


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fractions(0, 9, max_denominator=1001), st.fractions(0, 9, max_denominator=1001))
def test_a_span_is_that_part_of_the_whole(voice: Path, original: Path, one: Fraction, other: Fraction) -> None:
    span = TimeRange(min(one, other), max(one, other))
    arguments = (voice, original, Fraction(8), Fraction(5, 2), (_range(1, 3), _range(3, 6)), "duck")
    offsets = (Fraction(1, 2), Fraction(3))
    whole = np.concatenate(list(build_bed(*arguments, offsets=offsets)))  # type: ignore[arg-type]
    parts = [*build_bed(*arguments, offsets=offsets, span=span)]  # type: ignore[arg-type]
    part = np.concatenate([np.zeros((0, 2), np.float32), *parts])
    first, stop = (min((edge * RATE + Fraction(1, 2)).__floor__(), 8 * RATE) for edge in (span.start, span.stop))
    assert np.array_equal(part, whole[first:stop])


def test_rates_must_agree(tmp_path: Path, voice: Path) -> None:
    other = make_wav(tmp_path / "other.wav", np.zeros(4000, np.float32), 4000)
    with pytest.raises(ValueError, match="Hz"):
        _bed(voice, other, Fraction(1), Fraction(0), (), "drop")


def test_the_original_is_heard_unless_it_is_dropped_throughout() -> None:
    whole = _range(0, 10)
    assert not original_heard((_range(0, 4), _range(4, 10)), whole, "drop")
    assert not original_heard((_range(2, 6),), _range(3, 5), "drop")
    assert original_heard((_range(0, 4), _range(5, 10)), whole, "drop")
    assert original_heard((_range(0, 10),), whole, "duck") and original_heard((_range(0, 10),), whole, "keep")


def test_sounds_are_mixed_at_the_higher_rate_of_those_that_are_heard() -> None:
    assert [mix_rate(8000, 48000), mix_rate(96000, 44100), mix_rate(16000, None)] == [48000, 96000, 16000]
    assert mix_rate(None, 44100) == 44100 and mix_rate(None, None) is None


def test_each_range_may_have_a_voice_of_its_own(tmp_path: Path) -> None:
    low, high = (make_wav(tmp_path / f"{v}.wav", np.full(2 * RATE, v, np.float32), RATE) for v in (0.25, 0.5))
    ranges, starts = (_range(0, 1), _range(1, 2), _range(4, 7)), (Fraction(0), Fraction(0), Fraction(4))
    bed = build_bed(low, None, Fraction(8), Fraction(0), ranges, "drop", offsets=starts, voices=(low, high, high))
    out = np.concatenate(list(bed))[:, 0]
    assert [out[int(time * RATE)] for time in (0.5, 1.5, 3, 5, 6.5)] == [0.25, 0.5, 0, 0.5, 0]
    with pytest.raises(ValueError, match="3 ranges have 1 voices"):
        list(build_bed(low, None, Fraction(8), Fraction(0), ranges, voices=(low,)))
    slow = make_wav(tmp_path / "slow.wav", np.zeros(100, np.float32), RATE // 2)
    with pytest.raises(ValueError, match="several rates"):
        list(build_bed(low, None, Fraction(8), Fraction(0), ranges, voices=(low, slow, low)))
