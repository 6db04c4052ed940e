"""What is declared for each setting of a segment holds wherever it counts; a new one is tested once it is declared."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.core import edits, render_plan
from app.core.errors import UserError
from app.core.fields import Affects
from app.core.normalise import normalise
from app.core.project import SEGMENT_FIELDS, Project, Segment
from app.core.render_plan import RenderBasis, network_inputs, same_frames, settings_digest
from app.core.timebase import TimeRange
from tests.unit.core.strategies import WHOLE, another_value, values_of

F = Fraction
SPAN = TimeRange(F(2), F(4))
BASIS = RenderBasis("clip", "voice", "mediapipe 1", "weights")

each_setting = pytest.mark.parametrize("name", SEGMENT_FIELDS)


def project_with(name: str, value: Any) -> Project:
    """A project whose one segment has that value."""
    return Project("c", "v", F(1, 3), (replace(Segment(SPAN, id=1), **{name: value}),))


def segment_of(project: Project) -> Segment:
    (only,) = project.segments or ()
    return only


def digest(project: Project) -> str:
    return settings_digest(project, segment_of(project), BASIS)


def inputs(project: Project) -> tuple[str, ...]:
    return network_inputs(project, segment_of(project))


def test_everything_is_a_setting_but_what_says_which_segment_it_is() -> None:
    undeclared = {field.name for field in msgspec.structs.fields(Segment)} - SEGMENT_FIELDS.keys()
    assert undeclared == {"range", "id", "name", "speaker", "takes", "take"}


@each_setting
def test_a_declaration_is_whole(name: str) -> None:
    spec = SEGMENT_FIELDS[name]
    assert spec.title and spec.step and spec.text.endswith(".")
    assert "&" not in spec.label, "panels have no Alt letters"
    assert spec.affects in get_args(Affects)
    assert spec.normalised(spec.default) == spec.default
    assert {value for value, _ in spec.labels} == set(spec.choices)
    assert spec.affects == "network" or not spec.same_to_network


@each_setting
@settings(max_examples=30)
@given(data=st.data())
def test_an_edit_takes_every_value_that_is_declared(name: str, data: st.DataObject) -> None:
    value = data.draw(values_of(SEGMENT_FIELDS[name]))
    before = Project(segments=(Segment(SPAN, id=1), Segment(TimeRange(F(5), F(6)), id=2)))
    after = edits.set_segment(before, 1, **{name: value})
    assert after.segments == (replace(before.segments[0], **{name: value}), before.segments[1])  # type: ignore[index]
    assert normalise(after) == after


@each_setting
def test_an_edit_and_a_file_are_held_within_the_bounds(name: str) -> None:
    spec, before = SEGMENT_FIELDS[name], Project(segments=(Segment(SPAN, id=1),))
    for bound, beyond in ((spec.low, -1), (spec.high, 1)):
        if bound is None:
            continue
        value = spec.kind(bound + beyond)
        assert getattr(segment_of(normalise(project_with(name, value))), name) == bound
        if spec.refusal:
            with pytest.raises(UserError, match=r"\.$"):
                edits.set_segment(before, 1, **{name: value})
        else:
            assert getattr(segment_of(edits.set_segment(before, 1, **{name: value})), name) == bound


@each_setting
def test_what_is_no_value_is_refused_and_the_setting_named(name: str) -> None:
    spec = SEGMENT_FIELDS[name]
    wrong = "?" if spec.choices else float("nan")
    with pytest.raises(UserError, match=rf"^{spec.title} (is not a |cannot be ).*\.$"):
        edits.set_segment(Project(segments=(Segment(SPAN, id=1),)), 1, **{name: wrong})


@pytest.mark.parametrize("name", ["range", "id", "colour"])
def test_what_is_no_setting_is_not_set(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        edits.set_segment(Project(segments=(Segment(SPAN, id=1),)), 1, **{name: 1})


@each_setting
@settings(max_examples=60)
@given(data=st.data())
def test_what_depends_on_a_setting_is_what_its_declaration_says(name: str, data: st.DataObject) -> None:
    spec = SEGMENT_FIELDS[name]
    one, other = (project_with(name, data.draw(values_of(spec))) for _ in range(2))
    values = [getattr(render_plan.placed(each, segment_of(each)), name) for each in (one, other)]
    same = values[0] == values[1] or spec.affects == "none"
    assert (digest(one) == digest(other)) == same
    assert same_frames(one, other, WHOLE) == same
    heard_alike = spec.affects != "network" or all(value in spec.same_to_network for value in values)
    assert (inputs(one) == inputs(other)) == (same or heard_alike)


@each_setting
@pytest.mark.parametrize("affects", get_args(Affects))
def test_another_declaration_changes_what_depends_on_it(
    name: str, affects: Affects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the declaration that counts, and not a list kept beside it."""
    spec = SEGMENT_FIELDS[name]
    declared = replace(spec, affects=affects, same_to_network=())
    monkeypatch.setattr(render_plan, "RENDER_VERSION", 2)
    monkeypatch.setattr(render_plan, "SEGMENT_FIELDS", {**SEGMENT_FIELDS, name: declared})
    one, other = (project_with(name, value) for value in (spec.default, another_value(spec)))
    assert (digest(one) == digest(other)) == (affects == "none")
    assert same_frames(one, other, WHOLE) == (affects == "none")
    assert (inputs(one) == inputs(other)) == (affects != "network")


def test_where_a_segment_lies_changes_its_frames_but_no_map() -> None:
    """The automatic reference is chosen from the whole clip: an edge that moves alters no picture."""
    one = project_with("face", 0)
    other = Project("c", "v", F(1, 3), (replace(segment_of(one), range=TimeRange(F(1), F(3))),))
    assert inputs(one) == inputs(other) and digest(one) == digest(other)
    assert not same_frames(one, other, WHOLE)


def test_which_segment_it_is_changes_nothing() -> None:
    one = project_with("face", 0)
    other = replace(one, segments=(replace(segment_of(one), id=7),))
    assert inputs(one) == inputs(other) and digest(one) == digest(other) and same_frames(one, other, WHOLE)


def test_the_whole_clips_face_counts_only_where_no_segment_has_its_own() -> None:
    whole, some = Project("c", "v"), project_with("face", 0)
    assert not same_frames(whole, replace(whole, face=1), WHOLE)
    assert same_frames(some, replace(some, face=1, reference=F(1)), WHOLE)
    assert not same_frames(whole, replace(whole, segments=()), WHOLE)
    assert not same_frames(some, replace(some, offset=F(1)), WHOLE)
    own = project_with("offset", F(2))
    assert same_frames(own, replace(own, offset=F(1)), WHOLE)
    assert not same_frames(own, replace(own, weights="other"), WHOLE)


@pytest.mark.parametrize(
    ("segment", "name"),
    [
        (Segment(SPAN), "1c2d77"),
        (Segment(SPAN, 2, F(7, 3), F(-1, 30), 0.25, 0.6, "close", 4), "c4469a"),
    ],
)
def test_frames_that_were_kept_on_disk_keep_their_names(
    segment: Segment, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they were when the names were last changed on purpose: by these settings, written like this."""
    then = ("face", "reference", "offset", "feather", "strength", "silence")
    monkeypatch.setattr(render_plan, "RENDER_VERSION", 2)
    monkeypatch.setattr(render_plan, "SEGMENT_FIELDS", {name: SEGMENT_FIELDS[name] for name in then})
    assert settings_digest(Project("c", "v", F(1, 2)), segment, BASIS).startswith(name)
