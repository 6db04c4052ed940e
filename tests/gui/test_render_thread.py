"""The render thread: what it tells, what it drops, and that it ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.core.errors import MediaError, WeightsError
from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.dub.source_look import SOURCE
from app.engine.faces.analysis import FaceAnalysis
from app.engine.media.clip import Clip, Voice
from app.engine.media.reader import VideoReader
from app.engine.preview.frame_cache import FrameCache
from app.workers.render_thread import AttentionResult, FitResult, RenderStatus, RenderThread
from tests.unit.engine.rendering import QuickDubber, analysis_of, broken_voice, textured_clip

FRAMES = 16
WAIT = 20_000
"""Milliseconds after which a signal is taken to be lost; it comes in a fraction of that."""
PROJECT = Project(segments=(Segment(TimeRange(Fraction(0), Fraction(FRAMES, 25)), id=1),))


class Bench:
    """A thread with what it works on, and a record of what it told."""

    def __init__(self, thread: RenderThread, clip: Clip, voice: Voice, analysis: FaceAnalysis) -> None:
        self.thread, self.clip, self.voice, self.analysis = thread, clip, voice, analysis
        self.ready: list[str] = []
        self.failed: list[tuple[list[str], str]] = []
        self.looks: list[AttentionResult] = []
        self.statuses: list[RenderStatus] = []
        thread.frames_ready.connect(self.ready.extend)
        thread.failed.connect(lambda keys, sentence: self.failed.append((keys, sentence)))
        thread.attention_ready.connect(self.looks.append)
        thread.status.connect(self.statuses.append)

    def show(self, project: Project = PROJECT) -> None:
        self.thread.queue.set_sources(project, self.clip, self.voice, self.analysis)

    def states(self, project: Project = PROJECT) -> set[str]:
        return {state for _, state in self.thread.queue.strip(project, self.clip)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def media(folder: Path) -> tuple[Clip, Voice]:
    return textured_clip(folder / "clip.mp4", count=FRAMES), broken_voice(folder / "voice.wav")


@pytest.fixture
def dubbers() -> list[QuickDubber]:
    """Those that were made; the first is there before, to be set up."""
    return [QuickDubber()]


@pytest.fixture
def bench(media: tuple[Clip, Voice], folder: Path, dubbers: list[QuickDubber], qtbot: QtBot) -> Iterator[Bench]:
    made: list[str] = []

    def make(weights: str) -> QuickDubber:
        if weights == "missing":
            raise WeightsError("the weights missing are missing; name others.")
        made.append(weights)
        if len(made) > 1:
            dubbers.append(QuickDubber(weights))
        return dubbers[-1]

    clip, voice = media
    thread = RenderThread(make, FrameCache(1 << 26), folder, lambda weights: f"hash of {weights}")
    one = Bench(thread, clip, voice, analysis_of(clip, gone=range(0)))
    thread.start()
    yield one
    if dubbers[-1].gate is not None:
        dubbers[-1].gate.set()
    thread.stop()


def test_all_frames_come_the_playheads_first(bench: Bench, dubbers: list[QuickDubber], qtbot: QtBot) -> None:
    bench.thread.queue.set_playhead(Fraction(5, 25), 0)
    bench.show()
    qtbot.waitUntil(lambda: len(bench.ready) == FRAMES, timeout=WAIT)
    assert bench.ready[0] == bench.thread.queue.key_at(5)
    assert {bench.thread.queue.key_at(index) for index in range(FRAMES)} == set(bench.ready)
    assert all(bench.thread.cache.get(key) is not None for key in bench.ready)
    assert bench.states() == {"ready"}
    assert dubbers[0].drawn[0] == 1
    assert threading.get_ident() not in dubbers[0].threads
    qtbot.waitUntil(lambda: bool(bench.statuses) and not bench.statuses[-1].busy, timeout=WAIT)
    last = bench.statuses[-1]
    assert (last.device, last.weights, last.problem) == ("cpu", "quick", "")
    assert last.frames_per_second > 0 and any(status.busy for status in bench.statuses)


def test_the_network_is_loaded_when_it_is_needed(bench: Bench, qtbot: QtBot) -> None:
    bench.thread.queue.set_sources(PROJECT, bench.clip, None, None)
    qtbot.waitUntil(lambda: bench.thread.cache.is_open, timeout=WAIT)
    assert bench.thread._dubber is None
    bench.show(Project(segments=()))
    qtbot.waitUntil(lambda: bench.thread.queue.basis is not None, timeout=WAIT)
    assert bench.thread._dubber is None and bench.states(Project(segments=())) == set()


def test_moving_the_voice_renders_anew_and_back_finds_the_old(
    bench: Bench, dubbers: list[QuickDubber], qtbot: QtBot
) -> None:
    bench.show()
    qtbot.waitUntil(lambda: len(bench.ready) == FRAMES, timeout=WAIT)
    moved = msgspec.structs.replace(PROJECT, offset=Fraction(1, 5))
    gate = dubbers[0].gate = threading.Event()
    bench.show(moved)
    assert bench.states(moved) <= {"dirty", "rendering"}
    gate.set()
    qtbot.waitUntil(lambda: bench.states(moved) == {"ready"}, timeout=WAIT)
    drawn = sum(dubbers[0].drawn)
    bench.show()
    assert bench.states() == {"ready"}
    assert drawn == 2 * FRAMES == sum(dubbers[0].drawn)


def test_superseded_work_is_dropped(bench: Bench, dubbers: list[QuickDubber], qtbot: QtBot) -> None:
    gate = dubbers[0].gate = threading.Event()
    bench.show()
    assert dubbers[0].entered.wait(20)
    for step in range(1, 6):
        bench.show(msgspec.structs.replace(PROJECT, offset=Fraction(step, 10)))
    last = msgspec.structs.replace(PROJECT, offset=Fraction(6, 10))
    bench.show(last)
    gate.set()
    qtbot.waitUntil(lambda: bench.states(last) == {"ready"}, timeout=WAIT)
    assert sum(dubbers[0].drawn) <= FRAMES + 1  # the one that was under way, and no frame of the offsets between
    assert bench.states(msgspec.structs.replace(PROJECT, offset=Fraction(3, 10))) == {"dirty"}


def test_a_fit_check_waits_for_the_frame_under_the_playhead_and_comes_before_the_rest(
    bench: Bench, dubbers: list[QuickDubber], qtbot: QtBot
) -> None:
    results: list[FitResult] = []
    bench.thread.fit_ready.connect(results.append)
    bench.thread.queue.request_fit(1)
    gate = dubbers[0].gate = threading.Event()
    bench.show()
    assert dubbers[0].entered.wait(20)
    assert not results
    gate.set()
    qtbot.waitUntil(lambda: bool(results), timeout=WAIT)
    assert dubbers[0].drawn[0] == 1 and len(bench.ready) <= 1
    assert (results[0].segment_id, results[0].sources.clip) == (1, bench.clip)
    assert results[0].check.sentence
    qtbot.waitUntil(lambda: len(bench.ready) == FRAMES, timeout=WAIT)
    assert len(results) == 1


def test_a_fit_check_rests_while_an_export_has_the_device(bench: Bench, qtbot: QtBot) -> None:
    results: list[FitResult] = []
    bench.thread.fit_ready.connect(results.append)
    bench.show()
    qtbot.waitUntil(lambda: len(bench.ready) == FRAMES, timeout=WAIT)
    bench.thread.queue.pause(True)
    bench.thread.queue.request_fit(1)
    qtbot.wait(100)
    assert not results
    bench.thread.queue.pause(False)
    qtbot.waitUntil(lambda: len(results) == 1, timeout=WAIT)


def test_a_failing_frame_is_said_and_the_thread_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    true = VideoReader.frame_at

    def damaged(self: VideoReader, time: Fraction) -> object:
        if time == Fraction(7, 25):
            raise MediaError("it is damaged there.")
        return true(self, time)

    segment = msgspec.structs.replace(PROJECT.segments_of(bench.clip.whole)[0], reference=Fraction(0))
    monkeypatch.setattr("app.engine.dub.reference_choice._Search.best", lambda *_: None)
    monkeypatch.setattr(VideoReader, "frame_at", damaged)
    project = msgspec.structs.replace(PROJECT, segments=(segment,))
    bench.show(project)
    qtbot.waitUntil(lambda: len(bench.ready) == FRAMES - 1 and bool(bench.failed), timeout=WAIT)
    key = bench.thread.queue.key_at(7)
    assert bench.failed == [([key], "it is damaged there.")]
    assert key is not None
    assert (bench.thread.queue.state_of(key), bench.thread.queue.problem_of(key)) == ("failed", "it is damaged there.")
    monkeypatch.setattr(VideoReader, "frame_at", true)
    bench.thread.retry()
    qtbot.waitUntil(lambda: bench.states(project) == {"ready"}, timeout=WAIT)


def test_a_bug_in_the_network_ends_no_thread(
    bench: Bench,
    dubbers: list[QuickDubber],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    # a record that names its thread would make Python think that Qt's thread is one of its own
    monkeypatch.setattr(logging, "logThreads", False)
    dubbers[0].problem = ZeroDivisionError("nought")
    bench.show()
    qtbot.waitUntil(lambda: bench.states() == {"failed"}, timeout=WAIT)
    assert "ZeroDivisionError: nought" in bench.failed[0][1] and "Traceback" in caplog.text
    dubbers[0].problem = None
    bench.thread.retry()
    qtbot.waitUntil(lambda: bench.states() == {"ready"}, timeout=WAIT)


def test_weights_that_cannot_be_loaded_are_said_once(bench: Bench, qtbot: QtBot) -> None:
    project = msgspec.structs.replace(PROJECT, weights="missing")
    bench.show(project)
    qtbot.waitUntil(lambda: any(status.problem for status in bench.statuses), timeout=WAIT)
    assert [sentence for _, sentence in bench.failed] == ["the weights missing are missing; name others."]
    assert bench.states(project) == {"dirty"}
    bench.show()
    qtbot.waitUntil(lambda: bench.states() == {"ready"}, timeout=WAIT)
    assert bench.statuses[-1].problem == ""


def test_other_weights_load_another_network(bench: Bench, dubbers: list[QuickDubber], qtbot: QtBot) -> None:
    bench.show()
    qtbot.waitUntil(lambda: bench.states() == {"ready"}, timeout=WAIT)
    other = msgspec.structs.replace(PROJECT, weights="other")
    bench.show(other)
    qtbot.waitUntil(lambda: bench.states(other) == {"ready"}, timeout=WAIT)
    assert [dubber.weights_name for dubber in dubbers] == ["quick", "other"]
    assert bench.statuses[-1].weights == "other"


def test_attention_is_computed_only_when_asked_for_and_goes_first(
    bench: Bench, dubbers: list[QuickDubber], qtbot: QtBot
) -> None:
    gate = dubbers[0].gate = threading.Event()
    bench.thread.queue.set_playhead(Fraction(9, 25), 1)
    bench.show()
    assert dubbers[0].entered.wait(20)
    ready_then: list[int] = []
    bench.thread.attention_ready.connect(lambda _result: ready_then.append(len(bench.ready)))
    bench.thread.queue.request_attention(1, 3, "5.1")
    bench.thread.queue.request_attention(1, 4, "6.2")
    gate.set()
    qtbot.waitUntil(lambda: bool(bench.looks and ready_then), timeout=WAIT)  # each is delivered by itself
    assert ready_then[0] < FRAMES
    result = bench.looks[0]
    assert (result.segment_id, result.index, result.layer, result.problem) == (1, 4, "6.2", "")
    assert result.look is not None and result.similarity is not None
    assert result.look.side == 16 and dubbers[0].looked == 1
    inside = result.similarity.apply((float(0.4 * 160 + 2), float(0.35 * 120)))
    assert 0 < inside[0] < result.look.generated.shape[0]
    qtbot.waitUntil(lambda: bench.states() == {"ready"}, timeout=WAIT)
    assert dubbers[0].looked == 1 and len(bench.looks) == 1


def test_sources_are_told_when_they_are_asked_for(bench: Bench, dubbers: list[QuickDubber], qtbot: QtBot) -> None:
    bench.show()
    bench.thread.queue.request_attention(1, 4, SOURCE)
    qtbot.waitUntil(lambda: bool(bench.looks), timeout=WAIT)
    (result,) = bench.looks
    assert (result.segment_id, result.index, result.layer, result.problem) == (1, 4, SOURCE, "")
    assert result.look is None and result.sources is not None and result.seen is result.sources
    assert result.fetches is True and dubbers[0].looked == 1
    side = result.sources.generated.shape[0]
    assert result.similarity is not None and side > QuickDubber.crop_size
    inside = result.similarity.apply((float(0.4 * 160 + 2), float(0.35 * 120)))
    assert inside == pytest.approx((side / 2, 0.24 * side), abs=0.1 * side)  # between the eyes


def test_who_asks_for_sources_of_a_network_that_has_none_is_told(
    bench: Bench, dubbers: list[QuickDubber], qtbot: QtBot
) -> None:
    dubbers[0].fetches = False
    bench.show()
    bench.thread.queue.request_attention(1, 4, SOURCE)
    qtbot.waitUntil(lambda: bool(bench.looks), timeout=WAIT)
    assert bench.looks[0].seen is None and "draw every pixel" in bench.looks[0].problem
    assert bench.looks[0].fetches is False
    bench.thread.queue.request_attention(1, 4, "6.2")
    qtbot.waitUntil(lambda: len(bench.looks) == 2, timeout=WAIT)
    assert bench.looks[1].look is not None and bench.looks[1].fetches is False


def test_attention_changes_no_frame(bench: Bench, qtbot: QtBot) -> None:
    bench.show()
    qtbot.waitUntil(lambda: bench.states() == {"ready"}, timeout=WAIT)
    plain = {key: bench.thread.cache.get(key) for key in bench.ready}
    bench.thread.cache.clear()
    for index in range(FRAMES):
        bench.thread.queue.request_attention(1, index, "6.2")
    qtbot.waitUntil(lambda: bench.states() == {"ready"} and bool(bench.looks), timeout=WAIT)
    for key, patch in plain.items():
        again = bench.thread.cache.get(key)
        assert patch is not None and again is not None and np.array_equal(patch.rgb, again.rgb)


@pytest.mark.parametrize(
    ("segment", "layer", "words"), [(1, "9.9", "no layer 9.9"), (7, "6.2", "a dubbed segment there")]
)
def test_attention_that_cannot_be_had_is_said(bench: Bench, segment: int, layer: str, words: str, qtbot: QtBot) -> None:
    bench.show()
    bench.thread.queue.request_attention(segment, 2, layer)
    qtbot.waitUntil(lambda: bool(bench.looks), timeout=WAIT)
    assert bench.looks[0].look is None and words in bench.looks[0].problem


def test_a_paused_thread_renders_nothing(bench: Bench, qtbot: QtBot) -> None:
    bench.thread.queue.pause(True)
    bench.show()
    bench.thread.queue.request_attention(1, 2, "6.2")
    qtbot.waitUntil(lambda: bool(bench.looks), timeout=WAIT)
    assert bench.ready == [] and bench.states() == {"dirty"}
    bench.thread.queue.pause(False)
    qtbot.waitUntil(lambda: bench.states() == {"ready"}, timeout=WAIT)


def test_it_ends_in_the_middle_of_its_work(bench: Bench, dubbers: list[QuickDubber], qtbot: QtBot) -> None:
    gate = dubbers[0].gate = threading.Event()
    bench.show()
    assert dubbers[0].entered.wait(20)
    bench.thread.queue.stop()
    gate.set()
    assert bench.thread.wait(20_000)
    assert sum(dubbers[0].drawn) == 1
    bench.thread.stop()


def _on_disk(media: tuple[Clip, Voice], folder: Path, disk: Path) -> Bench:
    """A thread at work on the clip, whose frames go to a disk tier."""
    clip, voice = media
    thread = RenderThread(lambda _weights: QuickDubber(), FrameCache(1 << 26, disk, 1 << 26), folder, str)
    one = Bench(thread, clip, voice, analysis_of(clip, gone=range(0)))
    thread.start()
    one.show()
    return one


def test_a_disk_that_cannot_be_used_is_said_and_the_thread_goes_on(
    media: tuple[Clip, Voice], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def refuse(_folder: Path) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(logging, "logThreads", False)
    monkeypatch.setattr("app.engine.preview.frame_disk.find_files", refuse)
    one = _on_disk(media, folder, tmp_path / "frames")
    qtbot.waitUntil(lambda: one.states() == {"ready"}, timeout=WAIT)
    qtbot.waitUntil(lambda: bool(one.statuses) and not one.statuses[-1].busy, timeout=WAIT)
    assert f'"{tmp_path / "frames"}" (Permission denied)' in one.statuses[-1].problem
    one.thread.stop()


def test_a_disk_that_fails_when_all_is_rendered_is_said_too(
    media: tuple[Clip, Voice], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    full, may_write = OSError(28, "No space left on device"), threading.Event()

    def refuse(_path: Path, _data: bytes) -> None:
        assert may_write.wait(20)
        raise full

    monkeypatch.setattr(logging, "logThreads", False)
    monkeypatch.setattr("app.engine.preview.frame_disk.write_file", refuse)
    one = _on_disk(media, folder, tmp_path / "frames")
    qtbot.waitUntil(lambda: one.states() == {"ready"} and not one.statuses[-1].busy, timeout=WAIT)
    assert one.statuses[-1].problem == ""
    may_write.set()
    qtbot.waitUntil(lambda: "No space left on device" in one.statuses[-1].problem, timeout=WAIT)
    one.thread.stop()


def test_finished_frames_are_there_after_a_restart(
    media: tuple[Clip, Voice], folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    clip, voice = media
    made: list[str] = []

    def make(weights: str) -> QuickDubber:
        made.append(weights)
        return QuickDubber()

    for _ in range(2):
        cache = FrameCache(1 << 26, tmp_path / "frames", 1 << 26)
        thread = RenderThread(make, cache, folder, str)
        one = Bench(thread, clip, voice, analysis_of(clip, gone=range(0)))
        thread.start()
        one.show()
        qtbot.waitUntil(lambda one=one: one.states() == {"ready"}, timeout=WAIT)
        thread.stop()
    assert made == [PROJECT.weights]
