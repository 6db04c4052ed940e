"""Crops of a frame: only the part that is needed is converted, and nobody sees a difference."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.core.errors import FaceError
from app.core.geometry import Similarity
from app.engine.dub.face_plan import LARGEST, MOVED, FacePlan, crop_of, native_size
from app.engine.faces.aligner import ALIGNED_POINTS, FACE, align, smooth_similarities, transform, warp_crop
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.media.frame import VideoFrame
from app.engine.media.opencv import cv2
from app.engine.ports import Points
from tests.unit.engine.rendering import analysis_of, textured_clip


def _frame(width: int = 320, height: int = 180) -> VideoFrame:
    """A frame with texture everywhere: smooth noise, in colour."""
    rng = np.random.default_rng(5)
    planes = [rng.uniform(40, 210, (h // 8 + 1, w // 8 + 1)) for h, w in ((height, width), (height // 2, width // 2))]
    luma = np.kron(planes[0], np.ones((8, 8)))[:height, :width]
    chroma = np.kron(planes[1], np.ones((8, 8)))[: height // 2, : width // 2]
    chroma = 128 + (chroma - 128) / 3
    packed = np.concatenate([luma.ravel(), chroma.ravel(), 255 - chroma.ravel()]).astype(np.uint8)
    return VideoFrame(av.VideoFrame.from_ndarray(packed.reshape(height * 3 // 2, width), "yuv420p"), 0, Fraction(1), 0)


@pytest.mark.parametrize("scale", [0.3, 0.8, 1.0, 2.5])
@pytest.mark.parametrize("turn", [0.0, 0.35])
@pytest.mark.parametrize(
    "centre", [(160, 90), (5, 90), (318, 90), (160, 2), (160, 179), (0, 0), (319, 179), (-40, 90), (360, 220)]
)
def test_a_crop_is_the_one_of_the_whole_frame(centre: tuple[float, float], turn: float, scale: float) -> None:
    frame, size = _frame(), 64
    a, b = scale * np.cos(turn), scale * np.sin(turn)
    at = Similarity(a, b, 0, 0).apply(centre)
    similarity = Similarity(a, b, size / 2 - at[0], size / 2 - at[1])
    whole = warp_crop(frame.rgb_region(0, 0, *frame.size), similarity, size).astype(int)
    difference = np.abs(crop_of(frame, similarity, size).astype(int) - whole)
    assert difference.max() <= 2
    assert difference.mean() < 0.05


def _points(rng: np.random.Generator, x: float) -> Points:
    points = rng.uniform(60, 120, (68, 2))
    points[list(ALIGNED_POINTS)] = np.array(FACE.template) * 60 + (x, 40)
    return points.astype(np.float32)


@pytest.fixture
def analysis() -> FaceAnalysis:
    """Two persons in ten frames: face 0 in 0 to 4 and 7 to 9, face 1 throughout; frame 3 of face 0 is a guess."""
    rng = np.random.default_rng(2)

    def track(number: int, face: int, start: int, stop: int, guessed: set[int]) -> FaceTrack:
        points = np.stack([_points(rng, 40 + 5 * k + 90 * face) for k in range(start, stop)])
        flags = np.array([k in guessed for k in range(start, stop)])
        return FaceTrack(number, face, start, points, np.ones(stop - start, np.float32), flags)

    tracks = track(0, 0, 0, 5, {3}), track(2, 0, 7, 10, set()), track(1, 1, 0, 10, set())
    return FaceAnalysis((320, 180), tuple(Fraction(k, 25) for k in range(10)), (7,), tracks, "made up", "1")


def test_a_plan_follows_one_person(analysis: FaceAnalysis) -> None:
    plan = FacePlan(analysis, 0, 64, "clip.mp4")
    assert plan.indices == [0, 1, 2, 3, 4, 7, 8, 9]
    assert 5 not in plan
    assert [index for index in plan.indices if not plan.is_sure(index)] == [3]
    with pytest.raises(KeyError):
        plan.similarity(5)
    first = analysis.tracks[0]
    aligned = [align(points, FACE, 64) for points in first.points]
    smooth = smooth_similarities(aligned, analysis.times[:5])
    assert [plan.similarity(index) for index in range(5)] == smooth
    assert plan.points_in_crop(2).shape == (68, 2)
    inside = plan.points_in_crop(2)[27:48].mean(axis=0)
    assert (inside > 0).all() and (inside < 64).all()


@pytest.mark.parametrize("face", [2, -1])
def test_an_unknown_face_is_refused(analysis: FaceAnalysis, face: int) -> None:
    with pytest.raises(FaceError, match=f'"clip.mp4" has no face {face + 1}: there is faces 1 to 2'):
        FacePlan(analysis, face, 64, "clip.mp4")


def test_a_clip_without_anybody_is_refused(analysis: FaceAnalysis) -> None:
    empty = FaceAnalysis(analysis.size, analysis.times, (), (), "made up", "1")
    with pytest.raises(FaceError, match="shows no face"):
        FacePlan(empty, 0, 64, "clip.mp4")


SCALES = st.lists(st.floats(0.05, 8), min_size=1, max_size=9)
SIZES = st.sampled_from([64, 128, 192, 256, 512, 640])


@given(SCALES, SIZES)
def test_the_native_size_keeps_the_films_pixels_within_bounds(scales: list[float], size: int) -> None:
    native = native_size(scales, size)
    assert native % 16 == 0
    assert size <= native <= max(LARGEST, size)
    film = size / float(np.median(scales))
    if size < native < LARGEST:
        assert film - 1e-6 <= native < film + 16
    elif native == size:
        assert film <= size or size >= LARGEST
    else:
        assert film > LARGEST - 16


@given(SCALES, SIZES, st.floats(1, 4))
def test_a_larger_face_has_no_smaller_crop(scales: list[float], size: int, by: float) -> None:
    assert native_size([scale / by for scale in scales], size) >= native_size(scales, size)


def test_a_few_close_ups_do_not_set_the_size() -> None:
    assert native_size([0.9] * 9 + [0.1] * 4, 128) == native_size([0.9], 128) == 144


@pytest.fixture
def large(analysis: FaceAnalysis) -> FacePlan:
    """Face 0 in crops of 32 pixels, which is less than it has in the film."""
    plan = FacePlan(analysis, 0, 32, "clip.mp4")
    assert plan.native_size >= 2 * plan.crop_size
    return plan


def test_landmarks_are_at_the_same_share_of_every_crop(large: FacePlan) -> None:
    for index in large.indices:
        shares = large.shared_points(index)
        for points, size in (
            (large.points_in_crop(index), large.crop_size),
            (transform(large.native_similarity(index), large.points(index)), large.native_size),
        ):
            np.testing.assert_allclose((points + 0.5) / size, shares, atol=1e-5)


def _shrunk(crop: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    """By cv2's area means, which keep a crop's edges where they are."""
    return cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)


def test_the_native_crop_shows_what_the_small_one_does(large: FacePlan) -> None:
    """All of it and in its place, with more pixels."""
    frame = _frame()
    native = large.native_crop(frame)
    assert native.shape == (large.native_size, large.native_size, 3)
    small = large.crop(frame).astype(np.float32)
    difference = np.abs(_shrunk(native, 32) - small).mean()
    assert difference < 6
    for shift in (-1, 1):
        for axis in (0, 1):
            moved = np.abs(np.roll(_shrunk(native, 32), shift, axis) - small)[2:-2, 2:-2].mean()
            assert moved > 1.5 * difference


def test_mouth_and_chin_of_a_reference_lie_where_they_were_found(tmp_path: Path) -> None:
    """A mouth that is open for one frame alone is as open as it was; brows and eyes are smoothed."""
    clip = textured_clip(tmp_path / "clip.mp4")
    analysis = analysis_of(clip)
    track = analysis.tracks_of(0)[0]
    track.points[10, 66, 1] += 6
    track.points[10, 40, 1] += 6
    plan = FacePlan(analysis, 0, 64, clip.path)
    smoothed, true = plan.shared_points(10), plan.true_points(10)
    still = [row for row in range(68) if row not in MOVED]
    assert np.array_equal(true[still], smoothed[still])
    gap = true[66, 1] - plan.true_points(9)[66, 1]
    assert gap == pytest.approx(6 * plan.similarity(10).scale / 64, rel=0.1)
    assert abs(smoothed[66, 1] - plan.shared_points(9)[66, 1]) < 0.5 * gap
    assert np.array_equal(plan.shared_points(10), smoothed), "what is shared was changed"
