"""The mouth where the voice is silent."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.timebase import TimeRange
from app.engine.dub.dubbing import NewVoice
from app.engine.dub.silence import FADE, RAMP, Silenced, mouth_weight
from app.engine.media.mel import LIMIT, RATE, mel_windows
from app.engine.sound.listener import MelListener

SPEECH = (TimeRange(Fraction(1), Fraction(2)), TimeRange(Fraction(3), Fraction(7, 2)))
TIMES = st.fractions(-1, 5, max_denominator=1000)


def test_the_new_mouth_is_whole_in_speech_and_gone_far_from_it() -> None:
    assert [mouth_weight(Fraction(t), SPEECH) for t in ("1", "1.5", "2", "3.2")] == [1, 1, 1, 1]
    assert [mouth_weight(Fraction(t), SPEECH) for t in ("-4", "0.5", "2.5", "9")] == [0, 0, 0, 0]
    assert mouth_weight(1 - RAMP / 2, SPEECH) == pytest.approx(0.5)
    assert mouth_weight(Fraction(1), ()) == 0


@given(TIMES, TIMES)
def test_the_weight_has_no_step(one: Fraction, other: Fraction) -> None:
    a, b = mouth_weight(one, SPEECH), mouth_weight(other, SPEECH)
    assert 0 <= a <= 1
    assert abs(a - b) <= 1.5 * float(abs(one - other) / RAMP) + 1e-9
    assert a == max(mouth_weight(one, (span,)) for span in SPEECH)


@given(st.integers(0, 4 * RATE), st.integers(1, 3 * RATE))
def test_sound_outside_speech_is_silence_and_inside_as_it_was(first: int, count: int) -> None:
    sound = np.random.default_rng(first).uniform(0.1, 1, first + count).astype(np.float32)
    gated = Silenced(sound, SPEECH)[first : first + count]
    assert len(Silenced(sound, SPEECH)) == len(sound) and len(gated) == count
    for index in (0, count // 2, count - 1):
        at = first + index
        distance = min(max(span.start * RATE - at, at + 1 - span.stop * RATE, 0) for span in SPEECH)
        if distance == 0:
            assert gated[index] == sound[at]
        elif distance >= FADE:
            assert gated[index] == 0
        else:
            assert 0 < gated[index] < sound[at]


def _voice(seconds: float = 4) -> NewVoice:
    rng = np.random.default_rng(3)
    sound = rng.normal(0, 0.1, round(seconds * RATE)).astype(np.float32)
    return NewVoice(sound, 1.3, Fraction(1, 7), MelListener(16), SPEECH)


@given(st.fractions(-1, 5, max_denominator=30000), st.sampled_from([16, 20, 32]))
def test_windows_are_those_of_the_silenced_sound(time: Fraction, columns: int) -> None:
    voice = msgspec.structs.replace(_voice(), listener=MelListener(columns))
    whole = Silenced(voice.sound, SPEECH)[0 : len(voice.sound)]
    expected = mel_windows(whole, [time - voice.offset], voice.gain, columns)
    assert np.array_equal(voice.windows([time], silenced_outside=True), expected)


def test_digital_silence_is_heard_outside_speech() -> None:
    voice = _voice()
    assert (voice.windows([Fraction("2.5") + voice.offset], silenced_outside=True) == -LIMIT).all()
    inside = [Fraction("1.5") + voice.offset]
    assert np.array_equal(voice.windows(inside, silenced_outside=True), voice.windows(inside))
    assert voice.windows([], silenced_outside=True).shape == (0, 80, 16)


def test_a_voice_nobody_listened_to_cannot_be_silenced() -> None:
    with pytest.raises(ValueError, match="not known"):
        msgspec.structs.replace(_voice(), speech=None).windows([Fraction(0)], silenced_outside=True)


def test_listening_finds_the_speech_once() -> None:
    sound = np.zeros(3 * RATE, np.float32)
    sound[RATE : 2 * RATE] = np.random.default_rng(0).normal(0, 0.2, RATE)
    voice = NewVoice(sound, 1, Fraction(0), MelListener(16)).listened()
    assert voice.speech is not None and len(voice.speech) == 1
    assert float(voice.speech[0].start) == pytest.approx(1, abs=0.1)
    assert voice.listened() is voice
    moved = voice.placed(Fraction(5))
    assert moved.speech == voice.speech and moved.offset == 5 and voice.placed(None) is voice
