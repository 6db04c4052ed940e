"""Media files in words."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from app.engine.media.clip import open_clip, open_voice
from app.engine.media.describe import Description, as_text, describe_clip, describe_voice
from tests.unit.engine.media.synth import ClipRecipe, make_clip, make_wav


def _values(found: Description) -> dict[str, str]:
    return {f"{section.title} {label}": value for section in found.sections for label, value in section.rows}


def test_a_clip(clip: Path) -> None:
    found = describe_clip(open_clip(clip))
    values = _values(found)
    assert values["File Name"] == "clip.mp4" and values["File Folder"] == str(clip.parent)
    assert values["Picture Size"] == "64 x 48" and values["Picture Frames"] == "20"
    assert values["Picture Frame rate"] == "25 fps, constant" and values["Picture Pixels"] == "yuv420p, 8 bit"
    assert values["Sound Rate"] == "48000 Hz" and values["Sound Channels"] == "1 (mono)"
    assert not found.warnings


def test_an_unusual_clip(tmp_path: Path) -> None:
    pts = np.cumsum(np.random.default_rng(1).integers(300, 3000, 20)).tolist()
    recipe = ClipRecipe(pts=pts, time_base=Fraction(1, 30000), rotation=90)
    found = describe_clip(open_clip(make_clip(tmp_path / "odd.mp4", recipe)))
    values = _values(found)
    assert "variable" in values["Picture Frame rate"] and values["Picture Rotation"] == "270 degrees"
    assert values["Picture Size"] == "48 x 64 (stored as 64 x 48)" and values["Sound Track"] == "none"
    assert len(found.warnings) == 3


def test_an_exact_rate(tmp_path: Path) -> None:
    recipe = ClipRecipe(
        pts=[i * 1001 for i in range(9)], time_base=Fraction(1, 30000), fps=Fraction(30000, 1001), sound=True
    )
    values = _values(describe_clip(open_clip(make_clip(tmp_path / "n.mp4", recipe))))
    assert values["Picture Frame rate"] == "29.97 fps (30000/1001), constant"


def test_a_voice_and_what_is_odd_about_it(tmp_path: Path) -> None:
    good = describe_voice(open_voice(make_wav(tmp_path / "v.wav", np.zeros(48000, np.float32))))
    assert _values(good)["Sound Duration"] == "0:00:01.000" and not good.warnings
    dull = describe_voice(open_voice(make_wav(tmp_path / "d.wav", np.zeros((8000, 6), np.float32), 8000)))
    assert len(dull.warnings) == 2 and "8000 samples" in dull.warnings[0] and "6 channels" in dull.warnings[1]


def test_a_file_that_is_gone_is_told(clip: Path) -> None:
    opened = open_clip(clip)
    clip.unlink()
    assert _values(describe_clip(opened))["File Size"] == "no longer there"


def test_as_text_every_value_is_there(clip: Path) -> None:
    found = describe_clip(open_clip(clip))
    text = as_text((found,))
    assert text.startswith("Clip: File\n") and text.endswith("\n")
    assert all(value in text for value in _values(found).values())
