"""A clip's faces, from the cache or found now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.analysis_cache import AnalysisCache, CacheState
from app.engine.faces.tracker import analyse
from app.engine.media.content import content_hash
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
) -> tuple[FaceAnalysis, bool]:
    """The clip's faces, from the cache or found now; and whether a detector was called."""
    clock = clock or StageClock()

    def find() -> FaceAnalysis:
        with clock.stage("track"):
            detector = make_detector()
        try:
            decoded = ((f.index, f.time, f.rgb()) for f in clock.timed("decode", reader.frames()))
            before = clock.seconds.get("decode", 0.0)
            with clock.stage("track"):
                found = analyse(decoded, detector, progress, cancel, len(reader.timestamps))
            clock.seconds["track"] -= clock.seconds["decode"] - before
            return found
        finally:
            detector.close()

    key = reader.streams.picture_key(content_hash(reader.path))
    analysis, state = AnalysisCache(cache / "faces").get_or_make(key, detector_name, find)
    return analysis, state is not CacheState.FOUND
