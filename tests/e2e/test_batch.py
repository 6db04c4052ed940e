"""`batch`: several puppets, one of them broken, killed in the middle and resumed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.cli.batch import SOME_FAILED
from app.engine.batch.journal import FILE
from tests.e2e.material import frame_times, redub, silent_clip, write_voice

ROOT = Path(__file__).resolve().parents[2]
GOOD = ("a", "c", "d")


@pytest.fixture
def folder(tmp_path: Path, pictures: list[NDArray[np.uint8]]) -> Path:
    place = tmp_path / "clips"
    place.mkdir()
    clip, voice = silent_clip(place / "a.mp4", pictures[:6]), write_voice(place / "a.wav", 0.3)
    for name in GOOD[1:]:
        shutil.copy(clip, place / f"{name}.mp4")
        shutil.copy(voice, place / f"{name}.wav")
    (place / "b.mp4").write_bytes(b"no film")
    shutil.copy(voice, place / "b.wav")
    return place


def states(out: Path) -> list[tuple[str, str]]:
    file = out / FILE
    lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    entries = [json.loads(line) for line in lines if line.endswith("\n")]
    return [(entry["job"], entry["state"]) for entry in entries]


def killed(command: list[object], out: Path, after: tuple[str, str]) -> None:
    """Runs a batch and kills it with -9 once its journal holds `after`."""
    with subprocess.Popen([str(part) for part in command], cwd=ROOT, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 300
        while after not in states(out):
            assert process.poll() is None, process.stderr and process.stderr.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()


def test_a_killed_batch_goes_on_and_one_broken_clip_is_counted(
    folder: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    given = ["batch", folder, "-o", out, "--weights", weights, "--device", "cpu"]
    killed([sys.executable, "main.py", *given], out, ("c", "begun"))
    before = (out / "a.mp4").stat()

    assert redub(*given) == SOME_FAILED
    said = capsys.readouterr().err
    assert "4 jobs: 3 done (1 of them before), 1 failed." in said
    assert "b: failed: " in said
    happened = states(out)
    assert [happened.count((name, "done")) for name in GOOD] == [1, 1, 1]
    assert happened.count(("a", "begun")) == 1 and happened.count(("c", "begun")) == 2
    assert (out / "a.mp4").stat().st_mtime_ns == before.st_mtime_ns
    for name in GOOD:
        assert len(frame_times(out / f"{name}.mp4")) == 6
        assert json.loads((out / f"{name}.json").read_text())["dubbed_frames"] == 6
    assert "b.mp4" in json.loads((out / "b.json").read_text())["error"]
    assert not (out / "b.mp4").exists()
    assert not [file for file in out.iterdir() if file.name.startswith(".") and file.suffix == ".lock"]

    assert redub(*given) == SOME_FAILED  # nothing is left to do but to try the broken one again
    assert "3 done (3 of them before), 1 failed" in capsys.readouterr().err
    assert [states(out).count((name, "begun")) for name in GOOD] == [1, 2, 1]


def test_films_of_others_are_not_replaced(
    folder: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (folder / "list.csv").write_text("clip,voice\na.mp4,a.wav\n")
    (out / "a.mp4").write_bytes(b"mine")
    given = ["batch", folder / "list.csv", "-o", out, "--weights", weights, "--device", "cpu"]
    assert redub(*given) == SOME_FAILED
    assert "already exists" in capsys.readouterr().err
    assert (out / "a.mp4").read_bytes() == b"mine"
