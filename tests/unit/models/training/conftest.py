"""What several runs are tested with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.models.prepared import ClipRecipe, write_talking_clip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of two speakers."""
    root = tmp_path_factory.mktemp("talking")
    for code, speaker in enumerate("ab"):
        write_talking_clip(root, ClipRecipe(f"clip{code}", speaker, 24, code=code))
    return root
