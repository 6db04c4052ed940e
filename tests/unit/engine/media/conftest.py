"""Fixtures of the media tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.engine.media.synth import ClipRecipe, make_clip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Twenty grey frames at 25 fps with B-frames, 64 x 48, with sound."""
    return make_clip(tmp_path / "clip.mp4", ClipRecipe(sound=True))
