"""What is trained on and what is kept from training."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import FaceError, MediaError
from app.engine.evaluation.evaluate import last_fifth
from app.engine.evaluation.prepare import (
    FORMAT,
    OUT_OF_STEP,
    TrainingClip,
    is_dropped,
    is_prepared,
    kept_lag,
    prepare_clip,
    read_catalogue,
    train_frames,
)
from app.engine.ports import DetectedFace, Image
from models.data import clips as reading

HEAD = "file,repository,origin,licence,speaker\n"


def _catalogue(folder: Path, rows: list[str]) -> Path:
    file = folder / "catalog.csv"
    file.write_text(HEAD + "".join(row + "\n" for row in rows))
    return file


def test_held_out_by_the_house_rule(tmp_path: Path) -> None:
    rows = [f"train/s1-{k:02d}.mp4,r,o,CC BY 4.0,GRID_s1" for k in reversed(range(25))]
    rows += [f"train/s4-{k:02d}.mp4,r,o,CC BY 4.0,GRID_s4" for k in range(10)]
    rows += [f"train/s2-{k:02d}.mp4,r,o,CC BY 4.0,GRID_s2" for k in range(12)]
    rows += ["train/e.mp4,r,o,CC BY 4.0,GRID_E", "train/a.mp4,r,o,CC0,usgov_c"]
    rows += ["train/x.mp4,r,o,not cleared,GRID_s1", "train/y.wav,r,o,CC0,GRID_s1"]
    rows += [f"train/{name}.mp4,r,o,CC0,someone" for name in OUT_OF_STEP]
    clips = read_catalogue(_catalogue(tmp_path, rows))
    assert [clip.name for clip in clips if clip.held_out] == ["s1-19", "s1-09", "s4-09", "e", "a"]
    assert len(clips) == 25 + 10 + 12 + 2
    assert clips[0].file == tmp_path / "train" / "s1-24.mp4"
    assert clips[0].licence == "CC BY 4.0"


@pytest.mark.parametrize(("meta", "lag"), [(None, 0), ({}, 0), ({"lag": None}, 0), ({"lag": -3}, -3), ({"lag": 0}, 0)])
def test_the_lag_that_was_found_is_kept(tmp_path: Path, meta: dict[str, int | None] | None, lag: int) -> None:
    """None where nobody looked, and null where nobody knows."""
    if meta is not None:
        (tmp_path / "meta.json").write_text(json.dumps(meta))
    assert kept_lag(tmp_path) == lag


@pytest.mark.parametrize(("meta", "dropped"), [(None, False), ({}, False), ({"dropped": True}, True)])
def test_clips_that_nobody_can_pair_are_known(tmp_path: Path, meta: dict[str, bool] | None, dropped: bool) -> None:
    """By what `lags` kept."""
    if meta is not None:
        (tmp_path / "meta.json").write_text(json.dumps(meta))
    assert is_dropped(tmp_path) == dropped


def test_a_bad_catalogue_is_named(tmp_path: Path) -> None:
    for content in (None, b"name,size\na,1\n", b"\xff\xfe\x00binary", b"file,licence,speaker\na.mp4\n"):
        file = tmp_path / "catalog.csv"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(MediaError, match=r"catalog\.csv is no catalogue"):
            read_catalogue(file)


@given(st.integers(1, 400), st.sampled_from([Fraction(24000, 1001), Fraction(25), Fraction(60)]), st.data())
def test_nothing_of_a_last_fifth_is_trained_on(count: int, fps: Fraction, data: st.DataObject) -> None:
    duration = count / fps
    times = sorted(data.draw(st.sets(st.integers(0, count - 1))))
    seconds = [index / fps for index in times]
    trained = train_frames(seconds, duration, False)
    if duration >= 5:
        kept = last_fifth(duration)
        assert not any(kept.contains(time) for time in seconds[:trained])
        assert all(kept.contains(time) for time in seconds[trained:])
    else:
        assert trained == len(times)
    assert train_frames(seconds, duration, True) == 0


class FixedFace:
    """A detector that knows the answer: a made-up face, missing in some frames."""

    name = "fixed"

    def __init__(self, points: np.ndarray, faceless: set[int]) -> None:
        self._points, self._faceless, self._frame = points, faceless, -1

    def detect(self, image: Image) -> list[DetectedFace]:
        self._frame += 1
        return [] if self._frame in self._faceless else [DetectedFace(self._points, 0.9)]

    def reset(self) -> None:
        self._frame = -1

    def close(self) -> None:
        """Nothing to close."""


def _face_points() -> np.ndarray:
    from app.engine.faces.aligner import ALIGNED_POINTS, FACE

    points = np.random.default_rng(1).uniform(60, 100, (68, 2)).astype(np.float32)
    points[list(ALIGNED_POINTS)] = np.array(FACE.template) * 64 + 48
    return points


def test_a_clip_is_prepared_whole_or_not_at_all(tmp_path: Path) -> None:
    frames = [(Fraction(k, 25), np.full((160, 160, 3), k, np.uint8)) for k in range(150)]
    clip = TrainingClip(Path("clip.mp4"), "someone", "CC0", False)
    sound, detector = np.zeros(96000, np.float32), FixedFace(_face_points(), set(range(50)))
    folder = tmp_path / "clip"
    assert prepare_clip(clip, frames, Fraction(6), sound, detector, folder, 64) == 100
    assert is_prepared(folder)
    (read,) = reading.load_clips(tmp_path)
    assert (len(read), read.train_frames, read.crop_size) == (100, 70, 64)  # 50 to 119: before 4.8 s
    assert read.pictures[0].mean() == pytest.approx(50, abs=1)
    assert FORMAT == reading.FORMAT
    with pytest.raises(FaceError, match=r"clip\.mp4 shows a face in 3 frames only"):
        prepare_clip(clip, frames[:53], Fraction(6), sound, detector, tmp_path / "other", 64)
    assert [found.name for found in tmp_path.iterdir()] == ["clip"]
    meta = folder / "meta.json"
    meta.write_text(json.dumps(json.loads(meta.read_text()) | {"format": FORMAT - 1}))
    assert not is_prepared(folder)
