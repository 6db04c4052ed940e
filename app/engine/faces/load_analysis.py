"""A clip's faces, from the cache or found now."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.analysis_cache import AnalysisCache, CacheState
from app.engine.faces.tracker import analyse
from app.engine.media.content import content_hash
from app.engine.media.frame import VideoFrame
from app.engine.media.reader import VideoReader
from app.engine.ports import LandmarkDetector
from app.engine.progress import CancelToken, Progress, StageClock, no_progress


def load_analysis(
    reader: VideoReader,
    detector_name: str,
    make_detector: Callable[[], LandmarkDetector],
    cache: Path,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
    clock: StageClock | None = None,
    parts: Sequence[range] = (),
) -> tuple[FaceAnalysis, bool]:
    """The clip's faces, from the cache or found now; and whether a detector was called.

    With `parts`, stretches of frame numbers in order, no other frames are looked at: nobody is seen in those.
    """
    clock = clock or StageClock()
    count = len(reader.timestamps)
    parts = [part for part in parts if part] or [range(count)]
    times = [stamp * reader.video.time_base for stamp in reader.timestamps]

    def frames() -> Iterator[VideoFrame]:
        for part in parts:
            whole = len(part) == count
            first, stop = (None, None) if whole else (times[part.start], (*times, None)[part.stop])
            yield from reader.frames(first, stop)

    def find() -> FaceAnalysis:
        with clock.stage("track"):
            detector = make_detector()
        try:
            decoded = ((f.index, f.time, f.rgb()) for f in frames())
            before = clock.seconds.get("decode", 0.0)
            with clock.stage("track"):
                looked_at = sum(len(part) for part in parts)
                found = analyse(decoded, detector, progress, cancel, looked_at, times, clock)
            clock.seconds["track"] -= clock.seconds.get("decode", 0.0) - before
            return found
        finally:
            detector.close()

    key = reader.streams.picture_key(content_hash(reader.path)) + _name_of(parts, count)
    analysis, state = AnalysisCache(cache / "faces").get_or_make(key, detector_name, find)
    return analysis, state is not CacheState.FOUND


def _name_of(parts: Sequence[range], count: int) -> str:
    """What tells an analysis of these parts from that of all `count` frames."""
    if sum(len(part) for part in parts) == count:
        return ""
    text = ",".join(f"{part.start}-{part.stop}" for part in parts)
    return f"-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
