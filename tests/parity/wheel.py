"""MediaPipe's own graphs behind the interfaces that our networks are used by; asks for the extra `parity`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import mediapipe
import numpy as np
from numpy.typing import NDArray

from app.core.geometry import Box
from app.engine.faces.finds import Detection, Found
from app.engine.ports import Image

_LEAST_SCORE = 0.5


class WheelGraph:
    """Meshes by the graph of `mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True)`.

    That class hides every output but the landmarks.
    """

    def __init__(self, max_faces: int, *, tracking: bool) -> None:
        from mediapipe.python.solution_base import SolutionBase

        prefix = "facedetectionshortrangecpu__facedetectionshortrange__facedetection__"
        with quiet():
            self._graph: Any = SolutionBase(
                binary_graph_path="mediapipe/modules/face_landmark/face_landmark_front_cpu.binarypb",
                side_inputs={"num_faces": max_faces, "with_attention": True, "use_prev_landmarks": tracking},
                calculator_params={
                    f"{prefix}TensorsToDetectionsCalculator.min_score_thresh": _LEAST_SCORE,
                    "facelandmarkcpu__ThresholdingCalculator.threshold": _LEAST_SCORE,
                },
                outputs=["multi_face_landmarks", "face_detections"],
            )
            self._warm_up()

    def process(self, image: Image) -> Found:
        result = self._graph.process({"image": np.ascontiguousarray(image)})
        return Found(
            [_mesh(mesh, image) for mesh in result.multi_face_landmarks or ()],
            [_detection(found, image) for found in result.face_detections or ()],
        )

    def reset(self) -> None:
        with quiet():
            self._graph.reset()
            self._warm_up()

    def close(self) -> None:
        self._graph.close()

    def _warm_up(self) -> None:
        """The graph loads its models, and logs, in threads of its own till it has seen a picture."""
        self._graph.process({"image": np.zeros((64, 64, 3), np.uint8)})


class WheelEyes:
    """Looks with the wheel's graphs."""

    name, version = "mediapipe", mediapipe.__version__

    def follower(self, max_faces: int) -> WheelGraph:
        return WheelGraph(max_faces, tracking=True)

    def single(self) -> WheelGraph:
        return WheelGraph(1, tracking=False)

    def far(self) -> Callable[[Image], list[Detection]]:
        with quiet():
            graph = mediapipe.solutions.face_detection.FaceDetection(
                model_selection=1, min_detection_confidence=_LEAST_SCORE
            )
            graph.process(np.zeros((64, 64, 3), np.uint8))
        return lambda image: [_detection(found, image) for found in graph.process(image).detections or ()]


@contextmanager
def quiet() -> Generator[None]:
    """Without what native code writes to standard error meanwhile: MediaPipe logs there whatever it is told."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _mesh(mesh: Any, image: Image) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    return np.array([(p.x * width, p.y * height, p.z * width) for p in mesh.landmark], np.float32)


def _detection(found: Any, image: Image) -> Detection:
    height, width = image.shape[:2]
    box = found.location_data.relative_bounding_box
    left, top = box.xmin * width, box.ymin * height
    keys = [(key.x * width, key.y * height) for key in found.location_data.relative_keypoints[:4]]
    return Detection(
        Box(left, top, left + box.width * width, top + box.height * height), float(found.score[0]), np.array(keys)
    )
