"""Projects of all kinds, for tests that state what holds for every one."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from app.core.fields import FieldSpec
from app.core.project import SEGMENT_FIELDS, Marker, Mix, Project, Segment, View
from app.core.timebase import TimeRange

STOP = Fraction(20)
WHOLE = TimeRange(Fraction(0), STOP)
"""The clip of these projects."""

RATES = st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(90000)])


@st.composite
def times(draw: st.DrawFn, low: int = -5, high: int = 25) -> Fraction:
    """Seconds on the grid of a frame rate, also outside the clip."""
    rate = draw(RATES)
    return draw(st.integers(int(low * rate), int(high * rate))) / rate


def inside() -> st.SearchStrategy[Fraction]:
    """Seconds of the clip."""
    return times(0, int(STOP))


@st.composite
def spans(draw: st.DrawFn) -> TimeRange:
    """Any stretch, also an empty one or one outside the clip."""
    one, other = draw(times()), draw(times())
    return TimeRange(min(one, other), max(one, other))


@st.composite
def segment_lists(draw: st.DrawFn) -> tuple[Segment, ...]:
    """Segments with ids of their own, in order; some touch."""
    edges = sorted(draw(st.sets(inside(), max_size=8)))
    ids = draw(st.permutations(range(1, 9)))
    kept = [TimeRange(one, other) for one, other in pairwise(edges) if draw(st.booleans())]
    return tuple(draw(_segments(span, id)) for span, id in zip(kept, ids, strict=False))


def _segments(span: TimeRange, id: int) -> st.SearchStrategy[Segment]:
    settings = {name: values_of(spec) for name, spec in SEGMENT_FIELDS.items()}
    return st.builds(Segment, range=st.just(span), id=st.just(id), **settings)


def values_of(spec: FieldSpec) -> st.SearchStrategy[Any]:
    """What a declared field may hold."""
    low, high = spec.low, spec.high
    kinds: dict[type, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: st.integers(0 if low is None else int(low), 2 if high is None else int(high)),
        float: st.floats(low, high, allow_nan=False, allow_infinity=False),
        Fraction: times() if low is None else times(max(int(low), 0), int(STOP)),
        str: st.sampled_from(spec.choices) if spec.choices else st.text(min_size=1).filter(str.strip),
    }
    return st.none() | kinds[spec.kind] if spec.optional else kinds[spec.kind]


def another_value(spec: FieldSpec) -> Any:
    """A value that a declared field may hold, and not its default."""
    others: dict[type, tuple[Any, ...]] = {bool: (False, True), str: spec.choices or ("other", "another")}
    candidates = others.get(spec.kind, (spec.low, spec.high, 1, 2))
    return spec.kind(next(value for value in candidates if value is not None and value != spec.default))


@st.composite
def marks(draw: st.DrawFn) -> tuple[Fraction | None, Fraction | None]:
    """In and out points, the one before the other."""
    start, stop = draw(st.none() | inside()), draw(st.none() | inside())
    return (start, stop) if start is None or stop is None or start < stop else (start, None)


MIXES = st.builds(Mix, gain_db=st.floats(-60, 12), mute=st.booleans(), solo=st.booleans())


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Projects as edits make them."""
    start, stop = draw(marks())
    markers = draw(st.lists(st.builds(Marker, time=inside(), note=st.text(max_size=5)), max_size=4))
    return Project(
        clip=draw(st.sampled_from(["", "/films/a.mp4"])),
        voice=draw(st.sampled_from(["", "/films/voices/é 1.wav"])),
        offset=draw(times()),
        segments=draw(st.none() | segment_lists()),
        face=draw(st.integers(0, 2)),
        reference=draw(st.none() | inside()),
        original_audio=draw(st.sampled_from(["keep", "duck", "drop"])),
        fit=draw(st.sampled_from(["cut", "hold"])),
        markers=tuple(sorted(markers, key=lambda marker: marker.time)),
        mark_in=start,
        mark_out=stop,
        original_mix=draw(MIXES),
        voice_mix=draw(MIXES),
        view=draw(st.builds(View, playhead=inside(), scroll=st.floats(0, 20), zoom=st.floats(0, 500))),
    )
