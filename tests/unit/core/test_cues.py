"""Timed lines to segments: none overlap, none is longer than the clip, and what was done is said."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.cues import Cue, cues_of, with_cues
from app.core.errors import UserError
from app.core.project import Project
from app.core.timebase import TimeRange

F = Fraction
WHOLE = TimeRange(F(0), F(10))


def cue(start: float, stop: float, text: str = "x", speaker: str = "") -> Cue:
    return Cue(TimeRange(F(start), F(stop)), text, speaker)


def test_lines_become_named_segments_with_speakers_and_the_project_s_face() -> None:
    before = Project(face=1, reference=F(3))
    project, notes = with_cues(before, [cue(4, 5, " and  so ", "Bob"), cue(1, 2, "Hello", "Anna")], WHOLE)
    first, second = project.segments or ()
    assert (first.name, first.speaker, first.face, first.reference, first.id) == ("Hello", "Anna", 1, F(3), 1)
    assert (second.name, second.speaker, second.range) == ("and so", "Bob", TimeRange(F(4), F(5)))
    assert notes == []


def test_what_was_done_to_lines_is_said() -> None:
    lines = [cue(1, 3, "a", "Anna"), cue(2, 4, "b"), cue(2, 5, "c", "Bob"), cue(9, 12, "d"), cue(11, 13, "e")]
    project, notes = with_cues(Project(), lines, WHOLE)
    found = [(s.range.start, s.range.stop, s.name, s.speaker) for s in project.segments or ()]
    assert found == [(1, 2, "a", "Anna"), (2, 5, "b c", "Bob"), (9, 10, "d", "")]
    assert [note.split(" ")[0] for note in notes] == ["2", "1", "1"]
    assert "outside the clip" in notes[0] and "same time" in notes[1] and "reaching into the next" in notes[2]


def test_lines_of_another_clip_are_refused() -> None:
    with pytest.raises(UserError, match="None of the lines lies within the clip"):
        with_cues(Project(), [cue(20, 21)], WHOLE)


times = st.fractions(F(-2), F(12), max_denominator=1000)


@given(st.lists(st.tuples(times, times), min_size=1, max_size=12))
def test_any_lines_make_a_project_or_a_sentence(spans: list[tuple[Fraction, Fraction]]) -> None:
    lines = [Cue(TimeRange(min(span), max(span)), "x") for span in spans]
    try:
        project, _ = with_cues(Project(), lines, WHOLE)
    except UserError:
        return
    segments = project.segments or ()
    assert all(one.range.stop <= other.range.start for one, other in pairwise(segments))
    assert all(WHOLE.start <= s.range.start < s.range.stop <= WHOLE.stop for s in segments)
    assert [c.range for c in cues_of(segments)] == [s.range for s in segments]
