"""One frame as a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.errors import MediaError
from app.engine.media.opencv import cv2
from app.engine.media.reader import VideoReader
from app.engine.preview.patch import Patch
from app.engine.preview.still import write_still
from tests.unit.engine.rendering import textured_clip


def test_a_still_is_the_very_frame_with_the_patch_on_it(tmp_path: Path) -> None:
    clip = textured_clip(tmp_path / "clip.mp4", count=8)
    with VideoReader(Path(clip.path)) as reader:
        frame = reader.frame_at(clip.time_of(5)).rgb()
    write_still(clip, 5, None, tmp_path / "still.png")
    assert np.array_equal(cv2.imread(str(tmp_path / "still.png"))[..., ::-1], frame)
    red = np.full((20, 30, 3), (200, 10, 20), np.uint8)
    write_still(clip, 5, Patch(40, 30, red), tmp_path / "still.png")
    shown = cv2.imread(str(tmp_path / "still.png"))[..., ::-1]
    assert np.array_equal(shown[30:50, 40:70], red) and np.array_equal(shown[:30], frame[:30])


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    clip = textured_clip(tmp_path / "clip.mp4", count=2)
    with pytest.raises(MediaError, match="cannot be written"):
        write_still(clip, 0, None, tmp_path / "gone" / "still.png")
