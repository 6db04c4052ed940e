"""Repainting the timeline while it scrolls: 2,000 segments over two hours, with waveforms, markers and render strip.

python -m benchmarks.timeline_repaint
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from fractions import Fraction
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import soundfile
from PySide6.QtWidgets import QApplication

from app.core.project import Marker, Project, Segment
from app.core.timebase import TimeRange
from app.engine.preview.render_strip import RenderState
from app.engine.sound.peaks import build_peaks
from app.ui.panels.timeline.widget import Timeline
from tests.gui.timeline_material import make_clip, make_timeline, make_voice

SECONDS = 7200
SEGMENTS = 2000
ZOOMS = (0.26, 1.2, 10.0, 40.0, 110.0, 1000.0)
"""Pixels a second: from nearly all of the clip in sight to single frames."""


def long_project() -> Project:
    """Segments of one to three seconds, one every 3.6 s, and 200 markers."""
    rng = np.random.default_rng(1)
    segments = tuple(
        Segment(TimeRange(Fraction(i * 90, 25), Fraction(i * 90 + int(rng.integers(20, 88)), 25)), face=i % 2, id=i + 1)
        for i in range(SEGMENTS)
    )
    markers = tuple(Marker(Fraction(i * 36), f"note {i}") for i in range(200))
    return Project("film", "voice", Fraction(1), segments, markers=markers)


def strip_of(project: Project) -> list[tuple[TimeRange, RenderState]]:
    """Two states in every segment."""
    states: tuple[RenderState, ...] = ("ready", "dirty", "rendering", "failed")
    found: list[tuple[TimeRange, RenderState]] = []
    for index, segment in enumerate(project.segments or ()):
        start, stop = segment.range.start, segment.range.stop
        middle = (start + stop) / 2
        found.append((TimeRange(start, middle), states[index % 4]))
        found.append((TimeRange(middle, stop), states[(index + 1) % 4]))
    return found


def repaints(timeline: Timeline, zoom: float, count: int = 80) -> list[float]:
    """Milliseconds of each repaint while scrolling on by 37 pixels at a time."""
    timeline.view.navigation.restore(600.0, zoom)
    QApplication.processEvents()
    timeline.view.viewport().repaint()
    times: list[float] = []
    for _ in range(count):
        timeline.view.navigation.scroll_by(37)
        started = time.perf_counter()
        timeline.view.viewport().repaint()
        times.append((time.perf_counter() - started) * 1000)
    return times


def main() -> None:
    """Measures and prints."""
    application = QApplication([])
    project = long_project()
    timeline = make_timeline(project, make_clip(SECONDS), size=(1920, 480))
    timeline.session.set_voice(make_voice(SECONDS))
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        noise = np.random.default_rng(0).standard_normal((SECONDS * 8000, 1)) * 0.2
        soundfile.write(sound, noise.astype(np.float32), 8000, subtype="PCM_16")
        peaks = build_peaks(sound, Path(folder) / "cache", lambda _part: None)
        for which in ("original", "voice"):
            timeline.set_peaks(which, peaks)
        timeline.set_strip(strip_of(project))
        application.processEvents()
        for zoom in ZOOMS:
            times = sorted(repaints(timeline, zoom))
            late = times[int(0.95 * len(times))]
            print(f"{zoom:7.2f} pixels a second: median {statistics.median(times):5.1f} ms, 95 % {late:5.1f} ms")
        timeline.close()


if __name__ == "__main__":
    main()
