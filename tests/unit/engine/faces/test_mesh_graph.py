"""Squares around faces, and when the detector looks: networks by script."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.geometry import Box
from app.engine.faces.mesh68 import MESH_INDEX_OF_68
from app.engine.faces.mesh_graph import MeshGraph, Square

PICTURE = np.zeros((128, 128, 3), np.uint8)
EYES, NOSE, MOUTH = ((44, 50), (84, 50)), (64, 70), (64, 96)
"""Places in the picture of the one face that there is."""


class OneFace:
    """Networks that see one face where it stands; `presence` and `score` as they are set."""

    version = "script"

    def __init__(self) -> None:
        self.looks, self.presence, self.score = 0, 0.9, 0.95

    def short_range(self, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.looks += 1
        numbers, scores = np.zeros((1, 896, 16), np.float32), np.zeros((1, 896), np.float32)
        at = np.array([4.0, 4.0])  # of the first anchor
        keys = np.array([*EYES, NOSE, MOUTH, MOUTH, MOUTH]) - at
        numbers[0, 0], scores[0, 0] = [*(np.array([64, 72]) - at), 72, 72, *keys.ravel()], self.score
        return numbers, scores

    full_range = short_range

    def mesh(self, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The face, in whatever square around it: 108 pixels wide around (64, 72), nothing turned."""
        vertices = np.full((len(pictures), 478, 3), 96.0, np.float32)
        places = {36: EYES[0], 39: EYES[0], 42: EYES[1], 45: EYES[1], 30: NOSE, 48: MOUTH, 54: MOUTH}
        corners = {8: (64, 108), 0: (28, 36), 16: (100, 36)}  # a box as large as the detector's
        for landmark, place in (places | corners).items():
            vertices[:, MESH_INDEX_OF_68[landmark], :2] = (np.array(place) - (64 - 54, 72 - 54)) * 192 / 108
        return vertices, np.full(len(pictures), self.presence, np.float32)


def test_a_square_has_room_and_level_eyes() -> None:
    square = Square.around(Box(10, 20, 50, 40), np.array([0.0, 0.0]), np.array([1.0, 1.0]))
    assert (square.x, square.y, square.side) == (30, 30, 60)
    assert square.angle == pytest.approx(math.pi / 4)


def test_the_matrix_takes_the_square_to_the_picture() -> None:
    """Its middle to the middle, its upper edge along the turn."""
    square = Square(30, 40, 100, math.pi / 2)
    matrix = square.matrix(200)
    for place, expected in (((100, 100), (30, 40)), ((0, 0), (80, -10)), ((200, 0), (80, 90))):
        assert matrix @ (*place, 1) == pytest.approx(expected)


def test_the_detector_rests_while_a_face_is_followed_without_a_doubt() -> None:
    networks = OneFace()
    graph = MeshGraph(networks, 4, tracking=True)
    looked = []
    for _ in range(9):
        before = networks.looks
        assert len(graph.process(PICTURE).meshes) == 1
        looked.append(networks.looks > before)
    assert looked == [True, False, False, False] * 2 + [True]


def test_it_looks_at_once_where_the_face_is_lost() -> None:
    networks = OneFace()
    graph = MeshGraph(networks, 4, tracking=True)
    graph.process(PICTURE)
    networks.presence = 0.1
    assert graph.process(PICTURE).meshes == []
    assert networks.looks == 2
    networks.presence = 0.9
    assert len(graph.process(PICTURE).meshes) == 1
    assert networks.looks == 3


def test_it_looks_every_time_where_it_is_not_sure() -> None:
    networks = OneFace()
    networks.score = 0.6
    graph = MeshGraph(networks, 4, tracking=True)
    for _ in range(3):
        graph.process(PICTURE)
    assert networks.looks == 3


def test_it_never_looks_while_there_are_enough() -> None:
    networks = OneFace()
    networks.score = 0.6
    graph = MeshGraph(networks, 1, tracking=True)
    for _ in range(3):
        assert len(graph.process(PICTURE).meshes) == 1
    assert networks.looks == 1
    graph.reset()
    graph.process(PICTURE)
    assert networks.looks == 2


def test_without_tracking_every_picture_is_the_first() -> None:
    networks = OneFace()
    graph = MeshGraph(networks, 1, tracking=False)
    first, second = graph.process(PICTURE), graph.process(PICTURE)
    assert networks.looks == 2
    assert np.array_equal(first.meshes[0], second.meshes[0])


def test_a_face_that_is_followed_is_not_meshed_twice() -> None:
    """The square of the detection lies on that of the mesh: the latter is taken."""
    networks = OneFace()
    networks.score = 0.6
    graph = MeshGraph(networks, 4, tracking=True)
    graph.process(PICTURE)
    found = graph.process(PICTURE)
    assert len(found.meshes) == len(found.detections) == 1
