"""How the editor answers: scrubbing a long clip, the first dubbed frame, and stalls of the window while it works.

python -m benchmarks.editor_feel scrub [--minutes 10]   original frames by proxy, cached dubbed frames; 1080p, long GOP
python -m benchmarks.editor_feel stalls [--seconds 20]  lateness of a 5 ms timer while the demo renders, then plays;
                                                        and from the playhead to its first dubbed frame
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from msgspec.structs import replace
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.engine.media.clip import Clip, open_clip
from app.engine.preview.frame_cache import FrameCache
from app.engine.preview.patch import Patch
from app.engine.preview.proxy import make_proxy
from app.ui.window.editor import Editor
from app.workers.frame_thread import FrameThread, ShownFrame
from benchmarks.editor_kit import open_demo, rest, wait_for

FPS = 25
GOP = 250
PATIENCE = 60.0


def told(times: Sequence[float]) -> str:
    """Median and 95th percentile of milliseconds."""
    return f"median {percentile(times, 0.5):.1f} ms, 95 % {percentile(times, 0.95):.1f} ms"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def long_clip(folder: Path, minutes: float) -> Path:
    """1080p at 25 fps with a key frame every ten seconds: ten seconds encoded, its packets repeated."""
    part, whole = folder / "part.mp4", folder / "long.mp4"
    rng = np.random.default_rng(0)
    still = np.kron(rng.integers(0, 255, (27, 48, 3)), np.ones((40, 40, 1))).astype(np.uint8)
    with av.open(str(part), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "20"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.codec_context.gop_size = GOP
        for index in range(GOP):
            frame = av.VideoFrame.from_ndarray(np.roll(still, 6 * index, axis=1), "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    _repeat(part, whole, round(minutes * 60 * FPS / GOP))
    return whole


def _repeat(part: Path, whole: Path, times: int) -> None:
    """The packets of `part`, one time after the other."""
    with av.open(str(whole), "w") as out:
        stream = None
        for turn in range(times):
            with av.open(str(part)) as source:
                video = source.streams.video[0]
                stream = stream or out.add_stream_from_template(video)
                assert video.time_base is not None
                shift = int(turn * GOP / FPS / video.time_base)
                for packet in source.demux(video):
                    if packet.dts is not None and packet.pts is not None:
                        packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                        out.mux(packet)


class Viewer:
    """Asks the frame thread and waits for its answer, as the preview does."""

    def __init__(self, clip: Clip, proxy: Path, cache: FrameCache) -> None:
        self._shown: ShownFrame | None = None
        self.thread = FrameThread()
        self.thread.shown.connect(self._take)
        self.thread.start()
        self.thread.set_clip(clip, proxy)
        self.thread.set_cache(cache)
        self.thread.set_scale(0.5)

    def _take(self, frame: ShownFrame) -> None:
        self._shown = frame

    def milliseconds(self, index: int, key: str | None, exact: bool, dubbed: bool = False) -> float:
        """Until the frame (dubbed where asked) is there."""
        self._shown = None
        started = time.perf_counter()
        self.thread.show(index, key, exact)
        while time.perf_counter() - started < PATIENCE:
            QApplication.processEvents()
            if self._shown is not None and self._shown.index == index and (self._shown.dubbed or not dubbed):
                return (time.perf_counter() - started) * 1000
        raise SystemExit(f"frame {index} did not come")


def scrub(minutes: float) -> None:
    """Random places, and dubbed frames next to each other."""
    application = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = open_clip(long_clip(folder, minutes))
        started = time.perf_counter()
        proxy = make_proxy(clip, folder)
        print(f"proxy of {clip.count} frames: {time.perf_counter() - started:.0f} s")
        cache = FrameCache(512 * 10**6, folder / "frames", 10**9)
        cache.open()
        viewer, rng = Viewer(clip, proxy, cache), random.Random(0)
        viewer.milliseconds(0, None, True)
        times = [viewer.milliseconds(rng.randrange(clip.count), None, False) for _ in range(200)]
        print(f"original frame at a random place: {told(times)}")
        patch = Patch(600, 300, np.full((480, 480, 3), 120, np.uint8))
        first = clip.count // 2
        for index in range(first, first + 20):
            cache.put(f"demo-{index}", patch)
            viewer.milliseconds(index, None, True)
        times = [
            viewer.milliseconds(i, f"demo-{i}", True, dubbed=True) for i in rng.choices(range(first, first + 20), k=100)
        ]
        print(f"cached dubbed frame: {told(times)}")
        viewer.thread.stop()
        cache.flush()
    application.quit()


class Lateness:
    """A 5 ms timer on the GUI thread and how late it comes."""

    STEP = 5.0

    def __init__(self) -> None:
        self.late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(self._timer.timerType().PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(int(self.STEP))

    def _tick(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, (now - self._last) * 1000 - self.STEP))
        self._last = now

    def take(self) -> list[float]:
        """What was gathered since the last call."""
        late, self.late = self.late, []
        return late


def stalls(seconds: float) -> None:
    """The real editor on the demo project, the real network."""
    with open_demo() as editor:
        pane = editor.panels.preview
        wait_for("the first frame", lambda: pane.frame is not None and pane.frame.dubbed is not None)
        watch = Lateness()
        rest(int(seconds * 1000))
        _print("while rendering", watch.take(), editor.rendering)
        _print_first_frames(editor)
        wait_for("all frames", lambda: not editor.rendering)
        editor.playing.go(Fraction(0))
        rest(300)
        watch.take()
        editor.window.actions_["play"].trigger()
        rest(int(min(seconds, 6) * 1000))
        _print("while playing", watch.take(), True)


def _print_first_frames(editor: Editor, count: int = 15) -> None:
    """From the playhead's move to the dubbed frame, at frames that are not rendered yet: a new offset each time."""
    session, pane, times = editor.session, editor.panels.preview, []
    for turn in range(count):
        session.apply("Move voice", replace(session.project, offset=Fraction(turn + 1, 100)))
        rest(150)  # rendering around the old place is under way
        started = time.perf_counter()
        editor.playing.go(Fraction(1) + Fraction(turn, 5))
        wanted = editor.threads.renders.queue.key_at(session.clip.index_at(session.playhead))  # type: ignore[union-attr]
        wait_for("a dubbed frame", lambda: pane.frame is not None and pane.frame.key == wanted and pane.frame.dubbed)  # noqa: B023
        times.append((time.perf_counter() - started) * 1000)
    print(f"playhead to first dubbed frame: {told(times)}")


def _print(what: str, late: list[float], valid: bool) -> None:
    if not valid:
        what += " (idle by then)"
    print(f"GUI thread {what}: {len(late)} ticks, {told(late)}, 99.9 % {percentile(late, 0.999):.1f} ms late")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("scrub", "stalls"))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    if options.what == "scrub":
        scrub(options.minutes)
    else:
        stalls(options.seconds)


if __name__ == "__main__":
    main()
