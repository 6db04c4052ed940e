"""Estimates of an export's size, against the export itself."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import Cancelled
from app.core.timebase import TimeRange
from app.engine.export.size_trial import FRAMES, STRETCHES, try_size
from app.engine.media.clip import Clip, open_clip
from app.engine.media.encoders import settings_for
from app.engine.media.reader import VideoReader
from app.engine.media.writer import VideoWriter
from app.engine.progress import CancelToken
from tests.unit.engine.media.synth import ClipRecipe, make_clip

COUNT = 240
SIZE = (192, 128)


def pictures(kind: str) -> list[np.ndarray]:
    """A film that stands still, one that moves, one of noise, one that does all in turn."""
    rng = np.random.default_rng(3)
    base = np.kron(rng.uniform(30, 220, (40, 60, 3)), np.ones((8, 8, 1))).astype(np.uint8)

    def still(_k: int) -> np.ndarray:
        return base[:128, :192]

    def moving(k: int) -> np.ndarray:
        return np.roll(base, (k, 2 * k), (0, 1))[:128, :192]

    def noise(_k: int) -> np.ndarray:
        return (base[:128, :192] * 0.5 + rng.uniform(0, 90, (128, 192, 3))).astype(np.uint8)

    kinds = {"still": still, "moving": moving, "noise": noise}
    if kind != "mixed":
        return [kinds[kind](k) for k in range(COUNT)]
    return [list(kinds.values())[k // 20 % 3](k) for k in range(COUNT)]


@pytest.fixture(scope="module", params=["still", "moving", "noise", "mixed"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    recipe = ClipRecipe(pts=[k * 512 for k in range(COUNT)], size=SIZE, pictures=pictures(request.param))
    return open_clip(make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", recipe))


def written(clip: Clip, codec: str, crf: int, folder: Path) -> int:
    """Bytes of the pictures of the whole clip."""
    target = folder / "all.mov"
    with (
        VideoReader(Path(clip.path), clip.times) as reader,
        VideoWriter(
            target, reader.size, reader.video.time_base, reader.video.fps, settings=settings_for(codec, crf)
        ) as writer,
    ):
        for frame in reader.frames():
            writer.write(frame.yuv, frame.pts)
    return target.stat().st_size


@pytest.mark.parametrize(("codec", "crf"), [("libx264", 16), ("libx264", 28), ("prores_ks", 16)])
def test_the_estimate_is_within_thirty_percent(clip: Clip, codec: str, crf: int, tmp_path: Path) -> None:
    trial = try_size(clip, settings_for(codec, crf), clip.whole, CancelToken())
    real = written(clip, codec, crf, tmp_path)
    header = 6000  # of the container, which counts in files as small as these
    assert abs(trial.picture_bytes(clip.count) - real) <= 0.3 * real + header, (trial, real)


def test_a_short_clip_is_encoded_as_a_whole(clip: Clip, tmp_path: Path) -> None:
    span = TimeRange(Fraction(0), Fraction(STRETCHES * FRAMES, 25))
    trial = try_size(clip, settings_for("libx264", 20), span, CancelToken())
    assert trial.picture_bytes(STRETCHES * FRAMES) > 0


def test_it_stops_when_told(clip: Clip) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        try_size(clip, settings_for("libx264", 20), clip.whole, cancel)
