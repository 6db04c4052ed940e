"""The project's values."""

from __future__ import annotations

from fractions import Fraction

import pytest

from app.core.project import Project, Segment
from app.core.timebase import TimeRange, decode_json, encode_json


def _span(start: int, stop: int) -> TimeRange:
    return TimeRange(Fraction(start), Fraction(stop))


def test_no_segment_means_the_whole_clip() -> None:
    project = Project("c", "v", face=1, reference=Fraction(1, 3))
    assert project.segments_of(_span(0, 9)) == (Segment(_span(0, 9), 1, Fraction(1, 3)),)
    some = (Segment(_span(1, 2)), Segment(_span(2, 3), face=2))
    assert Project("c", "v", segments=some).segments_of(_span(0, 9)) == some


@pytest.mark.parametrize("spans", [[(0, 2), (1, 3)], [(2, 3), (0, 1)]])
def test_segments_are_in_order_and_apart(spans: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="in order of time"):
        Project("c", "v", segments=tuple(Segment(_span(*span)) for span in spans))


def test_a_project_survives_json() -> None:
    project = Project("c", "v", Fraction(-1001, 30000), (Segment(_span(1, 2), 1, Fraction(1, 7)),), fit="hold")
    assert decode_json(encode_json(project), Project) == project
