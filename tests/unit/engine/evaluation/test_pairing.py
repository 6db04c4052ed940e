"""Frames are paired by their time stamps."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import MediaError
from app.engine.evaluation.pairing import FrameTimes, pair_frames


def video(rate: Fraction | int, count: int, name: str = "v", start: Fraction = Fraction(0)) -> FrameTimes:
    times = [start + Fraction(k) / rate for k in range(count)]
    return FrameTimes(name, times, start + count / Fraction(rate))


def test_equal_videos_are_paired_frame_by_frame() -> None:
    pairing = pair_frames(video(25, 50), video(25, 50))
    assert pairing.real == pairing.dubbed == tuple(range(50))
    assert (pairing.step, pairing.notes) == (Fraction(1, 25), ())


@given(st.sampled_from([12, 24, Fraction(24000, 1001), 25, 30, 50, 60]), st.sampled_from([15, 25, 30, 60]))
def test_other_rates_are_paired_by_the_nearest_and_said(real: Fraction | int, dubbed: int) -> None:
    one, other = video(real, int(real * 4)), video(dubbed, dubbed * 4)
    pairing = pair_frames(one, other)
    assert len(set(pairing.real)) == len(set(pairing.dubbed)) == len(pairing)
    assert list(pairing.real) == sorted(pairing.real) and list(pairing.dubbed) == sorted(pairing.dubbed)
    gaps = [abs(one.times[a] - other.times[b]) for a, b in zip(pairing.real, pairing.dubbed, strict=True)]
    assert max(gaps) <= pairing.step / 2
    assert len(pairing) >= 0.9 * min(len(one.times), len(other.times))
    assert bool(pairing.notes) == (real != dubbed)


def test_a_shorter_video_is_judged_on_what_both_have_and_that_is_said() -> None:
    pairing = pair_frames(video(25, 100), video(25, 80))
    assert len(pairing) == 80
    (note,) = pairing.notes
    assert "0:00:03.200" in note and "80 frames" in note


def test_a_later_start_is_no_shift() -> None:
    pairing = pair_frames(video(25, 50), video(25, 45, start=Fraction(1, 5)))
    assert {a - b for a, b in zip(pairing.real, pairing.dubbed, strict=True)} == {5}


@pytest.mark.parametrize(("frames", "said"), [(49, "same stretch"), (200, "same stretch")])
def test_videos_that_hardly_overlap_are_refused(frames: int, said: str) -> None:
    with pytest.raises(MediaError, match=said):
        pair_frames(video(25, 99, "real.mp4"), video(25, frames, "dub.mp4"))


@pytest.mark.parametrize("frames", [1, 11])
def test_too_few_frames_are_refused(frames: int) -> None:
    with pytest.raises(MediaError, match="too few to judge"):
        pair_frames(video(25, frames, "real.mp4"), video(25, frames, "dub.mp4"))
