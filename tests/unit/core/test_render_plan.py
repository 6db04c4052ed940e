"""Names of dubbed frames and the order in which they are rendered."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import islice

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.project import Marker, Mix, Project, Segment, View
from app.core.render_plan import (
    CHUNK,
    RenderBasis,
    RenderRequest,
    frame_key,
    key_at,
    plan_missing,
    settings_digest,
    split_name,
)
from app.core.timebase import TimeRange

FPS = 25
BASIS = RenderBasis("clip", "voice", "mediapipe 1", "weights")


class EvenClip:
    """A clip of `count` frames at 25 a second that counts how often it is asked."""

    def __init__(self, count: int) -> None:
        self.count, self.asked = count, 0

    def index_at(self, time: Fraction) -> int:
        return min(max((time * FPS).__floor__(), 0), self.count - 1)

    def indices_in(self, span: TimeRange) -> range:
        self.asked += 1
        return range(
            *(min(max(-(-edge.numerator * FPS // edge.denominator), 0), self.count) for edge in (span.start, span.stop))
        )

    @property
    def whole(self) -> TimeRange:
        return TimeRange(Fraction(0), Fraction(self.count, FPS))


class Run(msgspec.Struct):
    start: int
    stop: int


class Seen:
    """Faces in given runs of frames; face 0 everywhere unless told otherwise."""

    def __init__(self, **runs: list[tuple[int, int]]) -> None:
        self._runs = runs

    def tracks_of(self, face: int) -> Iterable[Run]:
        return [Run(*run) for run in self._runs.get(f"face{face}", [(0, 10**6)])]


def span(first: int, stop: int) -> TimeRange:
    """A range that holds frames `first` to `stop` - 1."""
    return TimeRange(Fraction(first, FPS), Fraction(stop, FPS))


def planned(
    project: Project, clip: EvenClip, here: int, direction: int, ready: Iterable[int] = (), faces: Seen | None = None
) -> list[RenderRequest]:
    """All requests of a plan, with the playhead on frame `here` and these frames finished."""
    done = set(ready)

    def missing(_digest: str, indices: range) -> list[int]:
        return [index for index in indices if index not in done]

    return list(plan_missing(project, clip, Fraction(here, FPS), direction, missing, faces or Seen(), BASIS))


def order(requests: Iterable[RenderRequest]) -> list[int]:
    return [index for request in requests for index in request.indices]


THREE = Project(segments=(Segment(span(0, 10)), Segment(span(20, 50)), Segment(span(60, 70))))


def test_the_playheads_frame_comes_first_and_alone() -> None:
    requests = planned(THREE, EvenClip(100), 30, 0)
    assert requests[0].indices == (30,)
    assert requests[1].indices == tuple(range(31, 39))
    assert order(requests) == [*range(30, 50), *range(20, 30), *range(60, 70), *range(10)]
    assert [len(request.indices) for request in requests] == [1, 8, 8, 3, 8, 2, 8, 2, 8, 2]


def test_playing_takes_whole_chunks_in_its_direction() -> None:
    forward, backward = (planned(THREE, EvenClip(100), 30, direction) for direction in (1, -1))
    assert forward[0].indices == tuple(range(30, 38))
    assert order(forward) == [*range(30, 50), *range(20, 30), *range(60, 70), *range(10)]
    assert order(backward) == [*range(30, 19, -1), *range(31, 50), *range(9, -1, -1), *range(69, 59, -1)]


def test_between_segments_the_ones_ahead_come_first() -> None:
    assert order(planned(THREE, EvenClip(100), 55, 1)) == [*range(60, 70), *range(20, 50), *range(10)]
    assert order(planned(THREE, EvenClip(100), 55, -1)) == [*range(49, 19, -1), *range(9, -1, -1), *range(69, 59, -1)]


def test_what_is_ready_is_left_out() -> None:
    requests = planned(THREE, EvenClip(100), 30, 0, ready=[30, *range(32, 47)])
    assert requests[0].indices == (31, 47, 48, 49)
    assert not set(order(requests)) & {30, *range(32, 47)}
    assert planned(THREE, EvenClip(100), 30, 0, ready=range(100)) == []


def test_frames_without_the_face_are_not_planned() -> None:
    faces = Seen(face0=[(0, 4), (6, 7), (22, 31), (45, 62)])
    shown = {*range(4), 6, *range(22, 31), *range(45, 50), 60, 61}
    for direction in (0, 1, -1):
        requests = planned(THREE, EvenClip(100), 33, direction, faces=faces)
        assert set(order(requests)) == shown
        assert len(order(requests)) == len(shown)
    assert order(planned(THREE, EvenClip(100), 33, 0, faces=faces))[:5] == [45, 46, 47, 48, 49]


def test_a_request_is_of_one_segment_and_carries_the_offset() -> None:
    segments = (Segment(span(0, 3), offset=Fraction(1)), Segment(span(3, 6), face=1), Segment(span(6, 9)))
    requests = planned(Project(offset=Fraction(1, 3), segments=segments), EvenClip(9), 0, 1)
    assert [(r.indices, r.segment.offset, r.segment.face) for r in requests] == [
        ((0, 1, 2), 1, 0),
        ((3, 4, 5), Fraction(1, 3), 1),
        ((6, 7, 8), Fraction(1, 3), 0),
    ]


def test_no_segments_means_all_or_nothing() -> None:
    assert order(planned(Project(), EvenClip(9), 4, 1)) == [4, 5, 6, 7, 8, 0, 1, 2, 3]
    assert planned(Project(segments=()), EvenClip(9), 4, 1) == []


@given(st.data())
def test_every_missing_frame_is_planned_once(data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, 60), max_size=8)))
    segments = tuple(Segment(span(a, b)) for a, b in zip(cuts[::2], cuts[1::2], strict=False))
    here, direction = data.draw(st.integers(0, 59)), data.draw(st.sampled_from([-1, 0, 1]))
    ready = data.draw(st.sets(st.integers(0, 59)))
    runs = data.draw(st.sets(st.integers(0, 60), max_size=6).map(sorted))
    faces = Seen(face0=list(zip(runs[::2], runs[1::2], strict=False)))
    project, clip = Project(segments=segments), EvenClip(60)
    requests = planned(project, clip, here, direction, ready, faces)
    dubbed = {i for s in segments for i in clip.indices_in(s.range)}
    shown = {i for run in faces.tracks_of(0) for i in range(run.start, run.stop)}
    found = order(requests)
    assert sorted(found) == sorted((dubbed & shown) - ready)
    if here in found:
        assert found[0] == here
    for request in requests:
        assert 0 < len(request.indices) <= CHUNK
        assert request.keys == tuple(key_at(project, clip, index, BASIS, faces) for index in request.indices)
    for index in range(60):
        assert (key_at(project, clip, index, BASIS, faces) is not None) == (index in dubbed & shown)


def test_two_thousand_segments_cost_no_more_than_a_few() -> None:
    """What counts is how often the clip is asked: by bisection, and for the segments that are looked at."""
    frames = 2 * 3600 * FPS
    segments = tuple(Segment(span(first, first + 80)) for first in range(0, frames, frames // 2000))
    clip = EvenClip(frames)
    plan = plan_missing(
        Project(segments=segments), clip, Fraction(3600), 0, lambda _, all: all, Seen(face0=[(0, frames)]), BASIS
    )
    first = list(islice(plan, 3))
    assert first[0].indices == (3600 * FPS,)
    assert clip.asked < 20


# what changes a frame's name and what does not

PLAIN = Segment(span(10, 40), id=3)
PROJECT = Project("c.mp4", "v.wav", Fraction(1, 2), (PLAIN,), clip_sha256="c", voice_sha256="v")


def keys(project: Project, basis: RenderBasis = BASIS) -> dict[int, str]:
    """The names of all frames that the project dubs, by index."""
    clip, faces = EvenClip(100), Seen()
    found = {index: key_at(project, clip, index, basis, faces) for index in range(100)}
    return {index: key for index, key in found.items() if key is not None}


def changed(**fields: object) -> Project:
    """The project with its one segment changed."""
    return msgspec.structs.replace(PROJECT, segments=(msgspec.structs.replace(PLAIN, **fields),))


@pytest.mark.parametrize(
    "other",
    [
        changed(face=1),
        changed(reference=Fraction(1)),
        changed(reference=Fraction(0)),
        changed(offset=Fraction(0)),
        changed(feather=0.5),
        changed(strength=0.9),
        changed(silence="close"),
        changed(silence="keep"),
        msgspec.structs.replace(PROJECT, offset=Fraction(1, 3)),
    ],
)
def test_what_changes_pixels_renames_every_frame(other: Project) -> None:
    before, after = keys(PROJECT), keys(other)
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())
    digests = {split_name(key)[0] for key in (*before.values(), *after.values())}
    assert len(digests) == 2


@pytest.mark.parametrize("field", ["clip", "voice", "detector", "weights"])
def test_other_media_rename_every_frame(field: str) -> None:
    other = keys(PROJECT, msgspec.structs.replace(BASIS, **{field: "other"}))
    assert not set(keys(PROJECT).values()) & set(other.values())


@pytest.mark.parametrize(
    "other",
    [
        changed(id=9),
        changed(offset=Fraction(1, 2)),
        changed(feather=1),
        msgspec.structs.replace(PROJECT, markers=(Marker(Fraction(1), "here"),)),
        msgspec.structs.replace(PROJECT, mark_in=Fraction(1), mark_out=Fraction(2)),
        msgspec.structs.replace(PROJECT, original_mix=Mix(gain_db=-6, mute=True), voice_mix=Mix(solo=True)),
        msgspec.structs.replace(PROJECT, original_audio="duck", fit="hold"),
        msgspec.structs.replace(PROJECT, view=View(Fraction(3), 1, 20)),
        msgspec.structs.replace(PROJECT, face=5, reference=Fraction(4)),
        msgspec.structs.replace(PROJECT, clip="moved.mp4", voice="moved.wav"),
    ],
)
def test_what_changes_no_pixels_renames_nothing(other: Project) -> None:
    assert keys(other) == keys(PROJECT)


def test_trimming_splitting_and_moving_edges_keep_the_frames_that_stay() -> None:
    before = keys(PROJECT)
    trimmed = keys(changed(range=span(15, 30)))
    assert trimmed == {index: before[index] for index in range(15, 30)}
    parts = tuple(
        msgspec.structs.replace(PLAIN, range=span(*edges), id=k) for k, edges in enumerate([(10, 22), (22, 40)])
    )
    assert keys(msgspec.structs.replace(PROJECT, segments=parts)) == before
    more = (Segment(span(0, 5), face=1), PLAIN, Segment(span(50, 60), offset=Fraction(9)))
    longer = keys(msgspec.structs.replace(PROJECT, segments=more))
    assert {index: longer[index] for index in before} == before


def test_a_segments_own_offset_keeps_out_the_projects() -> None:
    own = changed(offset=Fraction(2))
    assert keys(own) == keys(msgspec.structs.replace(own, offset=Fraction(-3)))
    assert keys(changed(offset=Fraction(3, 2))) == keys(msgspec.structs.replace(PROJECT, offset=Fraction(3, 2)))


FIELDS = st.fixed_dictionaries(
    {
        "face": st.integers(0, 2),
        "reference": st.none() | st.fractions(0, 4, max_denominator=50),
        "offset": st.none() | st.fractions(-2, 2, max_denominator=50),
        "feather": st.sampled_from([0.25, 0.5, 1.0, 3.0]),
        "strength": st.sampled_from([0.0, 0.5, 1.0]),
        "silence": st.sampled_from(["network", "close", "keep"]),
    }
)


@given(FIELDS, FIELDS, st.integers(0, 99), st.integers(0, 99))
def test_names_are_equal_exactly_if_all_that_matters_is(
    one: dict[str, object], other: dict[str, object], index: int, second: int
) -> None:
    a, b = (Segment(span(0, 100), **fields) for fields in (one, other))  # type: ignore[arg-type]
    same = PROJECT.offset_of(a) == PROJECT.offset_of(b) and {**one, "offset": 0} == {**other, "offset": 0}
    first = frame_key(PROJECT, a, index, BASIS)
    assert (first == frame_key(PROJECT, b, second, BASIS)) == (same and index == second)
    assert split_name(first) == (settings_digest(PROJECT, a, BASIS), index)


@pytest.mark.parametrize("text", ["", "abc", "abc-", "-1-", "ab-c1", "ab--1x"])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="names no frame"):
        split_name(text)
