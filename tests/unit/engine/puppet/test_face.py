"""How the skin moves: the opening is the one asked for, the layers agree, nothing folds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.puppet.articulation import Pose
from app.engine.puppet.face import (
    CONTROLS,
    LOWER,
    MAX_GAP,
    UPPER,
    LipLine,
    MeshPoints,
    controls,
    eye_distance,
    fields,
    load_mesh,
    opening,
)

UNIT = st.floats(0, 1)
POSES = st.builds(
    Pose, gap=UNIT, jaw=UNIT, width=st.floats(-1, 1), round=UNIT, lift=UNIT, tongue=UNIT, tuck=st.just(0.0)
)
LINE = LipLine()
GRID = np.meshgrid(np.arange(166, 282, 2, dtype=np.float32), np.arange(74, 208, 2, dtype=np.float32))
LAYERS = [fields(GRID[0], GRID[1], layer) for layer in (UPPER, LOWER)]


def test_the_mesh_has_mediapipes_478_points_on_the_portrait() -> None:
    points = np.array(load_mesh().points)
    assert points.shape == (478, 3)
    assert 60 < eye_distance() < 75


@settings(max_examples=60, deadline=None)
@given(POSES)
def test_the_opening_in_the_middle_is_the_one_asked_for(pose: Pose) -> None:
    x, top, bottom = LINE.at(controls(pose))
    middle = (x[0] + x[-1]) / 2
    gap = np.interp(middle, x, bottom - top)
    assert gap == pytest.approx(pose.gap * MAX_GAP, abs=0.15)
    assert gap == pytest.approx(opening(pose) * eye_distance(), abs=0.15)
    assert (np.diff(x) > 0).all()
    assert (bottom >= top).all()


def test_closed_lips_touch_from_corner_to_corner() -> None:
    _, top, bottom = LINE.at(controls(Pose(jaw=0.2, width=-0.3)))
    assert (bottom - top).max() < 0.2


@settings(max_examples=25, deadline=None)
@given(POSES)
def test_no_part_of_the_skin_folds_over(pose: Pose) -> None:
    strengths = controls(pose, brow=0.5)
    for layer, seen in ((UPPER, GRID[1] < 150), (LOWER, GRID[1] > 136)):
        dx, dy = np.tensordot(strengths, LAYERS[layer], 1)
        x_down, x_across = np.gradient(dx, 2)
        y_down, y_across = np.gradient(dy, 2)
        area = (1 + x_across) * (1 + y_down) - x_down * y_across
        assert area[seen].min() > 0.1


def test_the_two_layers_are_one_beside_the_mouth() -> None:
    outside = (GRID[0] < 202) | (GRID[0] > 245)
    difference = np.abs(LAYERS[UPPER] - LAYERS[LOWER])[..., outside]
    assert difference.max() < 1e-6


def test_only_the_brows_move_above_the_nose_and_nothing_far_below_the_chin() -> None:
    mouth = [index for index, name in enumerate(CONTROLS) if name != "brow"]
    assert np.abs(LAYERS[UPPER][mouth][..., GRID[1] < 105]).max() < 0.02
    assert np.abs(LAYERS[LOWER][mouth][..., GRID[1] >= 206]).max() < 0.02


def test_mesh_points_of_the_inner_lips_follow_the_opening() -> None:
    mesh = MeshPoints()
    for gap in (0.0, 0.4, 1.0):
        points = mesh.at(controls(Pose(gap=gap, jaw=gap)))
        assert points[14, 1] - points[13, 1] == pytest.approx(gap * MAX_GAP, abs=0.3)
