"""Frame count and time stamps out equal those in, whatever the rate, upright or turned."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.e2e.material import Dubbing, frame_times, silent_clip, streams

COUNT = 12
UNEVEN = [0, 3000, 6000, 9003, 15000, 16500, 21007, 30000, 33000, 33600, 40000, 45001]
RATES = {
    "23.976": (Fraction(24000, 1001), Fraction(1, 24000), [1001 * i for i in range(COUNT)]),
    "25": (Fraction(25), Fraction(1, 12800), [512 * i for i in range(COUNT)]),
    "29.97": (Fraction(30000, 1001), Fraction(1, 30000), [1001 * i for i in range(COUNT)]),
    "30": (Fraction(30), Fraction(1, 15360), [512 * i for i in range(COUNT)]),
    "50": (Fraction(50), Fraction(1, 12800), [256 * i for i in range(COUNT)]),
    "59.94": (Fraction(60000, 1001), Fraction(1, 60000), [1001 * i for i in range(COUNT)]),
    "variable": (Fraction(25), Fraction(1, 90000), UNEVEN),
}


ALL = [(name, False) for name in RATES] + [("29.97", True), ("variable", True)]


@pytest.mark.parametrize(("name", "turned"), ALL, ids=[f"{n}-{'turned' if t else 'upright'}" for n, t in ALL])
def test_every_frame_keeps_its_time(
    dub: Dubbing, pictures: list[NDArray[np.uint8]], voice: Path, tmp_path: Path, name: str, turned: bool
) -> None:
    fps, time_base, pts = RATES[name]
    shown = [np.rot90(picture, -1) for picture in pictures[:COUNT]] if turned else pictures[:COUNT]
    more = {"rotation": 90} if turned else {}
    clip = silent_clip(tmp_path / "clip.mp4", shown, fps=fps, time_base=time_base, pts=pts, **more)
    made = dub(clip, voice)
    wanted = [stamp * time_base for stamp in pts]
    assert frame_times(clip) == wanted
    assert frame_times(made.file) == wanted
    assert (made.report["frames"], made.report["dubbed_frames"]) == (COUNT, COUNT)
    assert not any("rotation" in extra for extra in streams(made.file)["video"].get("side_data_list", []))
