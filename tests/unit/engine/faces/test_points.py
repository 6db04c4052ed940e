"""Measures on landmarks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.core.geometry import Similarity
from app.engine.faces.aligner import transform
from app.engine.faces.points import NOSE_BRIDGE, head_pose
from app.engine.ports import Points

_SAME_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@given(st.floats(0.2, 5), st.floats(-math.pi, math.pi), st.floats(-500, 500), st.floats(-500, 500))
@_SAME_FIXTURE
def test_a_pose_is_the_heads_whatever_the_camera_does(
    face_points: Points, scale: float, angle: float, x: float, y: float
) -> None:
    """Nearer, farther, aside or tilted: only where the nose stands on the face counts."""
    moved = transform(Similarity(scale * math.cos(angle), scale * math.sin(angle), x, y), face_points)
    assert head_pose(moved) == pytest.approx(head_pose(face_points), abs=1e-3)


def test_a_mirrored_head_is_turned_the_other_way(face_points: Points) -> None:
    mirrored = face_points * (-1, 1)
    mirrored[36:48] = mirrored[[45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]]
    assert head_pose(mirrored) == pytest.approx(head_pose(face_points) * (-1, 1), abs=1e-6)


def test_poses_of_many_frames_at_once(face_points: Points) -> None:
    frames = np.stack([face_points, face_points * 2 + 5, face_points - 7]).reshape(3, 1, 68, 2)
    assert head_pose(frames).shape == (3, 1, 2)
    np.testing.assert_allclose(head_pose(frames), np.broadcast_to(head_pose(face_points), (3, 1, 2)), atol=1e-6)


def _turned(points: NDArray[np.float32], yaw: float, pitch: float) -> NDArray[np.float64]:
    """The landmarks (68 x 3) of a head turned by degrees and seen from afar: 68 x 2."""
    yaw, pitch = math.radians(yaw), math.radians(pitch)
    x, y, z = (points - points[list(NOSE_BRIDGE)].mean(axis=0)).T
    across, behind = x * math.cos(yaw) - z * math.sin(yaw), x * math.sin(yaw) + z * math.cos(yaw)
    return np.stack([across, y * math.cos(pitch) - behind * math.sin(pitch)], axis=1)


@pytest.mark.parametrize("way", [0, 1], ids=["yaw", "pitch"])
def test_a_pose_follows_the_head(deep_points: NDArray[np.float32], way: int) -> None:
    """About 0.1 for ten degrees, in the direction of the turn and hardly in the other."""
    angles = range(-20, 25, 5)
    poses = head_pose(np.stack([_turned(deep_points, *((angle, 0) if way == 0 else (0, angle))) for angle in angles]))
    steps = np.diff(poses[:, way])
    assert (steps > 0).all() or (steps < 0).all()
    assert abs(poses[-1, way] - poses[0, way]) == pytest.approx(4 * 0.1, rel=0.25)
    assert np.ptp(poses[:, 1 - way]) < 0.35 * np.ptp(poses[:, way])
