"""End-to-end frames a second of a 720p dub, by stage, beside a plain decode and encode in the same run.

python -m benchmarks.dub_speed [--seconds 20] [--weights NAME|FILE] [--device auto|cpu|cuda]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path

from app.core.project import Project
from app.engine.export.export import Tools, export
from app.engine.media.encoders import EncoderSettings
from app.engine.media.reader import VideoReader
from app.engine.media.writer import VideoWriter
from app.wiring import make_detector, make_dubber
from benchmarks.material import make_clip, make_voice


def plain(clip: Path, target: Path) -> float:
    """Seconds to decode and encode the clip with nothing in between."""
    start = time.perf_counter()
    with (
        VideoReader(clip) as reader,
        VideoWriter(target, reader.size, reader.video.time_base, reader.video.fps) as writer,
    ):
        for frame in reader.frames():
            writer.write(frame.yuv, frame.pts)
    return time.perf_counter() - start


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--weights", default="radio-starter")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip, voice = make_clip(folder / "clip.mp4", options.seconds), make_voice(folder / "voice.wav", options.seconds)
        dubber = make_dubber(options.weights, options.device, print)
        tools = Tools(dubber, "facemesh", partial(make_detector, "facemesh"), folder / "cache", EncoderSettings())
        before = plain(clip, folder / "plain.mp4")
        project = Project(clip=str(clip), voice=str(voice))
        first = export(project, folder / "first.mp4", tools)
        second = export(project, folder / "second.mp4", tools)
        base = min(before, plain(clip, folder / "plain2.mp4"))
    print(f"{first.frames} frames of 1280 x 720 on {dubber.device}; plain decode and encode: {base:.2f} s")
    for title, report in (("first dub", first), ("faces known", second)):
        stages = ", ".join(f"{stage} {value:.2f}" for stage, value in report.seconds.items())
        ratio = report.seconds["total"] / base
        print(f"{title}: {report.frames_per_second:.1f} frames/s, {ratio:.2f} x plain ({stages} s)")


if __name__ == "__main__":
    main()
