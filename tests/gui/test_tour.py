"""The tour reaches every state at every size, and no picture of it has text that is cut off without a tooltip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SIZES = [
    ("1280x660", "100", "1"),
    ("1366x706", "100", "1"),
    ("1920x1018", "100", "1"),
    ("1280x660", "150", "1"),
    ("1280x660", "100", "1.5"),
    ("960x500", "100", "2"),
]
"""What a window manager leaves of a screen; text in per cent; the screen's scale."""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo and its rendered frames, which one walk makes for all."""
    return tmp_path_factory.mktemp("tour")


@pytest.mark.slow
@pytest.mark.parametrize(("size", "text", "scale"), SIZES)
def test_nothing_is_cut_off_on_the_tour(work: Path, tmp_path: Path, size: str, text: str, scale: str) -> None:
    command = [sys.executable, "-m", "tests.tour", "--out", str(tmp_path), "--work", str(work)]
    done = subprocess.run(
        [*command, "--size", size, "--text", text],
        cwd=ROOT,
        env=os.environ | {"QT_SCALE_FACTOR": scale},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.png"))) > 30
