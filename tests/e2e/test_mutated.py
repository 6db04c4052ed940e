"""Hundreds of spoilt files through `inspect` and `dub`: each is dubbed soundly or refused in one sentence."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.mutations import SECONDS, Tried, Workshop, make_originals, mutated

COUNT = 500
LIMIT = 30
"""Seconds of the processor that a command may take; it is given ten times as long on a machine that is busy."""


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    make_originals(folder)
    return folder


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path / "cache", 10 * LIMIT)
    yield made
    made.close()


def fault_of(tried: Tried | str) -> str:
    """What is wrong with how a command ended; empty where nothing is."""
    if isinstance(tried, str):
        return tried
    if tried.code is None or "Traceback" in tried.said:
        return "traceback: " + tried.said.strip().splitlines()[-1]
    if tried.code not in (0, 2):
        return f"exit code {tried.code}"
    if tried.seconds > LIMIT:
        return f"took {tried.seconds:.0f} s"
    if tried.code == 2 and not re.search(r"redub: .+\.$", tried.said.strip()):
        return f"no sentence: {tried.said!r}"
    return ""


def broken(output: Path) -> str:
    """What ffmpeg, which is none of ours, finds wrong with a dub; empty where nothing is."""
    command = ["ffmpeg", "-v", "error", "-xerror", "-i", str(output), "-f", "null", "-"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return (result.stderr.strip() or f"exit code {result.returncode}") if result.returncode or result.stderr else ""


def try_one(workshop: Workshop, originals: Path, folder: Path, seed: int) -> tuple[str, str, str]:
    """(how the file was spoilt, what became of it, what is wrong with that)."""
    mutation, output = mutated(originals, folder, seed), folder / f"{seed}.mp4"
    looked = workshop.run("inspect", mutation.clip)
    dubbed = workshop.run("dub", mutation.clip, mutation.voice, "-o", output, "--range", f"0-{float(SECONDS / 2)}")
    fault = fault_of(looked) or fault_of(dubbed)
    done = isinstance(dubbed, Tried) and dubbed.code == 0
    if not fault and done:
        fault = broken(output)
    if not fault and not done and [path for path in folder.iterdir() if path.name.startswith((f"{seed}.mp4", "."))]:
        fault = "something is left behind"
    for path in folder.glob(f"{seed}*"):
        path.unlink()
    return mutation.how, "dubbed" if done else "refused", fault


@pytest.mark.slow
def test_spoilt_files_are_dubbed_soundly_or_refused(workshop: Workshop, originals: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    outcomes: Counter[tuple[str, str]] = Counter()
    faults: list[str] = []
    for seed in range(COUNT):
        how, outcome, fault = try_one(workshop, originals, folder, seed)
        outcomes[how.split(",")[0], "fault" if fault else outcome] += 1
        if fault:
            faults.append(f"{seed} ({how}): {fault}")
    print(*sorted(outcomes.items()), sep="\n")
    assert not faults
