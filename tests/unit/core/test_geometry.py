"""Boxes and similarities, mostly by what must hold for all of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.core.geometry import Box, Similarity, fit_similarity

coordinates = st.floats(-1e3, 1e3)
points = st.tuples(coordinates, coordinates)
sides = st.integers(16, 1024)
similarities = st.builds(
    lambda scale, angle, x, y: Similarity(scale * math.cos(angle), scale * math.sin(angle), x, y),
    st.floats(0.05, 20),
    st.floats(-math.pi, math.pi),
    coordinates,
    coordinates,
)
boxes = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    coordinates,
    coordinates,
    st.floats(0.5, 500),
    st.floats(0.5, 500),
)


def close(one: tuple[float, float], other: tuple[float, float], tolerance: float = 1e-6) -> bool:
    return math.dist(one, other) <= tolerance * (1 + math.hypot(*one))


def test_a_box_knows_its_measures() -> None:
    box = Box(1, 2, 5, 12)
    assert (box.width, box.height, box.centre) == (4, 10, (3, 7))


def test_iou_of_a_half_overlap_is_a_third() -> None:
    assert Box(0, 0, 2, 1).iou(Box(1, 0, 3, 1)) == pytest.approx(1 / 3)


@given(boxes)
def test_a_box_covers_itself(box: Box) -> None:
    assert box.iou(box) == pytest.approx(1)


@given(boxes, boxes)
def test_iou_is_symmetric_and_a_share(one: Box, other: Box) -> None:
    assert one.iou(other) == pytest.approx(other.iou(one))
    assert 0 <= one.iou(other) <= 1 + 1e-9


@given(boxes)
def test_boxes_that_only_touch_share_nothing(box: Box) -> None:
    assert box.iou(Box(box.right, box.top, box.right + 1, box.bottom)) == 0
    assert box.iou(Box(box.left, box.bottom, box.right, box.bottom + 1)) == 0


@given(similarities, points)
def test_the_inverse_takes_a_point_back(similarity: Similarity, point: tuple[float, float]) -> None:
    assert close(point, similarity.inverse().apply(similarity.apply(point)))
    assert close(point, similarity.apply(similarity.inverse().apply(point)))


@given(similarities, points, points)
def test_all_lengths_grow_by_the_scale(
    similarity: Similarity, one: tuple[float, float], other: tuple[float, float]
) -> None:
    before, after = math.dist(one, other), math.dist(similarity.apply(one), similarity.apply(other))
    assert after == pytest.approx(similarity.scale * before, rel=1e-6, abs=1e-6)


@given(similarities, points)
def test_the_matrix_is_the_transform(similarity: Similarity, point: tuple[float, float]) -> None:
    x, y = point
    by_rows = tuple(a * x + b * y + c for a, b, c in similarity.matrix())
    assert by_rows == pytest.approx(similarity.apply(point))


@given(similarities, points, sides, sides)
def test_crops_of_every_side_cover_the_same(
    similarity: Similarity, point: tuple[float, float], size: int, to: int
) -> None:
    """Pixel centres lie at whole numbers: a point's share of the side is (x + 0.5) / side."""
    shares = [(value + 0.5) / size for value in similarity.apply(point)]
    resized = [(value + 0.5) / to for value in similarity.resized(size, to).apply(point)]
    assert resized == pytest.approx(shares, rel=1e-6, abs=1e-6)


@given(similarities, sides, sides)
def test_the_corners_of_a_crop_stay_where_they_are_in_the_frame(similarity: Similarity, size: int, to: int) -> None:
    before, after = similarity.inverse(), similarity.resized(size, to).inverse()
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        corner = before.apply((x * size - 0.5, y * size - 0.5))
        assert close(corner, after.apply((x * to - 0.5, y * to - 0.5)), 1e-6 * (1 + 1 / similarity.scale))


@given(similarities, sides, sides)
def test_resizing_can_be_undone_and_turns_nothing(similarity: Similarity, size: int, to: int) -> None:
    resized = similarity.resized(size, to)
    assert resized.scale == pytest.approx(similarity.scale * to / size)
    assert resized.angle == pytest.approx(similarity.angle)
    back = resized.resized(to, size)
    assert (back.a, back.b, back.x, back.y) == pytest.approx(
        (similarity.a, similarity.b, similarity.x, similarity.y), rel=1e-9, abs=1e-9
    )


def test_scale_and_angle_are_told_as_they_were_given() -> None:
    quarter_turn = Similarity(0, 3, 0, 0)
    assert (quarter_turn.scale, quarter_turn.angle) == (3, pytest.approx(math.pi / 2))
    assert quarter_turn.apply((1, 0)) == (0, 3)  # from x towards y


def test_a_transform_without_size_has_no_inverse() -> None:
    with pytest.raises(ZeroDivisionError):
        Similarity(0, 0, 1, 1).inverse()


@given(similarities, st.lists(points, min_size=2, max_size=12))
def test_the_fit_finds_the_transform_that_was_applied(
    similarity: Similarity, source: list[tuple[float, float]]
) -> None:
    assume(max(math.dist(source[0], point) for point in source) > 1)
    found = fit_similarity(source, [similarity.apply(point) for point in source])
    for point in source:
        assert close(similarity.apply(point), found.apply(point))


@given(st.lists(st.tuples(points, points), min_size=3, max_size=8), st.tuples(*[st.floats(-0.01, 0.01)] * 4))
def test_no_transform_nearby_fits_better(
    pairs: list[tuple[tuple[float, float], tuple[float, float]]], step: tuple[float, float, float, float]
) -> None:
    source, target = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assume(max(math.dist(source[0], point) for point in source) > 1)

    def error(similarity: Similarity) -> float:
        return sum(math.dist(similarity.apply(p), q) ** 2 for p, q in zip(source, target, strict=True))

    best = fit_similarity(source, target)
    other = Similarity(best.a + step[0], best.b + step[1], best.x + step[2], best.y + step[3])
    assert error(best) <= error(other) * (1 + 1e-9) + 1e-6


def test_a_mirrored_face_is_not_mirrored_back() -> None:
    source = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]
    found = fit_similarity(source, [(-x, y) for x, y in source])
    (a, b, _), (c, d, _) = found.matrix()
    assert a * d - b * c >= 0


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ([(1.0, 1.0)], [(2.0, 2.0)]),
        ([(1.0, 1.0), (2.0, 2.0)], [(1.0, 1.0)]),
        ([(1.0, 1.0), (1.0, 1.0)], [(0.0, 0.0), (1.0, 1.0)]),
    ],
    ids=["one point", "unequal counts", "all one point"],
)
def test_points_that_fix_no_transform_are_refused(
    source: list[tuple[float, float]], target: list[tuple[float, float]]
) -> None:
    with pytest.raises(ValueError, match="point"):
        fit_similarity(source, target)
