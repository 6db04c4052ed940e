"""What the network hears around a moment, through a speech encoder."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.engine.media.mel import RATE, mel_windows
from app.engine.sound.listener import CHUNK, HOP, MARGIN, MelListener, SpeechListener, make_listener
from tests.unit.engine.rendering import QuickDubber

SECONDS = 20
ROWS, COLUMNS = 3, 6


class Levels:
    """A speech encoder whose features are plain to compute: the mean of each hop, its first sample, a constant."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        self.calls += 1
        hops = sound.reshape(-1, HOP)
        return np.stack([hops.mean(axis=1), hops[:, 0], np.full(len(hops), 0.25, np.float32)], axis=1)


def listener() -> SpeechListener:
    return SpeechListener(Levels(), (ROWS, COLUMNS))


def steps() -> NDArray[np.float32]:
    """Sound that stands still within a hop: column k says k / 1000, up to half precision."""
    return np.repeat(np.arange(SECONDS * RATE // HOP), HOP).astype(np.float32) / 1000


@given(st.fractions(0, SECONDS - 1, max_denominator=30000))
def test_a_window_is_centred_on_its_time(time: Fraction) -> None:
    (window,) = listener().windows(steps(), [time], 1.0)
    assert window.shape == (ROWS, COLUMNS) and window.dtype == np.float32
    places = float(time) * RATE / HOP + np.arange(COLUMNS) - (COLUMNS - 1) / 2
    np.testing.assert_allclose(window[0], np.maximum(places, 0) / 1000, atol=2e-3)


@given(st.lists(st.fractions(-2, SECONDS + 2, max_denominator=1000), max_size=6))
def test_times_are_heard_alike_alone_and_together(times: list[Fraction]) -> None:
    heard, sound = listener(), np.random.default_rng(1).normal(0, 0.1, SECONDS * RATE).astype(np.float32)
    together = heard.windows(sound, times, 1.5)
    assert together.shape == (len(times), ROWS, COLUMNS)
    for time, window in zip(times, together, strict=True):
        assert np.array_equal(listener().windows(sound, [time], 1.5)[0], window)


def test_beyond_the_ends_there_is_silence() -> None:
    before, after = listener().windows(np.ones(RATE, np.float32), [Fraction(-1), Fraction(3)], 1.0)
    assert not before[:2].any() and not after[:2].any()


def test_the_encoder_hears_the_sound_at_its_gain() -> None:
    sound = np.full(RATE, 0.1, np.float32)
    plain, loud = (listener().windows(sound, [Fraction(1, 2)], gain)[0] for gain in (1.0, 4.0))
    np.testing.assert_allclose(loud[0], 4 * plain[0], rtol=2e-3)


def test_a_piece_is_encoded_once_and_with_what_lies_beside_it() -> None:
    seen: list[NDArray[np.float32]] = []

    def listen(sound: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.append(sound)
        return np.zeros((len(sound) // HOP, ROWS), np.float32)

    heard, sound = SpeechListener(listen, (ROWS, COLUMNS)), steps()
    second = Fraction(CHUNK * HOP, RATE) + 1
    for time in (second, second + 1, second):
        heard.windows(sound, [time], 1.0)
    assert len(seen) == 1 and len(seen[0]) == (CHUNK + 2 * MARGIN) * HOP
    assert np.array_equal(seen[0], sound[(CHUNK - MARGIN) * HOP :][: len(seen[0])])
    heard.windows(steps() + 1, [second], 1.0)
    assert len(seen) == 2, "another voice got the first one's features"


def test_a_window_over_the_seam_of_two_pieces_has_no_gap() -> None:
    (window,) = listener().windows(steps(), [Fraction(CHUNK * HOP, RATE)], 1.0)
    np.testing.assert_allclose(np.diff(window[0]), 1e-3, atol=5e-4)


def test_networks_are_heard_for_as_they_were_taught() -> None:
    class Speaking(QuickDubber):
        sound_shape = (ROWS, COLUMNS)
        hears_speech = True

        def listen(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
            return Levels()(sound)

    sound = np.random.default_rng(2).normal(0, 0.1, 2 * RATE).astype(np.float32)
    assert make_listener(Speaking()).windows(sound, [Fraction(1)], 1.0).shape == (1, ROWS, COLUMNS)
    mel = make_listener(QuickDubber())
    assert isinstance(mel, MelListener)
    expected = mel_windows(sound, [Fraction(1)], 2.0, QuickDubber.sound_shape[1])
    assert np.array_equal(mel.windows(sound, [Fraction(1)], 2.0), expected)


def test_an_encoder_that_fails_is_heard_of() -> None:
    def broken(_sound: NDArray[np.float32]) -> NDArray[np.float32]:
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        SpeechListener(broken, (ROWS, COLUMNS)).windows(steps(), [Fraction(1)], 1.0)
