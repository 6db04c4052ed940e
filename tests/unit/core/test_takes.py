"""Voices of their own for segments: added, switched, compared, kept; and what that makes stale."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from app.core import edits
from app.core.errors import UserError
from app.core.normalise import normalise
from app.core.project import Project, Segment, Take
from app.core.render_plan import RenderBasis, network_inputs, same_frames, settings_digest
from app.core.timebase import TimeRange

F = Fraction
WHOLE = TimeRange(F(0), F(10))
A, B = Take("a.wav", F(2), "sha a"), Take("b.wav", F(3), "sha b")
PROJECT = Project(
    "c.mp4", "v.wav", F(1), (Segment(TimeRange(F(2), F(4)), id=1), Segment(TimeRange(F(5), F(6)), offset=F(3), id=2))
)


def heard(project: Project) -> list[str | None]:
    return [own.path if (own := segment.own_voice) else None for segment in project.segments or ()]


def test_a_take_begins_with_its_segment_and_is_heard() -> None:
    project = edits.add_take(PROJECT, [1, 2], A)
    assert heard(project) == ["a.wav", "a.wav"]
    assert [project.offset_of(segment) for segment in project.segments or ()] == [2, 3]
    assert [project.voice_seconds(segment, F(9)) for segment in project.segments or ()] == [2, 2]
    assert PROJECT.voice_seconds((PROJECT.segments or ())[0], F(9)) == 9


def test_takes_are_switched_compared_and_kept() -> None:
    project = edits.add_take(edits.add_take(PROJECT, [1], A), [1], B)
    seen = [heard(project)[0]]
    for _ in range(3):
        project = edits.next_take(project, 1)
        seen.append(heard(project)[0])
    assert seen == ["b.wav", None, "a.wav", "b.wav"]
    assert heard(edits.use_take(project, [1], 0)) == ["a.wav", None]
    kept = edits.keep_take(edits.use_take(project, [1], 0), [1])
    assert (kept.segments or ())[0].takes == (A,) and heard(kept) == ["a.wav", None]
    assert (edits.keep_take(edits.use_take(project, [1], None), [1]).segments or ())[0].takes == ()


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match="no take to compare"):
        edits.next_take(PROJECT, 1)
    with pytest.raises(UserError, match="take no longer exists"):
        edits.use_take(PROJECT, [1], 0)
    with pytest.raises(UserError, match="segment no longer exists"):
        edits.add_take(PROJECT, [7], A)
    lost = replace(PROJECT, segments=(replace((PROJECT.segments or ())[0], take=4),))
    assert lost.segments[0].own_voice is None and (normalise(lost).segments or ())[0].take is None


def test_frames_follow_the_voice_that_is_heard() -> None:
    def digest(project: Project, voice: str = "v") -> str:
        return settings_digest(project, (project.segments or ())[0], RenderBasis("c", voice, "d", "w"))

    own = edits.add_take(PROJECT, [1], A)
    back = edits.use_take(own, [1], None)
    placed = replace(
        PROJECT, segments=(replace((PROJECT.segments or ())[0], offset=F(2)), *(PROJECT.segments or ())[1:])
    )
    assert digest(back) == digest(placed) != digest(own)
    assert digest(own) == digest(own, "another voice"), "the project's voice is not heard in it"
    assert digest(back) != digest(back, "another voice")
    assert digest(own) != digest(edits.add_take(own, [1], B))
    assert not same_frames(own, back, WHOLE) and same_frames(back, placed, WHOLE)
    first = [network_inputs(project, (project.segments or ())[0]) for project in (own, back)]
    assert first[0] != first[1]
