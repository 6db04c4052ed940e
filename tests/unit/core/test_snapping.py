"""What edges jump to."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.project import Marker, Project, Segment
from app.core.snapping import snap, snap_points, snap_span
from app.core.timebase import TimeRange
from tests.unit.core.strategies import projects, times

F = Fraction
POINTS = (F(0), F(2), F(5))


def test_points_are_all_that_one_wants_to_meet() -> None:
    project = Project(
        segments=(Segment(TimeRange(F(1), F(2)), id=1), Segment(TimeRange(F(2), F(4)), id=2)),
        markers=(Marker(F(7)),),
        mark_in=F(3),
        mark_out=F(9),
    )
    assert snap_points(project, F(5)) == (0, 1, 2, 3, 4, 5, 7, 9)
    assert snap_points(project, F(5), without={2}, more=[F(20)]) == (0, 1, 2, 3, 5, 7, 9, 20)


@pytest.mark.parametrize(
    ("time", "result"),
    [
        (F(9, 10), F(9, 10)),
        (F(19, 10), F(2)),
        (F(21, 10), F(2)),
        (F(7, 2), F(7, 2)),
        (F(11, 2), F(5)),
        (F(-1, 4), F(0)),
    ],
)
def test_snapping(time: Fraction, result: Fraction) -> None:
    assert snap(time, POINTS, F(1, 2)) == result


def test_nothing_near_and_nothing_at_all() -> None:
    assert snap(F(1), (F(0), F(2)), F(1)) == 0
    assert snap(F(1), (), F(1)) == 1
    assert snap(F(2), POINTS, F(0)) == 2


@pytest.mark.parametrize(
    ("start", "result"),
    [(F(17, 10), F(2)), (F(39, 10), F(4)), (F(3), F(3)), (F(41, 10), F(4)), (F(2), F(2))],
)
def test_either_end_of_a_span_snaps(start: Fraction, result: Fraction) -> None:
    assert snap_span(start, F(1), POINTS, F(1, 3)) == result


def test_the_nearer_end_decides() -> None:
    assert snap_span(F(22, 10), F(27, 10), POINTS, F(1)) == F(23, 10)
    assert snap_span(F(21, 10), F(27, 10), POINTS, F(1)) == F(2)


@settings(max_examples=50)
@given(projects(), times(), times(), st.fractions(0, 1, max_denominator=100))
def test_snapping_goes_to_the_nearest_point_or_nowhere(
    project: Project, playhead: Fraction, time: Fraction, tolerance: Fraction
) -> None:
    points = snap_points(project, playhead)
    snapped = snap(time, points, tolerance)
    nearest = min(abs(point - time) for point in points)
    assert abs(snapped - time) == (nearest if nearest <= tolerance else 0)
