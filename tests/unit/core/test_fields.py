"""Declared fields: what is read off a declaration, and how values are held against it."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import UserError
from app.core.fields import FieldSpec, accepted, normalised, setting, specs_of


class Sample(msgspec.Struct, frozen=True):
    """A field of each kind."""

    name: str
    size: Annotated[float, setting("Size", "How large it is.", "paste", low=0.25, high=3.0, unit="%")] = 1.0
    count: Annotated[int, setting("Count", "How many there are.", "none", low=1, refusal="{} is too few.")] = 2
    depth: Annotated[float, setting("Depth", "How deep it is.", "network", high=9.0, unit="px")] = 0.0
    free: Annotated[float, setting("Level", "How far up it is.", "none")] = 0.0
    time: Annotated[Fraction | None, setting("Time", "When it is.", "network", low=0, label="&Time")] = None
    way: Annotated[
        Literal["a", "b", "c"],
        setting("Way", "How it is done.", "network", labels={"b": "Second", "a": "First", "c": "Third"}, step="Go"),
    ] = "a"
    on: Annotated[bool, setting("On", "Whether it is.", "paste")] = True
    text: Annotated[str, setting("Text", "What it says.", "none", refusal="The text is empty.")] = "x"
    plain: Annotated[int, msgspec.Meta(ge=5, le=60, title="Plain", description="A number.")] = 30
    other: int = 0


SPECS = specs_of(Sample)


def test_what_is_declared_is_read_in_its_order() -> None:
    assert list(SPECS) == ["size", "count", "depth", "free", "time", "way", "on", "text", "plain"]
    size = SPECS["size"]
    assert (size.kind, size.optional, size.default, size.unit, size.bounds) == (float, False, 1.0, "%", (0.25, 3.0))
    assert (size.title, size.label, size.step, size.text) == ("Size", "Size", "Size", "How large it is.")
    time, way, plain = SPECS["time"], SPECS["way"], SPECS["plain"]
    assert (time.kind, time.optional, time.label) == (Fraction, True, "&Time")
    assert (way.kind, way.choices, way.step) == (str, ("a", "b", "c"), "Go")
    assert way.labels == (("b", "Second"), ("a", "First"), ("c", "Third"))
    assert (plain.bounds, plain.title, plain.label, plain.affects) == ((5, 60), "Plain", "Plain", "none")
    with pytest.raises(ValueError, match="has no bounds"):
        _ = SPECS["depth"].bounds


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("size", 9, 3.0),
        ("size", float("-inf"), 0.25),
        ("count", 1, 1),
        ("depth", -1e9, -1e9),
        ("depth", Fraction(19, 2), 9.0),
        ("time", None, None),
        ("time", 3, Fraction(3)),
        ("time", Fraction(-1), Fraction(0)),
        ("way", "c", "c"),
        ("on", False, False),
        ("text", " y", " y"),
    ],
)
def test_values_are_taken_or_brought_into_their_bounds(name: str, value: Any, taken: Any) -> None:
    found = SPECS[name].accepted(value)
    assert found == taken and type(found) is type(taken)
    assert SPECS[name].normalised(value) == taken


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("size", float("nan"), "Size is not a number: enter a value from 0.25 to 3."),
        ("size", "1", "Size is not a number: enter a value from 0.25 to 3."),
        ("size", True, "Size is not a number: enter a value from 0.25 to 3."),
        ("size", None, "Size is not a number: enter a value from 0.25 to 3."),
        ("count", 1.5, "Count is not a whole number: enter a value of 1 or more."),
        ("depth", float("-inf"), "Depth is not a number: enter a value of 9 or less."),
        ("free", float("inf"), "Level is not a number: enter a value."),
        ("time", 0.5, "Time is not a number: enter a value of 0 or more."),
        ("way", "d", 'Way cannot be "d": choose a, b or c.'),
    ],
)
def test_what_is_no_value_is_refused_in_a_sentence(name: str, value: Any, sentence: str) -> None:
    for check in (SPECS[name].accepted, SPECS[name].normalised):
        with pytest.raises(UserError) as refusal:
            check(value)
        assert str(refusal.value) == sentence


@pytest.mark.parametrize(("name", "value", "sentence"), [("count", -3, "-3 is too few."), ("text", " ", "The text is")])
def test_an_edit_is_refused_where_the_declaration_has_a_sentence(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        SPECS[name].accepted(value)


def test_what_another_hand_wrote_is_brought_in_and_not_refused() -> None:
    written = Sample("n", size=99.0, count=-3, text="")
    assert msgspec.structs.replace(written, **normalised(SPECS, written)) == Sample("n", size=3.0, count=1, text="")


@pytest.mark.parametrize("name", ["name", "other", "nothing"])
def test_only_declared_names_are_known(name: str) -> None:
    assert accepted(SPECS, {"size": 2, "way": "b"}) == {"size": 2.0, "way": "b"}
    with pytest.raises(TypeError, match=f"no such setting: {name}"):
        accepted(SPECS, {"size": 2, name: 1})


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "size": st.floats(0.25, 3),
    "count": st.integers(1, 3),
    "time": st.none() | st.fractions(0, 2, max_denominator=9),
    "way": st.sampled_from("abc"),
    "on": st.booleans(),
}


@given(st.data(), st.sampled_from(sorted(VALUES)))
def test_keys_are_equal_exactly_if_values_are(data: st.DataObject, name: str) -> None:
    one, other = data.draw(VALUES[name]), data.draw(VALUES[name])
    assert (SPECS[name].key(one) == SPECS[name].key(other)) == (one == other)
    assert SPECS["size"].key(1) == SPECS["size"].key(1.0)


def test_the_network_may_make_no_difference_between_values() -> None:
    spec = msgspec.structs.replace(SPECS["way"], same_to_network=("a", "c"))
    keys = [spec.network_key(value) for value in spec.choices]
    assert keys[0] == keys[2] != keys[1]
    assert len({spec.key(value) for value in spec.choices}) == 3


@given(st.floats() | st.integers() | st.fractions() | st.none() | st.text(max_size=2), st.sampled_from(sorted(SPECS)))
def test_any_value_gives_one_in_its_bounds_or_a_sentence(value: Any, name: str) -> None:
    spec: FieldSpec = SPECS[name]
    if spec.kind in (bool, str) and not isinstance(value, str):
        return
    try:
        found = spec.accepted(value)
    except UserError as error:
        assert str(error).endswith(".")
    else:
        assert spec.accepted(found) == found
        if found is not None and spec.kind in (int, float, Fraction):
            assert spec.low is None or found >= spec.low
            assert spec.high is None or found <= spec.high
