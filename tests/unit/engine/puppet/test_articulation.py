"""The mouth's motion: shut when it must be, open when it should be, smooth in between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.puppet.articulation import Pose, Trajectory, closure, visemes
from app.engine.puppet.speech import Speech, TimedPhoneme, load_voice

VOICES = {name: load_voice(name) for name in "ab"}
CHOICE = ["_", "p", "b", "m", "f", "v", "A:", "i:", "u:", "oU", "aI", "s", "t", "l", "w", "@", "k", "dZ", "x?"]


def _trajectory(speech: Speech) -> Trajectory:
    return Trajectory(speech.timing.phonemes, speech.duration)


@st.composite
def _sentences(draw: st.DrawFn) -> list[TimedPhoneme]:
    parts = draw(st.lists(st.tuples(st.sampled_from(CHOICE), st.floats(0.02, 0.4)), min_size=1, max_size=12))
    time, found = 0.0, []
    for phoneme, duration in parts:
        found.append(TimedPhoneme(time, duration, phoneme))
        time += duration
    return found


@pytest.mark.parametrize("name", "ab")
def test_lips_are_shut_in_silence(name: str) -> None:
    speech = VOICES[name]
    trajectory = _trajectory(speech)
    first, last = speech.timing.phonemes[0], speech.timing.phonemes[-1]
    assert first.phoneme == last.phoneme == "_"
    quiet = [*np.linspace(-1, first.end - 0.12, 9), *np.linspace(last.start + 0.2, speech.duration + 1, 9)]
    assert max(trajectory.pose(float(time)).gap for time in quiet) == 0.0


@pytest.mark.parametrize("name", "ab")
def test_lips_are_shut_for_every_bilabial_and_nearly_never_else(name: str) -> None:
    speech = VOICES[name]
    trajectory = _trajectory(speech)
    bilabials = [item for item in speech.timing.phonemes if item.phoneme in ("p", "b", "m")]
    assert len(bilabials) >= 5
    for item in bilabials:
        begin, end = closure(item)
        assert trajectory.pose((begin + end) / 2).gap < 0.02
    open_vowels = [item for item in speech.timing.phonemes if visemes(item.phoneme)[0] in ("aa", "ae", "uh", "aw")]
    assert np.mean([trajectory.pose(item.start + item.duration / 2).gap for item in open_vowels]) > 0.5


@pytest.mark.parametrize("name", "ab")
def test_the_lower_lip_meets_the_teeth_for_f_and_v(name: str) -> None:
    speech = VOICES[name]
    trajectory = _trajectory(speech)
    poses = [trajectory.pose(p.start + p.duration / 2) for p in speech.timing.phonemes if p.phoneme in ("f", "v")]
    assert poses
    assert min(pose.tuck for pose in poses) > 0.8  # a closure right after it takes a little away
    assert all(0.1 < pose.gap < 0.3 for pose in poses)


def test_oo_is_narrow_and_ee_is_wide() -> None:
    items = [TimedPhoneme(0, 0.3, "u:"), TimedPhoneme(0.3, 0.1, "t"), TimedPhoneme(0.4, 0.3, "i:")]
    trajectory = Trajectory(items, 0.7)
    narrow, wide = trajectory.pose(0.15), trajectory.pose(0.55)
    assert narrow.width < -0.6
    assert narrow.round > 0.6
    assert wide.width > 0.5


@settings(max_examples=40, deadline=None)
@given(_sentences())
def test_any_sentence_gives_a_smooth_motion_within_limits(items: list[TimedPhoneme]) -> None:
    trajectory = Trajectory(items, items[-1].end)
    times = np.arange(-0.7, items[-1].end + 0.7, 0.002)
    poses = [trajectory.pose(float(time)) for time in times]
    table = np.array([[getattr(pose, name) for name in Pose.__struct_fields__] for pose in poses])
    assert np.isfinite(table).all()
    assert table.max() <= 1
    assert table.min() >= -1
    assert np.abs(np.diff(table, axis=0)).max() < 0.12  # a full motion takes at least 20 ms
    assert poses[0] == poses[-1] == Pose()


def test_lips_round_before_a_rounded_vowel_is_heard() -> None:
    plain = Trajectory([TimedPhoneme(0, 0.2, "s"), TimedPhoneme(0.2, 0.3, "i:")], 0.5)
    rounded = Trajectory([TimedPhoneme(0, 0.2, "s"), TimedPhoneme(0.2, 0.3, "u:")], 0.5)
    assert rounded.pose(0.15).round > plain.pose(0.15).round + 0.1


def test_unknown_phonemes_have_a_shape() -> None:
    assert visemes("A:2") == visemes("A:")
    assert visemes("#weird") == ("schwa",)
