"""Edits: what they do, and what holds after any of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.core import edits
from app.core.errors import UserError
from app.core.normalise import normalise
from app.core.project import Marker, Mix, Project, Segment
from app.core.streams import AUTOMATIC, Streams
from app.core.timebase import TimeRange, merge_ranges
from tests.unit.core.strategies import WHOLE, projects, segment_lists, spans, times

F = Fraction


def _span(start: float, stop: float) -> TimeRange:
    return TimeRange(F(start), F(stop))


def _project(*ranges: tuple[float, float]) -> Project:
    """Segments 1, 2, ... over these stretches."""
    return Project("c", "v", segments=tuple(Segment(_span(*r), id=i) for i, r in enumerate(ranges, 1)))


def _ranges(project: Project) -> list[tuple[float, float]]:
    return [(float(s.range.start), float(s.range.stop)) for s in project.segments or ()]


def _check(project: Project) -> None:
    """What every project must keep."""
    segments = project.segments or ()
    assert all(s.range.duration > 0 for s in segments)
    assert all(one.range.stop <= other.range.start for one, other in pairwise(segments))
    ids = [s.id for s in segments]
    assert len(set(ids)) == len(ids) and all(id > 0 for id in ids)
    assert all(s.face >= 0 and 0.25 <= s.feather <= 3 and 0 <= s.strength <= 1 for s in segments)
    assert [m.time for m in project.markers] == sorted(m.time for m in project.markers)
    assert project.mark_in is None or project.mark_out is None or project.mark_in < project.mark_out
    assert normalise(project) == project


def test_a_new_segment_gets_the_projects_face_and_a_name_of_its_own() -> None:
    before = Project("c", "v", face=1, reference=F(3))
    after = edits.add_segment(before, _span(2, 4))
    assert after.segments == (Segment(_span(2, 4), face=1, reference=F(3), id=1),)
    more = edits.add_segment(after, _span(0, 1))
    assert [(s.id, s.range) for s in more.segments or ()] == [(2, _span(0, 1)), (1, _span(2, 4))]


def test_a_new_segment_takes_the_longest_room_and_settings_of_another() -> None:
    like = Segment(_span(0, 1), face=2, offset=F(1, 2), feather=2.0, silence="close", id=1)
    before = Project("c", "v", segments=(like, Segment(_span(3, 4), id=2)))
    after = edits.add_segment(before, _span(0.5, 9), like)
    assert _ranges(after) == [(0, 1), (3, 4), (4, 9)]
    added = after.segment(edits.next_id(before))
    assert added is not None and (added.face, added.offset, added.feather, added.silence) == (2, F(1, 2), 2.0, "close")


@pytest.mark.parametrize("span", [(1, 2), (1.2, 1.8), (3, 3), (-2, 0), (0.999, 1.5)])
def test_no_room_is_said(span: tuple[float, float]) -> None:
    with pytest.raises(UserError, match="no room"):
        edits.add_segment(_project((1, 2)), _span(*span))


def test_dubbing_all_fills_the_gaps() -> None:
    after = edits.dub_all(_project((1, 2), (4, 5)), _span(0, 9))
    assert _ranges(after) == [(0, 1), (1, 2), (2, 4), (4, 5), (5, 9)]
    assert after.segment(1) == Segment(_span(1, 2), id=1)
    with pytest.raises(UserError, match="already dubbed"):
        edits.dub_all(after, _span(0, 9))
    assert _ranges(edits.dub_all(Project(), WHOLE)) == [(0, 20)]


def test_all_of_the_clip_is_spelt_out_as_the_engine_reads_it() -> None:
    project = Project("c", "v", face=1, reference=F(2))
    (only,) = edits.spell_out(project, WHOLE).segments or ()
    (read,) = project.segments_of(WHOLE)
    assert (only.range, only.face, only.reference) == (read.range, read.face, read.reference)
    none = Project("c", "v", segments=())
    assert edits.spell_out(none, WHOLE) is none


def test_removing_the_last_segment_dubs_nothing_rather_than_all() -> None:
    assert edits.remove_segments(_project((1, 2)), [1]).segments == ()
    assert _ranges(edits.remove_segments(_project((1, 2), (3, 4), (5, 6)), {1, 3})) == [(3, 4)]
    with pytest.raises(UserError, match="no longer exists"):
        edits.remove_segments(_project((1, 2)), [1, 7])


def test_splitting() -> None:
    before = edits.set_segment(_project((1, 3), (4, 5)), 1, face=2, reference=F(9), strength=0.5)
    after = edits.split_segment(before, 1, F(2))
    first, second, _ = after.segments or ()
    assert (first.id, first.range, second.id, second.range) == (1, _span(1, 2), 3, _span(2, 3))
    assert (second.face, second.reference, second.strength) == (2, F(9), 0.5)
    for time in (1, 3, 0, 9):
        with pytest.raises(UserError, match="between its ends"):
            edits.split_segment(before, 1, F(time))


@pytest.mark.parametrize(
    ("start", "stop", "result"),
    [
        (2.5, None, (2.5, 4)),
        (-3, None, (1, 4)),
        (9, None, (4 - 1 / 120, 4)),
        (None, 4.5, (2, 4.5)),
        (None, 9, (2, 5)),
        (None, -1, (2, 2 + 1 / 120)),
        (0, 9, (1, 5)),
        (9, 0, (5 - 1 / 120, 5)),
        (None, None, (2, 4)),
    ],
)
def test_trimming_stops_at_the_neighbours(start: float | None, stop: float | None, result: tuple[float, float]) -> None:
    before = _project((0, 1), (2, 4), (5, 6))
    ends = [None if end is None else F(end) for end in (start, stop)]
    after = edits.trim_segment(before, 2, *ends, WHOLE)
    assert _ranges(after) == [(0, 1), pytest.approx(result), (5, 6)]


def test_trimming_stops_at_the_clip() -> None:
    assert _ranges(edits.trim_segment(_project((2, 4)), 1, F(-9), F(99), WHOLE)) == [(0, 20)]


@pytest.mark.parametrize(("start", "result"), [(2.5, (2.5, 4.5)), (0, (1, 3)), (9, (3, 5)), (2, (2, 4))])
def test_moving_stops_at_the_neighbours(start: float, result: tuple[float, float]) -> None:
    after = edits.move_segment(_project((0, 1), (2, 4), (5, 6)), 2, F(start), WHOLE)
    assert _ranges(after) == [(0, 1), result, (5, 6)]


def test_a_segment_beyond_a_shorter_clip_is_brought_back_or_refused() -> None:
    short = _span(0, 3)
    assert _ranges(edits.trim_segment(_project((2, 4)), 1, F(1), None, short)) == [(1, 3)]
    assert _ranges(edits.move_segment(_project((2, 4)), 1, F(9), short)) == [(2, 3)]
    for act in (
        lambda: edits.move_segment(_project((5, 6)), 1, F(0), short),
        lambda: edits.trim_segment(_project((5, 6)), 1, F(0), None, short),
    ):
        with pytest.raises(UserError, match="outside the clip"):
            act()


def test_settings_of_a_segment() -> None:
    before = _project((1, 2), (3, 4))
    after = edits.set_segment(before, 2, face=1, reference=F(1, 25), offset=F(-1), feather=9, strength=-1)
    changed = after.segment(2)
    assert changed == Segment(_span(3, 4), 1, F(1, 25), F(-1), 3.0, 0.0, "network", id=2)
    assert after.segment(1) == before.segment(1)
    back = edits.set_segment(after, 2, face=0, reference=None, offset=None, feather=1.0, strength=1.0)
    assert back == before


@pytest.mark.parametrize(
    "fields",
    [{"face": -1}, {"reference": F(-1)}, {"silence": "loud"}, {"feather": float("nan")}, {"strength": float("nan")}],
)
def test_wrong_settings_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"\.$"):
        edits.set_segment(_project((1, 2)), 1, **fields)


@pytest.mark.parametrize("fields", [{"original_audio": "loud"}, {"fit": "stretch"}, {"weights": " "}, {"face": -1}])
def test_wrong_options_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"\.$"):
        edits.set_option(Project(), **fields)


def test_options_and_media() -> None:
    after = edits.set_option(Project(), original_audio="keep", fit="hold", weights="mine.safetensors")
    assert (after.original_audio, after.fit, after.weights) == ("keep", "hold", "mine.safetensors")
    after = edits.set_voice(edits.set_clip(after, "a.mp4", "12"), "b.wav", "34")
    assert (after.clip, after.clip_sha256, after.voice, after.voice_sha256) == ("a.mp4", "12", "b.wav", "34")
    assert edits.set_offset(after, F(-1, 3)).offset == F(-1, 3)


def test_loudness() -> None:
    after = edits.set_mix(Project(), "voice", Mix(gain_db=99, mute=True))
    assert (after.voice_mix, after.original_mix) == (Mix(12.0, mute=True), Mix())
    assert edits.set_mix(after, "original", Mix(gain_db=-99)).original_mix == Mix(-60.0)
    with pytest.raises(UserError, match=r"^Volume is not a number: enter a value from -60 to 12\.$"):
        edits.set_mix(after, "voice", Mix(gain_db=float("nan")))


def test_markers_stay_in_order() -> None:
    project = Project()
    for time in (3, 1, 2):
        project = edits.add_marker(project, F(time), str(time))
    assert [m.note for m in project.markers] == ["1", "2", "3"]
    project = edits.move_marker(project, 0, F(9))
    assert [m.note for m in project.markers] == ["2", "3", "1"]
    project = edits.note_marker(edits.remove_marker(project, 1), 1, "one")
    assert project.markers == (Marker(F(2), "2"), Marker(F(9), "one"))
    assert edits.move_marker(project, 1, F(-3)).markers[0] == Marker(F(0), "one")
    with pytest.raises(UserError, match="already"):
        edits.add_marker(project, F(9))
    for act in (
        edits.remove_marker,
        lambda p, i: edits.note_marker(p, i, ""),
        lambda p, i: edits.move_marker(p, i, F()),
    ):
        for index in (-1, 2):
            with pytest.raises(UserError, match="no longer exists"):
                act(project, index)


def test_in_and_out() -> None:
    project = edits.set_out(edits.set_in(Project(), F(2)), F(5))
    assert (project.mark_in, project.mark_out) == (2, 5)
    assert edits.set_in(project, F(6)).mark_out is None
    assert edits.set_in(project, F(5)).mark_out is None
    assert edits.set_out(project, F(2)).mark_in is None
    assert edits.set_out(project, F(1)).mark_in is None
    assert edits.set_in(project, F(-1)).mark_in == 0
    assert edits.set_out(project, F(0)).mark_out is None
    assert edits.set_in(project, None).mark_out == 5
    cleared = edits.clear_marks(project)
    assert (cleared.mark_in, cleared.mark_out) == (None, None)


def test_a_shorter_clip_cuts_off_what_lies_beyond() -> None:
    project = edits.set_out(edits.set_in(edits.add_marker(_project((1, 4), (5, 6)), F(5)), F(1)), F(5))
    after = edits.fit_to_clip(project, _span(0, 3))
    assert (_ranges(after), after.markers, after.mark_in, after.mark_out) == ([(1, 3)], (), 1, None)
    assert edits.fit_to_clip(project, WHOLE) == project


def test_what_another_hand_wrote_is_normalised() -> None:
    written = Project(
        segments=(
            Segment(_span(0, 1), face=-2, feather=99.0),
            Segment(_span(1, 1), id=5),
            Segment(_span(1, 2), id=5),
            Segment(_span(2, 3), id=5, strength=7),
        ),
        face=-1,
        markers=(Marker(F(2)), Marker(F(1))),
        mark_in=F(3),
        mark_out=F(2),
        voice_mix=Mix(gain_db=100),
    )
    neat = normalise(written)
    _check(neat)
    assert [(s.id, s.face, s.feather, s.strength) for s in neat.segments or ()] == [
        (6, 0, 3, 1),
        (5, 0, 1, 1),
        (7, 0, 1, 1),
    ]
    assert (neat.face, neat.mark_in, neat.mark_out, neat.voice_mix.gain_db) == (0, None, None, 12)


@settings(max_examples=50)
@given(projects())
def test_normalising_leaves_what_edits_made(project: Project) -> None:
    _check(project)


@settings(max_examples=50)
@given(segment_lists(), times(), st.data())
def test_a_split_keeps_the_union_and_the_settings(
    segments: tuple[Segment, ...], time: Fraction, data: st.DataObject
) -> None:
    assume(segments)
    before = Project(segments=segments)
    id = data.draw(st.sampled_from([s.id for s in segments]))
    one = before.segment(id)
    assert one is not None
    if not one.range.start < time < one.range.stop:
        with pytest.raises(UserError):
            edits.split_segment(before, id, time)
        return
    after = edits.split_segment(before, id, time)
    assert len(after.segments or ()) == len(segments) + 1
    assert merge_ranges(s.range for s in after.segments or ()) == merge_ranges(s.range for s in segments)
    second = after.segment(edits.next_id(before))
    assert second is not None and second.range.start == time
    assert Segment(one.range, *_settings(second)) == Segment(one.range, *_settings(one))


def _settings(segment: Segment) -> tuple[Any, ...]:
    return (segment.face, segment.reference, segment.offset, segment.feather, segment.strength, segment.silence)


@settings(max_examples=50)
@given(projects(), spans())
def test_dubbing_all_leaves_no_gap_that_could_be_seen(project: Project, span: TimeRange) -> None:
    try:
        after = edits.dub_all(project, span)
    except UserError:
        after = project
    _check(after)
    dubbed = merge_ranges(s.range for s in after.segments or ())
    inside = span.intersect(TimeRange(F(0), F(99)))
    missing = inside.duration if inside else F(0)
    missing -= sum((shared.duration for d in dubbed if inside and (shared := d.intersect(inside))), F(0))
    assert missing < edits.SHORTEST * (len(dubbed) + 1)


class Editing(RuleBasedStateMachine):
    """Edits in any order with any values: each gives a valid project or UserError, and undoing is the old value."""

    def __init__(self) -> None:
        super().__init__()
        self.project = Project()

    def act(self, edit: Callable[[Project], Project]) -> None:
        before = self.project
        copy = normalise(before)
        try:
            self.project = edit(before)
        except UserError as error:
            assert str(error).endswith(".") and self.project is before
        assert before == copy

    @invariant()
    def is_valid(self) -> None:
        _check(self.project)

    @rule(span=spans())
    def add(self, span: TimeRange) -> None:
        self.act(lambda p: edits.add_segment(p, span))

    @rule(span=spans())
    def dub_all(self, span: TimeRange) -> None:
        self.act(lambda p: edits.dub_all(p, span))

    @rule(ids=st.sets(st.integers(0, 6), max_size=2))
    def remove(self, ids: Collection[int]) -> None:
        self.act(lambda p: edits.remove_segments(p, ids))

    @rule(id=st.integers(0, 6), time=times())
    def split(self, id: int, time: Fraction) -> None:
        self.act(lambda p: edits.split_segment(p, id, time))

    @rule(id=st.integers(0, 6), start=st.none() | times(), stop=st.none() | times())
    def trim(self, id: int, start: Fraction | None, stop: Fraction | None) -> None:
        before = self.project.segment(id)
        self.act(lambda p: edits.trim_segment(p, id, start, stop, WHOLE))
        after = self.project.segment(id)
        if before is not None and after is not None and WHOLE.start <= before.range.start < before.range.stop <= 20:
            assert after.range.duration >= min(edits.SHORTEST, before.range.duration)
            assert WHOLE.start <= after.range.start and after.range.stop <= WHOLE.stop
            assert start is not None or after.range.start == before.range.start
            assert stop is not None or after.range.stop == before.range.stop

    @rule(id=st.integers(0, 6), start=times())
    def move(self, id: int, start: Fraction) -> None:
        before = self.project.segment(id)
        self.act(lambda p: edits.move_segment(p, id, start, WHOLE))
        after = self.project.segment(id)
        if before is not None and after is not None and before.range.stop <= 20:
            assert after.range.duration == before.range.duration

    @rule(
        id=st.integers(0, 6),
        face=st.integers(-2, 3),
        reference=st.none() | times(),
        feather=st.floats(),
        strength=st.floats(),
        silence=st.sampled_from(["network", "close", "keep", "?"]),
    )
    def set_segment(self, id: int, **fields: Any) -> None:
        self.act(lambda p: edits.set_segment(p, id, **fields))

    @rule(sound=st.sampled_from(["original", "voice"]), gain=st.floats())
    def loudness(self, sound: edits.Sound, gain: float) -> None:
        self.act(lambda p: edits.set_mix(p, sound, Mix(gain)))

    @rule(time=times(), index=st.integers(-1, 4))
    def markers(self, time: Fraction, index: int) -> None:
        self.act(lambda p: edits.add_marker(p, time))
        self.act(lambda p: edits.move_marker(p, index, time))

    @rule(index=st.integers(-1, 4))
    def fewer_markers(self, index: int) -> None:
        self.act(lambda p: edits.remove_marker(p, index))

    @rule(start=st.none() | times(), stop=st.none() | times())
    def mark(self, start: Fraction | None, stop: Fraction | None) -> None:
        self.act(lambda p: edits.set_in(p, start))
        self.act(lambda p: edits.set_out(p, stop))

    @rule()
    def all_of_the_clip(self) -> None:
        self.act(lambda p: edits.spell_out(p, WHOLE))

    @rule(stop=times(0, 20))
    def another_clip(self, stop: Fraction) -> None:
        self.act(lambda p: edits.fit_to_clip(p, TimeRange(F(0), stop)))


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=40, stateful_step_count=40)


def test_another_face_takes_the_reference_of_the_old_one_away() -> None:
    named = edits.set_segment(_project((0, 1)), 1, reference=Fraction(2))
    assert edits.set_segment(named, 1, face=1).segments[0].reference is None  # type: ignore[index]
    assert edits.set_segment(named, 1, face=0).segments[0].reference == 2  # type: ignore[index]
    both = edits.set_segment(named, 1, face=1, reference=Fraction(3)).segments[0]  # type: ignore[index]
    assert (both.face, both.reference) == (1, 3)


def test_segments_keep_their_names() -> None:
    project = Project(segments=(Segment(TimeRange(F(0), F(4)), id=1), Segment(TimeRange(F(5), F(6)), id=2)))
    project = edits.name_segment(project, 1, "  Opening   line ")
    assert [segment.name for segment in project.segments or ()] == ["Opening line", ""]
    split = edits.split_segment(project, 1, F(2))
    assert [(segment.id, segment.name) for segment in split.segments or ()] == [(1, "Opening line"), (3, ""), (2, "")]
    assert edits.remove_segments(split, [1]).segment(2) == project.segment(2)
    with pytest.raises(UserError, match="at most"):
        edits.name_segment(project, 1, "x" * 201)
    with pytest.raises(UserError, match="no longer exists"):
        edits.name_segment(project, 9, "x")


def test_a_copy_of_a_segment_takes_the_room_that_there_is() -> None:
    whole = TimeRange(F(0), F(20))
    project = _project((0, 4), (10, 12))
    project = edits.set_segment(edits.name_segment(project, 1, "Intro"), 1, feather=2.0)
    segment = project.segment(1)
    assert segment is not None
    copied = edits.paste_segment(project, segment, F(5), whole)
    assert _ranges(copied) == [(0, 4), (5, 9), (10, 12)]
    new = copied.segment(3)
    assert new is not None and (new.feather, new.name) == (2.0, "")
    assert _ranges(edits.paste_segment(project, segment, F(8), whole)) == [(0, 4), (8, 10), (10, 12)]
    assert _ranges(edits.paste_segment(project, segment, F(18), whole)) == [(0, 4), (10, 12), (18, 20)]
    for taken in (F(2), F(11), F(20)):
        with pytest.raises(UserError, match="no room"):
            edits.paste_segment(project, segment, taken, whole)


def test_the_streams_hold_for_the_same_content_only() -> None:
    project = edits.set_clip(Project(), "a.mkv", "12", Streams(1, 3))
    project = edits.set_voice(project, "b.mkv", "34", Streams(sound=2))
    moved = edits.set_voice(edits.set_clip(project, "c.mkv", "12"), "d.mkv", "34")
    assert (moved.clip_streams, moved.voice_streams) == (Streams(1, 3), Streams(sound=2))
    other = edits.set_voice(edits.set_clip(project, "a.mkv", "56"), "b.mkv", "78")
    assert (other.clip_streams, other.voice_streams) == (AUTOMATIC, AUTOMATIC)


@given(project=projects(), shift=times(), data=st.data())
def test_segments_that_are_moved_together_keep_their_distances_and_order(
    project: Project, shift: Fraction, data: st.DataObject
) -> None:
    before = project.segments or ()
    ids = data.draw(st.sets(st.sampled_from([s.id for s in before]))) if before else set[int]()
    after = edits.move_segments(project, ids, shift, WHOLE).segments or ()
    _check(edits.move_segments(project, ids, shift, WHOLE))
    assert [s.id for s in after] == [s.id for s in before]
    shifts = {new.range.start - old.range.start for new, old in zip(after, before, strict=True) if new.id in ids}
    assert len(shifts) <= 1 and all(abs(done) <= abs(shift) for done in shifts)
    assert all(new == old for new, old in zip(after, before, strict=True) if new.id not in ids)
    assert all(WHOLE.start <= s.range.start and s.range.stop <= WHOLE.stop for s in after)


def test_segments_are_moved_as_far_as_the_others_let_them() -> None:
    project = _project((0, 1), (2, 4), (5, 6), (8, 9))
    assert _ranges(edits.move_segments(project, {2, 3}, F(5), WHOLE)) == [(0, 1), (4, 6), (7, 8), (8, 9)]
    assert _ranges(edits.move_segments(project, {1, 4}, F(-5), WHOLE)) == [(0, 1), (2, 4), (5, 6), (8, 9)]
    with pytest.raises(UserError):
        edits.move_segments(project, {1, 7}, F(1), WHOLE)
    with pytest.raises(UserError):
        edits.move_segments(_project((0, 1), (19, 22)), {1, 2}, F(1), WHOLE)


def test_settings_of_several_segments_are_changed_at_once() -> None:
    project = edits.set_segment(_project((0, 1), (2, 4), (5, 6)), 1, reference=F(3), face=1)
    after = edits.set_segments(project, {1, 3}, face=1, feather=2.0)
    assert [(s.face, s.feather, s.reference) for s in after.segments or ()] == [
        (1, 2.0, 3),
        (0, 1.0, None),
        (1, 2.0, None),
    ]
    with pytest.raises(UserError):
        edits.set_segments(project, {1, 9}, feather=2.0)


def test_copies_of_several_keep_their_distances_or_none_is_made() -> None:
    project = _project((0, 1), (2, 4), (12, 13))
    copied = (project.segments or ())[:2]
    assert _ranges(edits.paste_segments(project, copied, F(5), WHOLE)) == [(0, 1), (2, 4), (5, 6), (7, 9), (12, 13)]
    with pytest.raises(UserError):
        edits.paste_segments(project, copied, F(10), WHOLE)  # the second one would begin at 12


def test_another_film_is_not_that_of_the_cut() -> None:
    project = Project("a.mp4", clip_sha256="1", cut="cut.otio", cut_clip=3)
    assert edits.set_clip(project, "moved/a.mp4", "1").cut == "cut.otio"
    other = edits.set_clip(project, "b.mp4", "2")
    assert (other.cut, other.cut_clip) == ("", 0)
