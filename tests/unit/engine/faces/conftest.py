"""Faces for tests: one real portrait in the public domain, and made-up landmarks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from skimage import data

from app.engine.faces.mediapipe_detector import MediaPipeDetector
from app.engine.ports import DetectedFace, Image, Points


@pytest.fixture(scope="session")
def astronaut() -> Image:
    """scikit-image's portrait of Eileen Collins (NASA, public domain), 512 x 512 RGB."""
    return np.ascontiguousarray(data.astronaut())


@pytest.fixture(scope="session")
def detector() -> Iterator[MediaPipeDetector]:
    """One detector for the whole session: loading takes a second."""
    made = MediaPipeDetector(max_faces=2)
    yield made
    made.close()


@pytest.fixture(scope="session")
def astronaut_face(detector: MediaPipeDetector, astronaut: Image) -> DetectedFace:
    """The portrait's one face."""
    detector.reset()
    return detector.detect(astronaut)[0]


@pytest.fixture
def face_points(astronaut_face: DetectedFace) -> Points:
    """The portrait's landmarks, 68 x 2; a copy to play with."""
    return astronaut_face.points.copy()
