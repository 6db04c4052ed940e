"""What detectors' numbers mean: anchors, boxes and key points in the picture, several finds of one face."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.engine.faces.face_search import FULL_RANGE, SHORT_RANGE, FaceSearch, SearchLayout
from app.engine.ports import Image

SMALL = SearchLayout(10, ((2, 1),))
"""Four anchors at a quarter and three quarters of ten pixels."""


class Scripted:
    """A network that says what it is told, and keeps what it was shown."""

    def __init__(self, rows: list[tuple[float, ...]], scores: list[float]) -> None:
        keys = [0.0, 0.0, 2.0, 0.0, 1.0, 1.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0]
        self.numbers = np.array([[*row, *keys] for row in rows], np.float32)[None]
        self.scores = np.array(scores, np.float32)[None]
        self.shown: NDArray[np.uint8] | None = None

    def __call__(self, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.shown = pictures
        return self.numbers, self.scores


def test_anchors_are_mediapipes() -> None:
    """Two in each of 16 x 16 places and six in 8 x 8; one in each of 48 x 48. Row after row, in the places' middles."""
    short, full = SHORT_RANGE.anchors(), FULL_RANGE.anchors()
    assert short.shape == (896, 2) and full.shape == (2304, 2)
    assert short[0] == pytest.approx((0.5 / 16, 0.5 / 16)) and short[1] == pytest.approx(short[0])
    assert short[2] == pytest.approx((1.5 / 16, 0.5 / 16)) and short[32] == pytest.approx((0.5 / 16, 1.5 / 16))
    assert short[512] == pytest.approx((0.5 / 8, 0.5 / 8)) and short[-1] == pytest.approx((7.5 / 8, 7.5 / 8))
    assert full[1] == pytest.approx((1.5 / 48, 0.5 / 48))


@pytest.mark.parametrize(("height", "width"), [(100, 100), (50, 100), (100, 40)])
def test_places_are_those_of_the_picture(height: int, width: int) -> None:
    """The picture lies in the middle of a black square."""
    network = Scripted([(0, 0, 0, 0), (1, -1, 4, 2), (0, 0, 0, 0), (0, 0, 0, 0)], [0, 0.9, 0, 0.4])
    (found,) = FaceSearch(network, SMALL, 0.5).find(np.full((height, width, 3), 200, np.uint8))
    shift = np.array([width - 100, height - 100]) / 2
    middle = np.array([85, 15]) + shift  # the anchor (75, 25), ten pixels to the right and up
    assert found.score == pytest.approx(0.9)
    assert found.box.centre == pytest.approx(tuple(middle))
    assert (found.box.width, found.box.height) == pytest.approx((40, 20))
    np.testing.assert_allclose(found.keys, np.array([[75, 25], [95, 25], [85, 35], [85, 45]]) + shift, atol=1e-4)
    assert network.shown is not None and network.shown.shape == (1, 10, 10, 3)
    assert network.shown[0, 5, 5].tolist() == [200] * 3
    assert (network.shown[0, 0, 0] == 0).all() == (height != width)


def test_finds_of_one_face_are_one_weighted_by_their_scores() -> None:
    """The surest one's score; another face is another."""
    rows = [(2.0, 2.0, 4.0, 4.0), (-3.0, 2.0, 4.0, 4.0), (0.0, 0.0, 2.0, 2.0), (0.0, 0.0, 2.0, 2.0)]
    found = FaceSearch(Scripted(rows, [0.9, 0.6, 0.8, 0.2]), SMALL, 0.5).find(np.zeros((10, 10, 3), np.uint8))
    assert [round(each.score, 3) for each in found] == [0.9, 0.8]
    # (4.5, 4.5) and (4.5, 4.5) moved by -3 - 2 + 5: the anchors are five pixels apart
    assert found[0].box.centre == pytest.approx((4.5, 4.5))
    assert found[1].box.centre == pytest.approx((2.5, 7.5))
    apart = [(2.0, 2.0, 4.0, 4.0), (-2.0, 2.0, 4.0, 4.0), (0.0, 0.0, 2.0, 2.0), (0.0, 0.0, 2.0, 2.0)]
    (one,) = FaceSearch(Scripted(apart, [0.9, 0.6, 0, 0]), SMALL, 0.5).find(np.zeros((10, 10, 3), np.uint8))
    assert one.box.centre[0] == pytest.approx((4.5 * 0.9 + 5.5 * 0.6) / 1.5)


def test_boxes_without_an_extent_are_none() -> None:
    rows = [(0.0, 0.0, -1.0, 2.0)] * 4
    image: Image = np.zeros((10, 10, 3), np.uint8)
    assert FaceSearch(Scripted(rows, [0.9] * 4), SMALL, 0.5).find(image) == []
