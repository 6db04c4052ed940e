"""The mix that is played is the bed that is exported; mute, solo and gain on top."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.core.project import Mix, Project, Segment, Take
from app.core.timebase import TimeRange
from app.engine.media.audio import Wav
from app.engine.media.bed import build_bed
from app.engine.sound.decoded import decode_cached
from app.engine.sound.playback_mix import PlaybackMix, Sources, heard_takes

RATE = 8000
WHOLE = TimeRange(Fraction(0), Fraction(4))


def wav(path: Path, seconds: float, channels: int, seed: int) -> Wav:
    sound = np.random.default_rng(seed).uniform(-0.4, 0.4, (round(seconds * RATE), channels))
    soundfile.write(path, sound, RATE, "FLOAT")
    return Wav(path, RATE, channels, len(sound))


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    folder = tmp_path_factory.mktemp("mix")
    return Sources(wav(folder / "original.wav", 3.7, 2, 1), wav(folder / "voice.wav", 1.9, 1, 2))


@pytest.fixture
def silent_voice(sources: Sources, tmp_path: Path) -> Sources:
    """The same original beside a voice that is 1 throughout."""
    path = tmp_path / "ones.wav"
    soundfile.write(path, np.ones(2 * RATE), RATE, "FLOAT")
    return replace(sources, voice=Wav(path, RATE, 1, 2 * RATE))


def whole_mix(project: Project, sources: Sources, whole: TimeRange = WHOLE) -> np.ndarray:
    mix = PlaybackMix(project, sources, whole)
    try:
        return mix.read(0, int(whole.stop * RATE))
    finally:
        mix.close()


def bed(project: Project, sources: Sources, whole: TimeRange = WHOLE) -> np.ndarray:
    assert sources.voice is not None
    original = sources.original and sources.original.path
    segments = project.segments_of(whole)
    chunks = build_bed(
        sources.voice.path,
        original,
        whole.stop,
        project.offset,
        tuple(segment.range for segment in segments),
        project.original_audio,
        offsets=tuple(project.offset_of(segment) for segment in segments),
        voices=tuple(sources.takes[own].path if (own := s.own_voice) else sources.voice.path for s in segments),
        voice_gain_db=project.voice_mix.gain_db,
        original_gain_db=project.original_mix.gain_db,
    )
    joined = np.concatenate(list(chunks))
    return np.repeat(joined, 2, axis=1) if joined.shape[1] == 1 else joined


times = st.integers(-500, 4500).map(lambda n: Fraction(n, 997))


@st.composite
def segments(draw: st.DrawFn) -> tuple[Segment, ...] | None:
    edges = sorted(set(draw(st.lists(times, max_size=8))))
    if draw(st.booleans()) and not edges:
        return None
    pairs = zip(edges[::2], edges[1::2], strict=False)
    spans = [TimeRange(one, other) for one, other in pairs]
    if len(spans) > 1 and draw(st.booleans()):
        spans[1] = TimeRange(spans[0].stop, spans[1].stop)  # two that touch
    own = st.none() | st.integers(-2000, 4000).map(lambda n: Fraction(n, 999))
    return tuple(Segment(span, offset=draw(own), id=n + 1) for n, span in enumerate(spans))


@settings(max_examples=25)
@given(
    segments=segments(),
    offset=st.integers(-3000, 5000).map(lambda n: Fraction(n, 1001)),
    policy=st.sampled_from(["keep", "duck", "drop"]),
    with_original=st.booleans(),
    gains=st.tuples(st.floats(-60, 12), st.floats(-60, 12)),
)
def test_the_mix_is_the_exports_bed(
    sources: Sources,
    segments: tuple[Segment, ...] | None,
    offset: Fraction,
    policy: str,
    with_original: bool,
    gains: tuple[float, float],
) -> None:
    original_mix, voice_mix = (Mix(gain_db=gain) for gain in gains)
    project = Project(
        segments=segments,
        offset=offset,
        original_audio=policy,
        original_mix=original_mix,
        voice_mix=voice_mix,
    )
    used = sources if with_original else replace(sources, original=None)
    np.testing.assert_allclose(whole_mix(project, used), bed(project, used), atol=2e-6)


@settings(max_examples=30)
@given(segments=segments(), first=st.integers(-9000, 40_000), count=st.integers(0, 9000))
def test_any_place_is_what_the_whole_has_there(
    sources: Sources, segments: tuple[Segment, ...] | None, first: int, count: int
) -> None:
    project = Project(segments=segments, offset=Fraction(1, 3), original_audio="duck")
    mix = PlaybackMix(project, sources, WHOLE)
    padded = np.zeros((60_000, 2), np.float32)
    padded[10_000 : 10_000 + 4 * RATE] = whole_mix(project, sources)
    try:
        np.testing.assert_array_equal(mix.read(first, count), padded[10_000 + first : 10_000 + first + count])
    finally:
        mix.close()


@pytest.mark.parametrize(
    ("original", "voice", "heard"),
    [
        (Mix(mute=True), Mix(), "voice"),
        (Mix(), Mix(mute=True), "original"),
        (Mix(), Mix(solo=True), "voice"),
        (Mix(mute=True), Mix(mute=True), ""),
        (Mix(), Mix(solo=True, mute=True), ""),
        (Mix(solo=True), Mix(solo=True), "both"),
    ],
)
def test_mute_and_solo(sources: Sources, original: Mix, voice: Mix, heard: str) -> None:
    project = Project(segments=(Segment(TimeRange(Fraction(1), Fraction(2))),), original_audio="duck")
    both = whole_mix(project, sources)
    only_voice = whole_mix(project, replace(sources, original=None))
    got = whole_mix(replace(project, original_mix=original, voice_mix=voice), sources)
    inside = slice(RATE + 200, 2 * RATE - 200)
    if heard == "voice":
        np.testing.assert_allclose(got, only_voice, atol=1e-6)
    elif heard == "original":
        np.testing.assert_allclose(got, both - only_voice, atol=1e-6)
        assert np.abs(got[inside]).max() > 0.05
    elif heard == "both":
        np.testing.assert_array_equal(got, both)
    else:
        assert not got.any()


def test_a_solo_original_is_heard_as_it_was_recorded(sources: Sources) -> None:
    assert sources.original is not None
    project = Project(original_mix=Mix(solo=True), original_audio="drop")
    recorded = soundfile.read(sources.original.path, dtype="float32")[0]
    np.testing.assert_array_equal(whole_mix(project, sources)[: len(recorded)], recorded)


def test_without_a_voice_the_original_is_heard_in_full(sources: Sources) -> None:
    assert sources.original is not None
    recorded = soundfile.read(sources.original.path, dtype="float32")[0]
    got = whole_mix(Project(original_audio="drop"), replace(sources, voice=None))
    np.testing.assert_array_equal(got[: len(recorded)], recorded)


def test_gain_is_in_decibels(sources: Sources) -> None:
    alone = replace(sources, original=None)
    plain = whole_mix(Project(), alone)
    quieter = whole_mix(Project(voice_mix=Mix(gain_db=-20)), alone)
    np.testing.assert_allclose(quieter, plain / 10, atol=1e-6)


def test_each_segment_has_its_own_offset(silent_voice: Sources) -> None:
    """A voice of ones that lasts 2 s: where it is heard shows where it was put."""
    spans = [TimeRange(Fraction(0), Fraction(1)), TimeRange(Fraction(1), Fraction(3))]
    project = Project(
        segments=(Segment(spans[0], id=1), Segment(spans[1], offset=Fraction(3, 2), id=2)), offset=Fraction(1, 2)
    )
    got = whole_mix(project, replace(silent_voice, original=None))[:, 0]
    edge = RATE // 100
    assert not got[: RATE // 2].any()
    assert (got[RATE // 2 : RATE - edge] == 1).all()
    assert not got[RATE : RATE * 3 // 2].any()
    assert (got[RATE * 3 // 2 : RATE * 3 - edge] == 1).all()
    assert not got[RATE * 3 :].any()


def test_another_project_is_heard_at_once(sources: Sources) -> None:
    mix = PlaybackMix(Project(), sources, WHOLE)
    muted = Project(voice_mix=Mix(mute=True), original_mix=Mix(mute=True))
    try:
        assert mix.read(0, RATE).any()
        mix.set_project(muted, WHOLE)
        assert not mix.read(0, RATE).any()
    finally:
        mix.close()


def test_rates_must_agree(sources: Sources) -> None:
    assert sources.voice is not None
    with pytest.raises(ValueError, match="one rate"):
        Sources(sources.original, replace(sources.voice, rate=44_100))
    with pytest.raises(ValueError, match="one rate"):
        Sources(None, None)


@pytest.mark.clips
def test_a_real_clip_with_another_voice(clips: Path, tmp_path: Path) -> None:
    voice = decode_cached(clips / "train" / "grid-I-swiz3n.mp4", tmp_path)
    original = decode_cached(clips / "train" / "grid-s1-bbaf2n.mp4", tmp_path, voice.rate)
    sources, whole = Sources(original, voice), TimeRange(Fraction(0), Fraction(3))
    segments = (Segment(TimeRange(Fraction(2, 5), Fraction(9, 5)), id=1),)
    project = Project(segments=segments, offset=Fraction(-1, 7), original_audio="duck")
    mix = PlaybackMix(project, sources, whole)
    got = mix.read(0, 3 * voice.rate)
    mix.close()
    expected = np.concatenate(
        list(build_bed(voice.path, original.path, whole.stop, project.offset, (segments[0].range,), "duck"))
    )
    np.testing.assert_allclose(got[:, : expected.shape[1]], expected, atol=2e-6)


def test_segments_with_voices_of_their_own_are_heard_as_in_the_export(sources: Sources, tmp_path: Path) -> None:
    takes = {
        Take(f"{seed}.wav", Fraction(1), f"sha {seed}"): wav(tmp_path / f"{seed}.wav", 1.0, 1, seed) for seed in (7, 8)
    }
    first, second = takes
    spans = [TimeRange(Fraction(n, 10), Fraction(n + 8, 10)) for n in (2, 10, 20)]
    segments = (
        Segment(spans[0], offset=Fraction(1, 5), takes=(first, second), take=1, id=1),
        Segment(spans[1], takes=(first,), id=2),
        Segment(spans[2], offset=Fraction(19, 10), takes=(first,), take=0, id=3),
    )
    project, more = Project(segments=segments, original_audio="duck"), replace(sources, takes=takes)
    assert heard_takes(project) == set(takes)
    heard = whole_mix(project, more)
    assert np.abs(heard - bed(project, more)).max() < 1e-6
    assert np.abs(heard - whole_mix(replace(project, segments=segments[:2]), more)).max() > 0.1
    without = whole_mix(project, sources)
    assert np.abs(without[int(1.1 * RATE) : int(1.7 * RATE)] - heard[int(1.1 * RATE) : int(1.7 * RATE)]).max() < 1e-6
