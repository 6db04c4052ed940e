"""Which task comes next, which is dropped, and what the strip shows of it."""

from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import edits
from app.core.project import SEGMENT_FIELDS, Marker, Project, Segment
from app.core.render_plan import RenderBasis, settings_digest, split_name
from app.core.timebase import TimeRange
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.media.clip import Clip, Voice
from app.engine.media.probe import MediaInfo
from app.engine.preview.frame_cache import FrameCache
from app.engine.preview.patch import Patch
from app.engine.preview.render_queue import RenderQueue
from app.engine.preview.render_tasks import AttentionTask, IdentifyTask, RenderTask, Sources
from tests.unit.core.strategies import another_value, values_of

INFO = MediaInfo("c.mp4", "mov", Fraction(4), Fraction(0), None, None, ())
CLIP = Clip("c.mp4", "c", INFO, tuple(range(0, 100 * 512, 512)), Fraction(1, 12800), Fraction(25), (64, 48))
VOICE = Voice("v.wav", "v", INFO, Fraction(4))
PATCH = Patch(0, 0, np.zeros((10, 10, 3), np.uint8))


def analysis(*runs: tuple[int, int]) -> FaceAnalysis:
    """Face 0 in these frames, throughout where none are given."""
    empty = np.zeros((0, 68, 2), np.float32)
    tracks: list[FaceTrack] = []
    for number, (start, stop) in enumerate(runs or [(0, 100)]):
        points = np.broadcast_to(empty.sum(axis=0)[None], (stop - start, 68, 2))
        tracks.append(FaceTrack(number, 0, start, points, np.ones(stop - start), np.zeros(stop - start, bool)))
    return FaceAnalysis((64, 48), tuple(CLIP.time_of(k) for k in range(100)), (), tuple(tracks), "made up", "1")


FACES = analysis()


def span(first: int, stop: int) -> TimeRange:
    return TimeRange(Fraction(first, 25), Fraction(stop, 25))


PROJECT = Project(segments=(Segment(span(10, 30), id=1), Segment(span(50, 60), id=2)))


@pytest.fixture
def cache() -> FrameCache:
    made = FrameCache(1 << 24)
    made.open()
    return made


@pytest.fixture
def queue(cache: FrameCache) -> RenderQueue:
    """Ready to render PROJECT, the playhead on frame 14."""
    made = RenderQueue(cache)
    made.set_sources(PROJECT, CLIP, VOICE, FACES)
    made.identified(PROJECT.weights, "hash")
    made.set_playhead(Fraction(14, 25), 0)
    return made


class NothingToDoError(Exception):
    """There is nothing to do."""


def taken(queue: RenderQueue) -> object:
    """The next task; raises NothingToDoError where `take` would wait."""

    def idle() -> None:
        raise NothingToDoError

    return queue.take(idle)


def next_frames(queue: RenderQueue) -> tuple[int, ...]:
    task = taken(queue)
    assert isinstance(task, RenderTask)
    return task.request.indices


def finish(queue: RenderQueue, cache: FrameCache, task: object) -> None:
    """Renders a task."""
    assert isinstance(task, RenderTask)
    for key in task.request.keys:
        cache.put(key, PATCH)
        queue.finished(key)
    queue.ended()


def finish_all(queue: RenderQueue, cache: FrameCache) -> list[int]:
    """Renders until there is nothing left; the frames in their order."""
    done: list[int] = []
    while True:
        try:
            task = taken(queue)
        except NothingToDoError:
            return done
        assert isinstance(task, RenderTask)
        done += task.request.indices
        finish(queue, cache, task)


def test_nothing_is_done_before_everything_is_there(cache: FrameCache) -> None:
    queue = RenderQueue(cache)
    for sources in ((None, None, None), (CLIP, VOICE, None), (CLIP, None, FACES), (None, VOICE, FACES)):
        queue.set_sources(PROJECT, *sources)
        with pytest.raises(NothingToDoError):
            taken(queue)
        assert queue.basis is None and queue.key_at(14) is None
    queue.set_sources(PROJECT, CLIP, VOICE, FACES)
    assert taken(queue) == IdentifyTask(PROJECT.weights)
    assert queue.key_at(14) is None
    queue.identified(PROJECT.weights, "hash")
    assert queue.key_at(14) is not None and queue.key_at(5) is None
    assert isinstance(taken(queue), RenderTask)


def test_the_playheads_frame_and_then_all_others(queue: RenderQueue, cache: FrameCache) -> None:
    assert finish_all(queue, cache) == [*range(14, 30), *range(10, 14), *range(50, 60)]
    assert finish_all(queue, cache) == []
    queue.set_playhead(Fraction(20, 25), 0)
    assert finish_all(queue, cache) == []


def test_states(queue: RenderQueue, cache: FrameCache) -> None:
    keys = {index: queue.key_at(index) or "" for index in (14, 15, 16, 50)}
    finish(queue, cache, taken(queue))
    task = taken(queue)
    assert isinstance(task, RenderTask)
    queue.finished(keys[15], "it is damaged.")
    assert [queue.state_of(key) for key in keys.values()] == ["ready", "failed", "rendering", "dirty"]
    assert [queue.problem_of(keys[15]), queue.problem_of(keys[14])] == ["it is damaged.", ""]
    queue.ended()
    assert queue.state_of(keys[16]) == "dirty"
    assert 15 not in finish_all(queue, cache)
    queue.retry()
    assert finish_all(queue, cache)[0] == 15


def test_moving_the_playhead_brings_its_frame_first(queue: RenderQueue) -> None:
    assert next_frames(queue) == (14,)
    queue.ended()
    queue.set_playhead(Fraction(55, 25), 0)
    assert next_frames(queue) == (55,)


def test_a_chunk_elsewhere_is_cancelled_for_the_frame_that_is_looked_at(queue: RenderQueue, cache: FrameCache) -> None:
    finish(queue, cache, taken(queue))
    task = taken(queue)
    assert isinstance(task, RenderTask) and task.request.indices == tuple(range(15, 23))
    queue.set_playhead(Fraction(17, 25), 0)  # it is being rendered
    queue.set_playhead(Fraction(14, 25), 0)  # it is finished
    queue.set_playhead(Fraction(40, 25), 0)  # nothing is dubbed there
    assert not task.cancel.cancelled
    queue.set_playhead(Fraction(52, 25), 1)  # playing: it will have passed anyway
    assert not task.cancel.cancelled
    queue.set_playhead(Fraction(53, 25), 0)
    assert task.cancel.cancelled
    queue.ended()
    assert next_frames(queue) == (53,)


def test_a_single_frame_is_let_finish_while_scrubbing(queue: RenderQueue) -> None:
    task = taken(queue)
    assert isinstance(task, RenderTask) and len(task.request.indices) == 1
    for index in (20, 25, 55):
        queue.set_playhead(Fraction(index, 25), 0)
    assert not task.cancel.cancelled
    queue.ended()
    assert next_frames(queue) == (55,)


def test_work_is_cancelled_exactly_if_its_frames_are_no_longer_wanted(queue: RenderQueue, cache: FrameCache) -> None:
    finish(queue, cache, taken(queue))
    task = taken(queue)
    assert isinstance(task, RenderTask)
    noted = msgspec.structs.replace(PROJECT, markers=(Marker(Fraction(1)),), original_audio="keep")
    trimmed = msgspec.structs.replace(PROJECT, segments=(Segment(span(16, 18), id=1),))
    for project in (noted, trimmed, PROJECT):
        queue.set_sources(project, CLIP, VOICE, FACES)
        assert not task.cancel.cancelled
    queue.set_sources(msgspec.structs.replace(PROJECT, offset=Fraction(1)), CLIP, VOICE, FACES)
    assert task.cancel.cancelled
    queue.ended()
    again = taken(queue)
    assert isinstance(again, RenderTask) and again.request.indices == (14,) and again.request.segment.offset == 1


def test_an_edit_that_is_taken_back_finds_its_frames(queue: RenderQueue, cache: FrameCache) -> None:
    finish_all(queue, cache)
    queue.set_sources(msgspec.structs.replace(PROJECT, offset=Fraction(1)), CLIP, VOICE, FACES)
    assert len(finish_all(queue, cache)) == 30
    queue.set_sources(PROJECT, CLIP, VOICE, FACES)
    assert finish_all(queue, cache) == []


def test_attention_goes_first_and_the_latest_wish_counts(queue: RenderQueue, cache: FrameCache) -> None:
    finish(queue, cache, taken(queue))
    task = taken(queue)
    assert isinstance(task, RenderTask)
    queue.request_attention(1, 12, "5.1")
    queue.request_attention(1, 13, "6.2")
    assert task.cancel.cancelled
    queue.ended()
    wish = taken(queue)
    assert isinstance(wish, AttentionTask) and (wish.index, wish.layer) == (13, "6.2")
    assert wish.sources.segment(1) == PROJECT.segments_of(CLIP.whole)[0]
    assert next_frames(queue) == tuple(range(15, 23))  # what was cancelled comes again


def test_pausing_holds_frames_back_but_not_attention(queue: RenderQueue) -> None:
    queue.pause(True)
    with pytest.raises(NothingToDoError):
        taken(queue)
    queue.request_attention(1, 12, "5.1")
    assert isinstance(taken(queue), AttentionTask)
    queue.pause(False)
    assert next_frames(queue) == (14,)


def test_a_network_that_cannot_be_loaded_blocks_until_another_is_chosen(queue: RenderQueue) -> None:
    assert queue.block("the weights are missing.", PROJECT.weights)
    with pytest.raises(NothingToDoError):
        taken(queue)
    queue.set_sources(msgspec.structs.replace(PROJECT, weights="other"), CLIP, VOICE, FACES)
    assert taken(queue) == IdentifyTask("other")
    assert queue.block("these too.", "other")
    queue.retry()
    assert taken(queue) == IdentifyTask("other")


def test_weights_that_are_no_longer_wanted_block_nothing(queue: RenderQueue) -> None:
    """They may take a while to fail; meanwhile others were chosen."""
    queue.set_sources(msgspec.structs.replace(PROJECT, weights="other"), CLIP, VOICE, FACES)
    assert not queue.block("the weights are missing.", PROJECT.weights)
    assert taken(queue) == IdentifyTask("other")


def test_what_is_cleared_away_is_rendered_anew(queue: RenderQueue, cache: FrameCache) -> None:
    finish_all(queue, cache)
    cache.clear()
    assert len(finish_all(queue, cache)) == 30


def test_a_cache_that_is_too_small_does_not_make_it_render_for_ever(queue: RenderQueue, cache: FrameCache) -> None:
    cache.set_limits(12 * PATCH.nbytes, 0)
    done = finish_all(queue, cache)
    assert done[0] == 14 and len(done) <= 12
    assert all(cache.has(*split_name(queue.key_at(index) or "")) for index in done)
    assert finish_all(queue, cache) == []
    queue.set_playhead(Fraction(55, 25), 0)
    assert finish_all(queue, cache)[:5] == [55, 56, 57, 58, 59]


def test_frames_in_memory_alone_are_no_more_than_fit(tmp_path: Path) -> None:
    """With the setting "Disk for frames: none" there is a folder all the same."""
    cache = FrameCache(12 * PATCH.nbytes, tmp_path, 0)
    cache.open()
    queue = RenderQueue(cache)
    queue.set_sources(PROJECT, CLIP, VOICE, FACES)
    queue.identified(PROJECT.weights, "hash")
    queue.set_playhead(Fraction(14, 25), 0)
    done = finish_all(queue, cache)
    assert done[0] == 14 and len(done) <= 12
    assert all(cache.has(*split_name(queue.key_at(index) or "")) for index in done)
    queue.set_playhead(Fraction(55, 25), 0)
    assert finish_all(queue, cache)[:5] == [55, 56, 57, 58, 59]


def test_nothing_begins_once_it_is_stopped(queue: RenderQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop_while_it_looks(_cache: FrameCache, _digest: str, _index: int) -> bool:
        queue.stop()
        return False

    monkeypatch.setattr(FrameCache, "has", stop_while_it_looks)
    assert queue.take() is None


def test_stopping_wakes_who_waits(queue: RenderQueue, cache: FrameCache) -> None:
    finish_all(queue, cache)
    idle = threading.Event()
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(queue.take(idle.set)))
    thread.start()
    assert idle.wait(10)
    queue.stop()
    thread.join(10)
    assert results == [None]
    assert queue.take() is None


def test_a_change_wakes_who_waits(queue: RenderQueue, cache: FrameCache) -> None:
    finish_all(queue, cache)
    idle = threading.Event()
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(queue.take(idle.set)))
    thread.start()
    assert idle.wait(10)
    queue.set_sources(msgspec.structs.replace(PROJECT, offset=Fraction(1)), CLIP, VOICE, FACES)
    thread.join(10)
    assert isinstance(results[0], RenderTask)


def test_the_strip(queue: RenderQueue, cache: FrameCache) -> None:
    assert queue.strip(PROJECT, CLIP) == [(span(10, 30), "dirty"), (span(50, 60), "dirty")]
    finish(queue, cache, taken(queue))
    task = taken(queue)
    assert isinstance(task, RenderTask)
    queue.finished(task.request.keys[0], "damaged.")
    assert queue.strip(PROJECT, CLIP) == [
        (span(10, 14), "dirty"),
        (span(14, 15), "ready"),
        (span(15, 16), "failed"),
        (span(16, 23), "rendering"),
        (span(23, 30), "dirty"),
        (span(50, 60), "dirty"),
    ]
    queue.ended()
    finish_all(queue, cache)
    queue.set_sources(PROJECT, CLIP, VOICE, FACES)
    moved = msgspec.structs.replace(PROJECT, segments=(Segment(span(5, 20)), Segment(span(20, 29), feather=2.0)))
    assert queue.strip(moved, CLIP) == [
        (span(5, 10), "dirty"),
        (span(10, 15), "ready"),
        (span(15, 16), "failed"),
        (span(16, 20), "ready"),
        (span(20, 29), "dirty"),
    ]


def test_the_strip_leaves_out_frames_without_the_face(queue: RenderQueue) -> None:
    queue.set_sources(PROJECT, CLIP, VOICE, analysis((0, 13), (20, 52)))
    assert queue.strip(PROJECT, CLIP) == [(span(10, 13), "dirty"), (span(20, 30), "dirty"), (span(50, 52), "dirty")]
    queue.set_sources(PROJECT, CLIP, VOICE, None)
    assert queue.strip(PROJECT, CLIP) == [(span(10, 30), "dirty"), (span(50, 60), "dirty")]
    assert queue.strip(Project(), CLIP) == [(CLIP.whole, "dirty")]
    assert queue.strip(Project(segments=()), CLIP) == []


@pytest.mark.parametrize("name", SEGMENT_FIELDS)
@settings(max_examples=30)
@given(data=st.data())
def test_a_setting_makes_frames_stale_exactly_if_it_renames_them(name: str, data: st.DataObject) -> None:
    spec = SEGMENT_FIELDS[name]
    one, other = (
        Project(segments=(msgspec.structs.replace(Segment(span(10, 30)), **{name: data.draw(values_of(spec))}),))
        for _ in range(2)
    )
    basis = RenderBasis("c", "v", "d", "w")
    digests = {settings_digest(each, (each.segments or ())[0], basis) for each in (one, other)}
    sources = (Sources(each, CLIP, VOICE, FACES) for each in (one, other))
    assert next(sources).same_frames(next(sources)) == (len(digests) == 1)


@pytest.mark.parametrize("name", SEGMENT_FIELDS)
def test_a_setting_that_affects_frames_renders_them_anew(queue: RenderQueue, cache: FrameCache, name: str) -> None:
    finish_all(queue, cache)
    spec = SEGMENT_FIELDS[name]
    queue.set_sources(edits.set_segment(PROJECT, 2, **{name: another_value(spec)}), CLIP, VOICE, FACES)
    # no frame of this clip shows another face
    assert finish_all(queue, cache) == ([*range(50, 60)] if spec.affects != "none" and name != "face" else [])
