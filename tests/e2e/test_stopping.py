"""Ctrl-C, SIGTERM and kill -9 in the middle of a dub, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.e2e.material import silent_clip, write_voice

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300
"""Seconds before a test gives up waiting; the machine may be busy."""


@pytest.fixture(scope="module")
def long_clip(stock: Path, pictures: list[NDArray[np.uint8]]) -> Path:
    """Long enough that nobody misses its middle: the puppet there and back, 180 frames."""
    return silent_clip(stock / "long.mp4", (pictures + pictures[::-1]) * 3)


@pytest.fixture(scope="module")
def long_voice(stock: Path) -> Path:
    return write_voice(stock / "long.wav", 4.0)


@pytest.fixture
def running(
    long_clip: Path, long_voice: Path, weights: Path, tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A dub under way, its output folder; some of the picture is written already."""
    (tmp_path / "temporary").mkdir()
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "dubbed.mp4"
    # Ctrl-C is heeded even where the tests themselves run in the background, whose processes ignore it
    heed = ["env", "--default-signal=INT"]
    command = [*heed, sys.executable, "main.py", "dub", long_clip, long_voice, "-o", target, "--weights", weights]
    # an encoder that writes a frame once it has it: others hold forty of them back
    (tmp_path / "redub" / "presets").mkdir(parents=True)
    (tmp_path / "redub" / "presets" / "quick.toml").write_text('title = "Q"\ncodec = "h264"\nspeed = "ultrafast"\n')
    environment = os.environ | {"TMPDIR": str(tmp_path / "temporary"), "XDG_DATA_HOME": str(tmp_path)}
    with subprocess.Popen(
        [*command, "--preset", "quick"], cwd=ROOT, env=environment, stderr=subprocess.PIPE
    ) as process:
        try:
            _wait_for_output(process, target.parent)
            yield process, target
        finally:
            process.kill()


def _wait_for_output(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Until the encoder has written something under its temporary name."""
    deadline = time.monotonic() + PATIENCE
    while not any(file.stat().st_size for file in folder.iterdir()):
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_dub_leaves_nothing(running: tuple[subprocess.Popen[bytes], Path], number: signal.Signals) -> None:
    process, target = running
    process.send_signal(number)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert said.decode().splitlines()[-1] == "redub: stopped; nothing was left behind."
    assert "Traceback" not in said.decode()
    assert not list(target.parent.iterdir())
    assert not list((target.parents[1] / "temporary").glob("redub-*"))


def test_a_killed_dub_stands_not_under_the_final_name(running: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, target = running
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert not target.exists()
    assert all(file.name.startswith(".dubbed.") and ".part" in file.name for file in target.parent.iterdir())
