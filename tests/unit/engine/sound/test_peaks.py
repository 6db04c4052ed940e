"""The peak pyramid: exact at every zoom, told in parts, kept on disk."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.core.errors import Cancelled, MediaError
from app.engine.progress import CancelToken
from app.engine.sound.decoded import BLOCK, decode_cached, sound_form
from app.engine.sound.peaks import BASE, FACTOR, FINENESS, PeakPyramid, build_peaks

RATE = 8000
COUNT = 8000 * 33 + 77


@pytest.fixture(scope="module")
def sound() -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    loud = np.abs(np.sin(np.arange(COUNT) / 9000))[:, None]
    return np.clip(rng.standard_normal((COUNT, 2)) * 0.2 * loud, -1, 1).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, sound: NDArray[np.float32]) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    soundfile.write(folder / "stereo.wav", sound, RATE, "FLOAT")
    soundfile.write(folder / "mono.wav", sound[:, 0], RATE, "FLOAT")
    return folder


@pytest.fixture(scope="module")
def parts(folder: Path) -> list[PeakPyramid]:
    told: list[PeakPyramid] = []
    build_peaks(folder / "stereo.wav", folder / "cache", told.append)
    return told


def brute(
    sound: NDArray[np.float32], start: float, stop: float, columns: int, grain: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What `read` promises, by its words."""
    edges = np.linspace(start * RATE, stop * RATE, columns + 1)
    low, high = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    for c in range(columns):
        first = int(np.floor(edges[c] / grain)) * grain
        last = max(int(np.ceil(edges[c + 1] / grain)) * grain, first + grain)
        inside = sound[max(first, 0) : max(last, 0)]
        if len(inside):
            low[c], high[c] = inside.min(), inside.max()
    return low, high


@settings(max_examples=150)
@given(
    start=st.floats(-3, 34),
    length=st.floats(-4, 1.7).map(lambda power: 10**power),
    columns=st.integers(1, 400),
    channel=st.integers(0, 1),
    part=st.sampled_from([0, -1]),
)
def test_any_window_equals_brute_force(
    parts: list[PeakPyramid],
    sound: NDArray[np.float32],
    start: float,
    length: float,
    columns: int,
    channel: int,
    part: int,
) -> None:
    pyramid = parts[part]
    stop = start + length
    if stop <= start:
        return
    grain = pyramid.grain(start, stop, columns)
    known = sound[: pyramid.samples, channel]
    got = pyramid.read(channel, start, stop, columns)
    for one, other in zip(got, brute(known, start, stop, columns, grain), strict=True):
        np.testing.assert_array_equal(one, other)


def test_grain_is_fine_enough_and_reaches_every_level(parts: list[PeakPyramid]) -> None:
    pyramid, seen = parts[-1], set()
    for samples in range(1, 5000):
        grain = pyramid.grain(0, 100 * samples / RATE, 100)
        seen.add(grain)
        assert grain == 1 or FINENESS * grain <= samples + 1e-6
    assert seen == {1, BASE, BASE * FACTOR}


def test_parts_grow_and_the_last_is_whole(parts: list[PeakPyramid]) -> None:
    assert len(parts) > 3
    assert [part.complete for part in parts] == [False] * (len(parts) - 1) + [True]
    known = [part.known for part in parts]
    assert known == sorted(known)
    assert parts[-1].samples == COUNT
    assert all(part.duration == pytest.approx(COUNT / RATE) for part in parts)
    assert (parts[-1].channels, parts[-1].rate) == (2, RATE)


def test_a_part_stays_as_it_was_told(parts: list[PeakPyramid], sound: NDArray[np.float32]) -> None:
    """Later sound must not be seen through an earlier part."""
    early = parts[0]
    low, high = early.read(0, 0, early.known, 1)
    assert (low[0], high[0]) == (sound[: early.samples, 0].min(), sound[: early.samples, 0].max())
    assert early.read(0, early.known + 0.1, 30, 5)[1].tolist() == [0] * 5


def test_kept_peaks_come_at_once_and_are_the_same(folder: Path, parts: list[PeakPyramid]) -> None:
    told: list[PeakPyramid] = []
    again = build_peaks(folder / "stereo.wav", folder / "cache", told.append)
    assert told == [again]
    for stop in (0.01, 1, 30):
        np.testing.assert_array_equal(again.read(1, 0, stop, 300), parts[-1].read(1, 0, stop, 300))


def test_mono_has_one_channel(folder: Path, sound: NDArray[np.float32]) -> None:
    pyramid = build_peaks(folder / "mono.wav", folder / "cache", lambda part: None)
    assert pyramid.channels == 1
    assert pyramid.read(0, 0, 33, 7)[0].min() == sound[: 33 * RATE, 0].min()


def test_an_emptied_cache_leaves_the_bins(folder: Path, tmp_path: Path, sound: NDArray[np.float32]) -> None:
    pyramid = build_peaks(folder / "mono.wav", tmp_path, lambda part: None)
    for file in tmp_path.iterdir():
        file.unlink()
    low, high = pyramid.read(0, 0, 0.01, 10)
    assert low.min() == sound[:BASE, 0].min()
    assert high.max() == sound[:BASE, 0].max()


def test_a_very_short_sound(tmp_path: Path) -> None:
    sound = np.linspace(-1, 1, 900, dtype=np.float32)
    soundfile.write(tmp_path / "short.wav", sound, RATE, "FLOAT")
    pyramid = build_peaks(tmp_path / "short.wav", tmp_path / "cache", lambda part: None)
    low, high = pyramid.read(0, 0, 900 / RATE, 1)
    assert (low[0], high[0]) == (-1, 1)


@pytest.mark.parametrize(("start", "stop", "columns"), [(0, 0, 5), (1, 0, 5), (0, 1, 0)])
def test_an_empty_view_is_refused(parts: list[PeakPyramid], start: float, stop: float, columns: int) -> None:
    with pytest.raises(ValueError, match="are none"):
        parts[-1].read(0, start, stop, columns)


def test_stopping_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        build_peaks(folder / "stereo.wav", tmp_path, lambda part: cancel.cancel(), cancel)
    assert list(tmp_path.iterdir()) == []


def test_no_sound_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(MediaError, match=r"text\.wav"):
        build_peaks(tmp_path / "text.wav", tmp_path, lambda part: None)


def test_decoding_gives_every_sample_in_order_then_from_disk(
    folder: Path, tmp_path: Path, sound: NDArray[np.float32]
) -> None:
    for _ in range(2):
        blocks: list[NDArray[np.float32]] = []
        wav = decode_cached(folder / "stereo.wav", tmp_path, on_block=blocks.append)
        np.testing.assert_array_equal(np.concatenate(blocks), sound)
        assert max(map(len, blocks)) <= BLOCK
        np.testing.assert_array_equal(soundfile.read(wav.path, dtype="float32")[0], sound)
        assert (wav.samples, wav.rate, wav.channels) == (COUNT, RATE, 2)


def test_two_threads_decode_once(folder: Path, tmp_path: Path) -> None:
    seen: list[object] = []

    def work() -> None:
        seen.append(decode_cached(folder / "stereo.wav", tmp_path, 16_000))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 3
    assert len(set(map(repr, seen))) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_form_says_rate_and_channels(folder: Path) -> None:
    assert (sound_form(folder / "mono.wav").channels, sound_form(folder / "mono.wav", 44_100).rate) == (1, 44_100)


def test_two_hours_stay_small(tmp_path: Path) -> None:
    """The peaks of two hours of stereo at 48 kHz are far smaller than the sound, on disk and in memory."""
    from app.engine.sound.decoded import SoundForm
    from app.engine.sound.peaks import _Builder

    block = np.zeros((480_000, 2), np.float32)
    builder = _Builder(SoundForm(48_000, 2, 72.0), lambda part: None)
    for _ in range(7):
        builder.add(block)
    size = sum(level.nbytes for level in builder.levels(whole=True))
    assert size * 7200 / 70 < 64 * 2**20
