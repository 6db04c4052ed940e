"""The second landmark detector: 2D-FAN (Bulat and Tzimiropoulos, ICCV 2017) by the face-alignment package.

Its weights are not part of this program: they come to the user's machine on first use, from their author's
site, and are kept by torch hub.
"""

from __future__ import annotations

import importlib.metadata
import urllib.error
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError

_Found = tuple[list[NDArray[np.float32]], list[NDArray[np.float32]], object]
"""Landmarks and landmark scores of each face, and a place the package leaves empty."""


class FanFace(NamedTuple):
    """One face in one frame; has the attributes of the engine's DetectedFace."""

    points: NDArray[np.float32]
    """68 x 2, iBUG 300-W scheme, pixels of the frame, pixel centres at whole numbers."""
    score: float
    """Mean landmark confidence in [0, 1]."""


class FanDetector:
    """Finds the 68 landmarks frame by frame; keeps nothing from one frame to the next.

    `device` is "cpu" or "cuda". Raises ModelError (one sentence) where the package is not installed or its
    weights cannot be fetched.
    """

    name = "face-alignment"

    def __init__(self, device: str = "cpu") -> None:
        self._network: Any = _load(device)
        self.version = importlib.metadata.version("face-alignment")

    def detect(self, image: NDArray[np.uint8]) -> list[FanFace]:
        """The faces of an RGB frame (H x W x 3, 8 bits), largest first."""
        boxes = [box for box in self._network.face_detector.detect_from_image(image) if _is_box(box)]
        if not boxes:
            return []
        found: _Found = self._network.get_landmarks_from_image(image, detected_faces=boxes, return_landmark_score=True)
        faces = [
            FanFace(p[:, :2].astype(np.float32), float(np.clip(s.mean(), 0, 1)))
            for p, s in zip(found[0], found[1], strict=True)
        ]
        return sorted(faces, key=lambda face: -float(np.ptp(face.points, axis=0).prod()))

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Lets the networks go."""
        self._network = None


def _is_box(box: NDArray[np.float32]) -> bool:
    return bool(box[2] - box[0] >= 4 and box[3] - box[1] >= 4)


def _load(device: str) -> Any:
    try:
        import face_alignment  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        raise ModelError(
            "The detector face-alignment is not installed; install it with `pip install face-alignment`, or use "
            "`--detector facemesh`."
        ) from error
    try:
        # compiling takes minutes for a gain of seconds
        return face_alignment.FaceAlignment(
            face_alignment.LandmarksType.TWO_D, device=device, flip_input=False, compile=False
        )
    except (urllib.error.URLError, OSError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"The weights of the detector face-alignment could not be fetched or read ({_brief(error)}); connect "
            "to the internet once, or use `--detector facemesh`."
        ) from error


def _brief(error: Exception) -> str:
    """The first line of an error, without its full stop."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")
