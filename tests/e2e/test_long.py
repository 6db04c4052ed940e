"""What only a long clip shows. Run with `pytest -m slow tests/e2e/test_long.py`: some minutes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.e2e.material import Dubbing, click_times, silent_clip, streams, write_clicks

MINUTES = 8
"""Beyond 6 min 49.6 s, where the sound of another dubbing tool starts over (its index has 16 bits at 80 a second)."""
STOP = MINUTES * 60


@pytest.mark.slow
def test_a_click_at_the_end_of_eight_minutes_lands_within_a_frame(
    dub: Dubbing, pictures: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    clip = silent_clip(
        tmp_path / "long.mp4",
        [pictures[index % len(pictures)] for index in range(STOP * 25)],
        pts=[index * 512 for index in range(STOP * 25)],
    )
    clicks = [0.5, STOP / 2 + 0.25, STOP - 4.3, STOP - 0.5]
    voice = write_clicks(tmp_path / "clicks.wav", clicks, STOP)
    done = dub(clip, voice, "--range", "0-1", "--range", "230-250", "--range", f"{STOP - 5}-{STOP}")
    assert done.report["frames"] == STOP * 25
    assert int(streams(done.file)["video"]["nb_frames"]) == STOP * 25
    assert click_times(done.file) == pytest.approx(clicks, abs=1 / 25)
