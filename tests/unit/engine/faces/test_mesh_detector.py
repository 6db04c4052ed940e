"""The default detector on a real portrait."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from app.engine.faces.aligner import transform
from app.engine.faces.finds import Found, Mesher
from app.engine.faces.mesh68 import MESH_INDEX_OF_68
from app.engine.faces.mesh_detector import DepthDetector, MeshDetector
from app.engine.faces.points import mouth_opening
from app.engine.media.opencv import cv2
from app.engine.ports import DetectedFace, Image, Points


def test_table_names_68_different_vertices() -> None:
    """One mesh vertex for each landmark."""
    assert len(set(MESH_INDEX_OF_68)) == 68
    assert max(MESH_INDEX_OF_68) < 468


def test_landmarks_are_in_ibug_order(face_points: Points) -> None:
    """Left and right, up and down, inner and outer, as the 300-W scheme has them."""
    x, y = face_points[:, 0], face_points[:, 1]
    for part in (range(3, 14), range(17, 27), range(31, 36), (36, 37, 38, 39), (42, 43, 44, 45), range(48, 55)):
        assert np.all(np.diff(x[list(part)]) > 0), part
    for part in ((60, 61, 62, 63, 64), (67, 66, 65), (59, 58, 57, 56, 55), (41, 40), (47, 46)):
        assert np.all(np.diff(x[list(part)]) > 0), part
    assert np.all(np.diff(y[27:31]) > 0)
    assert np.argmax(y) == 8
    assert np.all(np.diff(y[:9]) > 0) and np.all(np.diff(y[8:17]) < 0)
    assert x[:4].max() < x[36] and x[45] < x[13:17].min()
    for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46), (50, 58), (51, 57), (61, 67), (62, 66), (63, 65)):
        assert y[upper] < y[lower]
    for outer, inner in ((51, 62), (66, 57), (50, 61), (67, 58)):
        assert y[outer] < y[inner]
    assert y[19] < y[37] < y[33] < y[51]


def test_landmarks_lie_where_they_should(face_points: Points) -> None:
    """Against places read off the portrait by eye."""
    for landmark, place in ((36, (196, 101)), (45, (256, 104)), (30, (223, 126)), (8, (221, 177)), (48, (203, 140))):
        assert np.hypot(*(face_points[landmark] - place)) < 5, landmark
    assert 0.1 < mouth_opening(face_points) < 0.3


def test_score_and_size(astronaut_face: DetectedFace) -> None:
    """Shapes and types of the port."""
    assert astronaut_face.points.shape == (68, 2)
    assert astronaut_face.points.dtype == np.float32
    assert 0.5 <= astronaut_face.score <= 1


def test_large_frames_give_the_same_place(detector: MeshDetector, astronaut: Image, face_points: Points) -> None:
    """Points come back in pixels of the frame that was given, however large."""
    large = cv2.resize(astronaut, None, fx=3, fy=3, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    detector.reset()
    found = detector.detect(large)[0].points
    expected = (face_points + 0.5) * 3 - 0.5
    assert np.hypot(*(found - expected).T).mean() < 4


def test_mirrored_picture_mirrors_the_landmarks(detector: MeshDetector, astronaut: Image, face_points: Points) -> None:
    """Image-left and image-right are those of the picture, not of the person."""
    detector.reset()
    mirrored = detector.detect(np.ascontiguousarray(astronaut[:, ::-1]))[0].points
    assert mirrored[0, 0] < mirrored[16, 0]
    assert abs(mirrored[8, 0] - (511 - face_points[8, 0])) < 4


def test_small_face_in_a_wide_shot(detector: MeshDetector, astronaut: Image, face_points: Points) -> None:
    """A face too small for the short-range detector is found, at its place."""
    small = cv2.resize(astronaut[:260, 90:350], (96, 96), interpolation=cv2.INTER_AREA)
    frame = np.full((720, 1280, 3), 90, np.uint8)
    frame[300:396, 400:496] = small
    detector.reset()
    faces = detector.detect(frame)
    assert len(faces) == 1
    expected = (face_points - (90, 0)) * (96 / 260) + (400, 300)
    assert np.hypot(*(faces[0].points - expected).T).mean() < 4


def test_small_face_is_followed(detector: MeshDetector, astronaut: Image) -> None:
    """As it drifts through a wide shot, it is never lost."""
    small = cv2.resize(astronaut[:260, 90:350], (96, 96), interpolation=cv2.INTER_AREA)
    detector.reset()
    for step in range(12):
        frame = np.full((720, 1280, 3), 90, np.uint8)
        frame[300 + step : 396 + step, 400 + 3 * step : 496 + 3 * step] = small
        assert len(detector.detect(frame)) == 1, step


def test_no_face_gives_an_empty_list(detector: MeshDetector) -> None:
    """Noise, a plain frame and a tiny one."""
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    detector.reset()
    assert detector.detect(noise) == []
    assert detector.detect(np.zeros((240, 320, 3), np.uint8)) == []
    assert detector.detect(np.zeros((2, 2, 3), np.uint8)) == []


def test_two_faces_largest_first(detector: MeshDetector, astronaut: Image) -> None:
    """Side by side, of different size."""
    face = astronaut[20:220, 120:320]
    frame = np.full((320, 640, 3), 128, np.uint8)
    frame[20:220, 20:220] = face
    frame[20:300, 340:620] = cv2.resize(face, (280, 280), interpolation=cv2.INTER_CUBIC)
    detector.reset()
    faces = detector.detect(frame)
    assert len(faces) == 2
    assert faces[0].points[:, 0].min() > 320
    assert faces[1].points[:, 0].max() < 320


def test_reset_forgets(detector: MeshDetector, astronaut: Image) -> None:
    """The same frame after a reset gives the same landmarks, to the bit."""
    detector.reset()
    first = detector.detect(astronaut)[0].points
    detector.detect(np.ascontiguousarray(astronaut[:, ::-1]))
    detector.reset()
    assert np.array_equal(detector.detect(astronaut)[0].points, first)


def test_start_changes_no_qt_variable_and_is_silent() -> None:
    """In a process of its own: a PySide6 window opened later must find its own plug-ins."""
    code = (
        "from app.wiring import make_detector; d = make_detector('facemesh', 1);"
        "from skimage import data; assert d.detect(data.astronaut()); d.close();"
        "import os; print([k for k in os.environ if k.startswith('QT_QPA_')], os.environ.get('QT_QPA_FONTDIR'))"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("QT_QPA_")}
    for fonts in (None, "/fonts"):
        extra = {} if fonts is None else {"QT_QPA_FONTDIR": fonts}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment | extra, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == f"{list(extra)} {fonts}"
        assert done.stderr == ""


def test_depth_is_that_of_a_head(deep_points: NDArray[np.float32], face_points: Points) -> None:
    """The places are the other detector's; the nose is nearest, the ears are farthest."""
    assert deep_points.shape == (68, 3) and deep_points.dtype == np.float32
    assert np.hypot(*(deep_points[:, :2] - face_points).T).mean() < 2
    nose, eyes, ears = (deep_points[list(part), 2].mean() for part in ((30,), (36, 39, 42, 45), (0, 16)))
    between_eyes = float(np.linalg.norm(deep_points[36:42, :2].mean(axis=0) - deep_points[42:48, :2].mean(axis=0)))
    assert nose < eyes < ears
    assert 0.3 < (eyes - nose) / between_eyes < 1.2
    assert 1 < (ears - nose) / between_eyes < 3


def test_depth_grows_with_the_picture(
    depth_detector: DepthDetector, astronaut: Image, deep_points: NDArray[np.float32]
) -> None:
    """And one picture says nothing of the next."""
    large = cv2.resize(astronaut, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    found = depth_detector.detect(large)
    assert found is not None
    assert np.ptp(found[:, 2]) == pytest.approx(2 * np.ptp(deep_points[:, 2]), rel=0.1)
    again = depth_detector.detect(astronaut)
    assert again is not None and np.array_equal(again, deep_points)


class _Blind:
    """A mesher that finds no face in pictures of one size."""

    def __init__(self, mesher: Mesher, shape: tuple[int, ...]) -> None:
        self._mesher, self._shape = mesher, shape

    def process(self, image: Image) -> Found:
        return self._mesher.process(np.zeros_like(image) if image.shape == self._shape else image)


def test_a_face_that_is_found_only_with_a_border_is_in_its_place(
    depth_detector: DepthDetector,
    astronaut: Image,
    deep_points: NDArray[np.float32],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that fills its picture, and here one that is made to be overlooked without."""
    left, top, right, bottom = 168, 66, 280, 190
    close_up = cv2.resize(astronaut[top:bottom, left:right], None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    plain = depth_detector.detect(close_up.astype(np.uint8))
    monkeypatch.setattr(depth_detector, "_mesh", _Blind(depth_detector._mesh, close_up.shape))
    bordered = depth_detector.detect(close_up.astype(np.uint8))
    assert plain is not None and bordered is not None and not np.array_equal(plain, bordered)
    expected = (deep_points[:, :2] - (left, top) + 0.5) * 4 - 0.5
    for found in (plain, bordered):
        assert np.hypot(*(found[:, :2] - expected).T).mean() < 3 * 4  # three of the portrait's own pixels
        assert np.ptp(found[:, 2]) == pytest.approx(4 * np.ptp(deep_points[:, 2]), rel=0.25)


def test_a_picture_without_a_face_has_no_depth(depth_detector: DepthDetector) -> None:
    assert depth_detector.detect(np.full((120, 90, 3), 128, np.uint8)) is None


def test_transform_agrees_with_apply() -> None:
    """The array form of a similarity and the scalar one are one transform."""
    from app.core.geometry import Similarity

    similarity = Similarity(0.7, -0.3, 5.0, 9.0)
    moved = transform(similarity, np.array([[3.0, 4.0]], np.float32))[0]
    assert moved == pytest.approx(similarity.apply((3.0, 4.0)), abs=1e-5)
