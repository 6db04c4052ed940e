"""Peak memory of dubs of different length, each in a process of its own: it must not grow with the clip.

python -m benchmarks.memory [--minutes 1 5]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.material import make_clip, make_voice


def peak_of_dub(folder: Path, minutes: float) -> float:
    """MiB at the peak of `main.py dub` on a 640 x 360 clip of so many minutes."""
    seconds = round(minutes * 60)
    clip, voice = folder / f"{seconds}.mp4", folder / f"{seconds}.wav"
    make_clip(clip, seconds, (640, 360))
    make_voice(voice, seconds)
    command = [sys.executable, "main.py", "dub", str(clip), str(voice), "-o", str(folder / f"{seconds}-out.mp4")]
    environment = os.environ | {"REDUB_CACHE": str(folder / "cache")}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the dub of {minutes} minutes failed")
    return usage.ru_maxrss / 1024 if sys.platform == "linux" else usage.ru_maxrss / 2**20


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 5])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first = None
        for minutes in options.minutes:
            peak = peak_of_dub(Path(folder), minutes)
            first = first or peak
            print(f"{minutes:g} min: {peak:.0f} MiB, {peak / first:.3f} x the first", flush=True)


if __name__ == "__main__":
    main()
