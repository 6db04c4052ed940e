"""Faces for tests: one real portrait in the public domain, and made-up landmarks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from app.engine.faces.mesh_detector import DepthDetector, MeshDetector
from app.engine.ports import DetectedFace, Image, Points
from app.wiring import make_eyes


@pytest.fixture(scope="session")
def astronaut() -> Image:
    """scikit-image's portrait of Eileen Collins (NASA, public domain), 512 x 512 RGB."""
    return np.ascontiguousarray(data.astronaut())


@pytest.fixture(scope="session")
def detector() -> Iterator[MeshDetector]:
    """One detector for the whole session."""
    made = MeshDetector(make_eyes(), max_faces=2)
    yield made
    made.close()


@pytest.fixture(scope="session")
def astronaut_face(detector: MeshDetector, astronaut: Image) -> DetectedFace:
    """The portrait's one face."""
    detector.reset()
    return detector.detect(astronaut)[0]


@pytest.fixture
def face_points(astronaut_face: DetectedFace) -> Points:
    """The portrait's landmarks, 68 x 2; a copy to play with."""
    return astronaut_face.points.copy()


@pytest.fixture(scope="session")
def depth_detector() -> DepthDetector:
    """The detector of single pictures, for the whole session."""
    return DepthDetector(make_eyes())


@pytest.fixture(scope="session")
def deep_points(depth_detector: DepthDetector, astronaut: Image) -> NDArray[np.float32]:
    """The portrait's landmarks with their depth, 68 x 3."""
    found = depth_detector.detect(astronaut)
    assert found is not None
    return found
