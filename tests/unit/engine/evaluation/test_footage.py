"""Where the supplement's crop lies, whatever the frame around the face."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from app.core.errors import FaceError
from app.core.geometry import Similarity
from app.engine.evaluation.footage import place_face
from app.engine.faces.aligner import transform
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.ports import Points

SIZE = 256


@pytest.fixture
def face() -> Points:
    """An upright face of a kind: eyes 100 apart, brows above, mouth below the nose; only what the crop asks is set."""
    points = np.full((68, 2), (250.0, 260.0), np.float32)
    points[17:27] = np.stack([np.linspace(170, 330, 10), np.full(10, 165)], axis=1)
    points[27:31] = [(250, 195), (250, 215), (250, 235), (250, 250)]
    points[33] = (250, 262)
    points[[36, 39, 42, 45], 0], points[[36, 39, 42, 45], 1] = (175, 225, 275, 325), 200
    points[[48, 54]] = [(205, 310), (295, 310)]
    return points


def analysis(points: list[Points], interpolated: list[bool] | None = None) -> FaceAnalysis:
    guessed = np.array(interpolated or [False] * len(points))
    track = FaceTrack(0, 0, 0, np.stack(points), np.ones(len(points), np.float32), guessed)
    times = tuple(Fraction(k, 25) for k in range(len(points)))
    return FaceAnalysis((640, 480), times, (), (track,), "made up", "1")


@pytest.mark.parametrize(
    "frame",
    [Similarity(1, 0, 0, 0), Similarity(0.3, 0, -20, 5), Similarity(2.5, 0, 90, -40), Similarity(0.9, 0.3, 50, 0)],
    ids=["as it is", "small", "large", "turned"],
)
def test_the_crop_follows_the_face_in_any_frame(face: Points, frame: Similarity) -> None:
    places = place_face(analysis([transform(frame, face)] * 5), "clip.mp4")
    into = places[2].boxed(SIZE)
    crop = transform(into, transform(frame, face))
    assert crop[33] == pytest.approx((SIZE / 2 - 0.5, SIZE / 2 - 0.5), abs=0.05), "landmark 34 is the middle"
    half = max(crop[29, 1] - crop[:, 1].min(), crop[54, 0] - crop[48, 0])
    assert half == pytest.approx(SIZE / 2, rel=0.01), "the radius reaches from the brows to landmark 30"
    assert crop[45, 1] == pytest.approx(crop[36, 1], abs=0.1), "the eyes are level"
    assert places[2].similarity.scale * frame.scale == pytest.approx(
        place_face(analysis([face] * 5), "clip.mp4")[2].similarity.scale, rel=1e-4
    )


def test_a_wide_mouth_widens_the_crop(face: Points) -> None:
    wide = face.copy()
    wide[[48, 54], 0] = (190, 310)
    boxes = [place_face(analysis([points] * 3), "clip.mp4")[1].box.width for points in (face, wide)]
    assert boxes[1] / boxes[0] == pytest.approx(120 / 90, rel=0.1)


def test_frames_that_were_guessed_are_known(face: Points) -> None:
    places = place_face(analysis([face] * 4, [False, True, True, False]), "clip.mp4")
    assert [place.found for place in places.values()] == [True, False, False, True]


def test_a_clip_without_a_face_is_refused() -> None:
    empty = FaceAnalysis((640, 480), (Fraction(0),), (), (), "made up", "1")
    with pytest.raises(FaceError, match=r'"clip.mp4" shows no face'):
        place_face(empty, "clip.mp4")
