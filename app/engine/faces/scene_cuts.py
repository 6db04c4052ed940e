"""Scene cuts, frame by frame as the clip is decoded once."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.faces.relief import exposed, likeness, relief
from app.engine.media.opencv import cv2
from app.engine.ports import Image

_LONGEST_SIDE = 256
_THRESHOLD = 27.0
"""PySceneDetect's own default: mean change of hue, saturation and value between two frames."""
_NOMINAL_RATE = 25.0
"""PySceneDetect counts frames at some rate; ours never shows, since every frame is asked about singly."""
_OUTLINE_SIDE = 64
_SURROUNDINGS = 3.0
"""Pixels of the small picture against which a place is light or dark."""
_SAME_SCENE = 0.6
"""Correlation of the outlines from which two frames show one scene, whatever the light. Measured on real clips: 0.69 to
1.0 for a frame and the next one under another light (up to three times or down to a quarter as bright, coloured, from
one side), at most 0.2 for two shots, at most 0.5 for two persons before one camera."""
_FAINTEST = 1.5
"""Levels: local standard deviation above which a place counts as textured."""
_BLANK = 0.01
"""Share of textured places below which a picture shows nothing."""


class CutFinder:
    """PySceneDetect's content detector, fed one frame after the other, and deaf to changes of the light.

    It answers at once, so that a face tracker can start afresh with the very frame that follows the cut. A frame whose
    outlines are those of the frame before it goes on with the scene, however much its levels change (camera flashes,
    strobes, lamps). A blank frame (whiteout, fade) begins nothing: the next one with a picture is held against
    the last one before.
    """

    def __init__(self) -> None:
        # here, since PySceneDetect imports all of MoviePy: most of a second that a cached analysis need not wait
        import scenedetect  # pyright: ignore[reportMissingTypeStubs]

        self._timecode: Any = scenedetect.FrameTimecode
        self._detector: Any = scenedetect.ContentDetector(threshold=_THRESHOLD, min_scene_len=0)
        self._count = 0
        self._last: Image | None = None
        self._blanked = False

    def is_cut(self, image: Image) -> bool:
        """Whether the RGB frame `image` begins a new shot; False for the first frame of all."""
        timecode = self._timecode(self._count, fps=_NOMINAL_RATE)
        self._count += 1
        small = _small_bgr(image)
        changed = bool(self._detector.process_frame(timecode, small)) or self._blanked
        last = self._last
        if last is None or not changed:
            self._last = small
            return False
        now = _Outlines.of(small)
        self._blanked = now.blank
        if now.blank:
            return False
        self._last = small
        return now.likeness(_Outlines.of(last)) < _SAME_SCENE


class _Outlines(msgspec.Struct, frozen=True):
    """The relief of a small picture."""

    values: NDArray[np.float32]
    textured: NDArray[np.bool_]

    @staticmethod
    def of(bgr: Image) -> _Outlines:
        grey = cv2.cvtColor(_shrunk(bgr, _OUTLINE_SIDE), cv2.COLOR_BGR2GRAY)
        values, deviation = relief(grey, _SURROUNDINGS)
        return _Outlines(values, (deviation > _FAINTEST) & exposed(grey))

    @property
    def blank(self) -> bool:
        """Whether there is nothing to see."""
        return float(self.textured.mean()) < _BLANK

    def likeness(self, other: _Outlines) -> float:
        """Correlation over the places that are textured in both: -1 to 1, and 0 where there are too few."""
        both = self.textured & other.textured
        if both.mean() < _BLANK:
            return 0.0
        return likeness(self.values[both], other.values[both])


def _small_bgr(image: Image) -> Image:
    return cv2.cvtColor(_shrunk(image, _LONGEST_SIDE), cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False)


def _shrunk(image: Image, longest: int) -> Image:
    """`image` with its longest side at most `longest`."""
    while max(image.shape[:2]) >= 2 * longest:  # means of means, at a third of the time
        image = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    height, width = image.shape[:2]
    factor = min(longest / max(height, width), 1)
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
