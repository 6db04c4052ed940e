"""Scene cuts, frame by frame as the clip is decoded once."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.engine.media.opencv import cv2
from app.engine.ports import Image

_LONGEST_SIDE = 256
_THRESHOLD = 27.0
"""PySceneDetect's own default: mean change of hue, saturation and value between two frames."""
_NOMINAL_RATE = 25.0
"""PySceneDetect counts frames at some rate; ours never shows, since every frame is asked about singly."""


class CutFinder:
    """PySceneDetect's content detector, fed one frame after the other.

    It answers at once, so that a face tracker can start afresh with the very frame that follows the cut. A
    flash of light may count as two cuts: that costs a moment of smoothing, a missed cut would smear two
    faces into one.
    """

    def __init__(self) -> None:
        # here, since PySceneDetect imports all of MoviePy: most of a second that a cached analysis need not wait
        import scenedetect  # pyright: ignore[reportMissingTypeStubs]

        self._timecode: Any = scenedetect.FrameTimecode
        self._detector: Any = scenedetect.ContentDetector(threshold=_THRESHOLD, min_scene_len=0)
        self._count = 0

    def is_cut(self, image: Image) -> bool:
        """Whether the RGB frame `image` begins a new shot; False for the first frame of all."""
        timecode = self._timecode(self._count, fps=_NOMINAL_RATE)
        self._count += 1
        return bool(self._detector.process_frame(timecode, _small_bgr(image)))


def _small_bgr(image: Image) -> Image:
    height, width = image.shape[:2]
    factor = min(_LONGEST_SIDE / max(height, width), 1)
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False)
