"""The README's picture: frames of the demo as spoken above, as dubbed below.

python -m docs.make_picture demo docs/images/demo.png
"""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np

from app.engine.media.opencv import cv2
from app.engine.media.picture import write_png
from app.engine.media.reader import VideoReader
from app.engine.ports import Image

COLUMNS, SIDE = 6, 200
FACE = (0.2, 0.08, 0.8, 0.9)
"""Left, top, right and bottom of what is shown, as shares of the frame."""


def row(clip: Path) -> Image:
    """Frames spread over the clip, cut to the face."""
    with VideoReader(clip) as reader:
        times = [reader.info.duration * Fraction(2 * k + 1, 2 * COLUMNS) for k in range(COLUMNS)]
        return np.concatenate([_cut(reader.frame_at(time).rgb()) for time in times], axis=1)


def _cut(frame: Image) -> Image:
    height, width = frame.shape[:2]
    left, top, right, bottom = FACE
    face = frame[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    tall = round(SIDE * face.shape[0] / face.shape[1])
    return cv2.resize(face, (SIDE, tall), interpolation=cv2.INTER_AREA).astype(np.uint8)


if __name__ == "__main__":
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    write_png(target, np.concatenate([row(folder / "puppet.mp4"), row(folder / "dubbed.mp4")]))
