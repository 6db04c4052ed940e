"""Frames a second in which the faces of a clip are found: ours beside MediaPipe's own graphs, in the same run.

python -m benchmarks.analysis_speed [--clip FILE ...] [--seconds 8] [--rounds 3]

The wheel (extra `parity`) is used as it was while it was the default: frames are decoded, searched for cuts and looked
at one after the other. Both take turns, and the quickest round of each counts.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from app.engine.faces.mesh_detector import MeshDetector
from app.engine.faces.scene_cuts import CutFinder
from app.engine.faces.tracker import analyse
from app.engine.media.reader import VideoReader
from app.engine.ports import Image, LandmarkDetector
from app.wiring import make_detector
from benchmarks.material import make_clip


def frames_of(reader: VideoReader) -> Iterator[tuple[int, Fraction, Image]]:
    """Decoded frames, as `analyse` takes them."""
    return ((frame.index, frame.time, frame.rgb()) for frame in reader.frames())


def one_after_the_other(clip: Path, detector: LandmarkDetector) -> int:
    """Looks at a clip without a thread beside it; returns how many faces were seen."""
    cuts, seen = CutFinder(), 0
    detector.reset()
    with VideoReader(clip) as reader:
        for _, _, image in frames_of(reader):
            if cuts.is_cut(image):
                detector.reset()
            seen += len(detector.detect(image))
    return seen


def as_now(clip: Path, detector: LandmarkDetector) -> int:
    """The analysis of a dub."""
    with VideoReader(clip) as reader:
        return sum(len(track.points) for track in analyse(frames_of(reader), detector).tracks)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, nargs="*", default=[], help="instead of the puppet at 1280 x 720")
    parser.add_argument("--seconds", type=int, default=8, help="of the puppet")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    try:
        from tests.parity.wheel import WheelEyes
    except ModuleNotFoundError as error:
        parser.error(f"{error.name} is not installed: `pip install -e .[parity]` in an environment of its own")

    ways: dict[str, tuple[Callable[[Path, LandmarkDetector], int], LandmarkDetector]] = {
        "the wheel": (one_after_the_other, MeshDetector(WheelEyes())),
        "ours": (as_now, make_detector("facemesh")),
    }
    with tempfile.TemporaryDirectory() as folder:
        for clip in options.clip or [make_clip(Path(folder) / "clip.mp4", options.seconds)]:
            _compare(clip, ways, options.rounds)


def _compare(
    clip: Path, ways: dict[str, tuple[Callable[[Path, LandmarkDetector], int], LandmarkDetector]], rounds: int
) -> None:
    with VideoReader(clip) as reader:
        count = len(reader.timestamps)
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, (way, detector) in ways.items():
            start, cpu = time.perf_counter(), time.process_time()
            seen = way(clip, detector)
            seconds = time.perf_counter() - start
            best[name] = max(best.get(name, 0.0), count / seconds)
            spent = (time.process_time() - cpu) / count * 1000
            print(f"  {name}: {count / seconds:.1f} frames/s, {spent:.1f} ms of processor time a frame, {seen} faces")
    print(f"{clip.name}: ours {best['ours']:.1f} frames/s, the wheel {best['the wheel']:.1f}", end="; ")
    print(f"{best['ours'] / best['the wheel']:.2f} times as fast")


if __name__ == "__main__":
    main()
