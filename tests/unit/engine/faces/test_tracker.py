"""Tracks, gaps, cuts and persons, with scripted detections on made-up pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
import pytest

from app.core.errors import Cancelled
from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.tracker import Frame, analyse
from app.engine.ports import DetectedFace, Image, Points
from app.engine.progress import CancelToken

_RED, _BLUE, _GREEN = (200, 90, 70), (70, 90, 200), (60, 160, 80)
_Colour = tuple[int, int, int]
_Face = tuple[float, float, float, _Colour]
"""x and y of the middle, size, colour."""


class ScriptedDetector:
    """Gives the faces that a script names for each frame in turn."""

    name = "scripted"
    version = "7"

    def __init__(self, points: Points, script: Callable[[int], list[_Face]]) -> None:
        self._shape = (points - points.mean(axis=0)) / np.ptp(points, axis=0).max()
        self._script = script
        self.frame = 0
        self.resets: list[int] = []

    def detect(self, image: Image) -> list[DetectedFace]:
        """The next frame's faces."""
        faces = [
            DetectedFace(points=(self._shape * size + (x, y)).astype(np.float32), score=0.9)
            for x, y, size, _ in self._script(self.frame)
        ]
        self.frame += 1
        return faces

    def reset(self) -> None:
        """Notes that it was called."""
        self.resets.append(self.frame)

    def close(self) -> None:
        """Nothing to close."""


def _clip(
    count: int, drawn: Callable[[int], list[_Face]], backdrop: Callable[[int], int] = lambda _: 30, rate: int = 25
) -> Iterator[Frame]:
    for index in range(count):
        image = np.full((180, 320, 3), backdrop(index), np.uint8)
        for x, y, size, colour in drawn(index):
            half = size * 0.9
            image[int(max(y - half, 0)) : int(y + half), int(max(x - half, 0)) : int(x + half)] = colour
        yield index, Fraction(index, rate), image


@pytest.fixture
def run(face_points: Points) -> Callable[..., tuple[FaceAnalysis, ScriptedDetector]]:
    """Analyses a clip of `count` frames with the faces that `script` names."""

    def analysed(
        count: int, script: Callable[[int], list[_Face]], **options: object
    ) -> tuple[FaceAnalysis, ScriptedDetector]:
        detector = ScriptedDetector(face_points, script)
        return analyse(_clip(count, script, **options), detector), detector  # type: ignore[arg-type]

    return analysed


Run = Callable[..., tuple[FaceAnalysis, ScriptedDetector]]


def test_one_moving_face_is_one_track(run: Run) -> None:
    """From the first frame to the last, nothing interpolated."""
    analysis, _ = run(40, lambda k: [(80 + 2 * k, 90, 60, _RED)])
    (track,) = analysis.tracks
    assert (track.face, track.start, track.stop) == (0, 0, 40)
    assert not track.interpolated.any()
    assert track.points.shape == (40, 68, 2) and track.points.dtype == np.float32
    assert analysis.faceless_spans(0) == ()
    assert analysis.times[7] == Fraction(7, 25)
    assert (analysis.size, analysis.detector, analysis.detector_version) == ((320, 180), "scripted", "7")


def test_short_gap_is_filled_on_a_straight_line(run: Run) -> None:
    """0.4 s between sightings are bridged, and marked."""
    analysis, _ = run(40, lambda k: [] if 10 < k < 20 else [(80 + 2 * k, 90, 60, _RED)])
    (track,) = analysis.tracks
    assert np.flatnonzero(track.interpolated).tolist() == list(range(11, 20))
    assert np.allclose(np.diff(track.points[:, :, 0], axis=0), 2, atol=1e-3)


def test_longer_gap_stays_faceless_and_is_reported(run: Run) -> None:
    """Two tracks of one person, and the span between."""
    analysis, _ = run(50, lambda k: [] if 10 < k < 21 else [(80 + 2 * k, 90, 60, _RED)])
    assert [(t.face, t.start, t.stop) for t in analysis.tracks] == [(0, 0, 11), (0, 21, 50)]
    (span,) = analysis.faceless_spans(0)
    assert (span.first, span.stop, span.reason) == (11, 21, "no face")
    assert (span.start_time, span.stop_time) == (Fraction(11, 25), Fraction(21, 25))
    assert analysis.points_at(0, 15) is None
    assert analysis.points_at(0, 30) is not None


def test_gap_counts_seconds_not_frames(run: Run) -> None:
    """Twenty missing frames at 60 a second are a third of a second."""
    analysis, _ = run(60, lambda k: [] if 20 < k < 40 else [(80 + k, 90, 60, _RED)], rate=60)
    assert len(analysis.tracks) == 1


def test_two_faces_keep_their_tracks_when_detections_change_order(run: Run) -> None:
    """The larger one is face 0."""

    def script(k: int) -> list[_Face]:
        faces = [(70 + k, 90, 40, _BLUE), (240 - k, 90, 70, _RED)]
        return faces if k % 2 else faces[::-1]

    analysis, _ = run(40, script)
    large, small = analysis.tracks
    assert analysis.face_count == 2
    assert np.ptp(large.points[0], axis=0).max() == pytest.approx(70, abs=0.1)
    assert np.all(np.diff(small.points[:, 30, 0]) > 0) and np.all(np.diff(large.points[:, 30, 0]) < 0)


def test_cut_resets_the_detector_and_parts_the_tracks(run: Run) -> None:
    """The same person, elsewhere after the cut, keeps the number."""
    script = lambda k: [(80, 90, 60, _RED)] if k < 20 else [(230, 100, 80, _RED)]  # noqa: E731
    analysis, detector = run(40, script, backdrop=lambda k: 30 if k < 20 else 210)
    assert analysis.cuts == (20,)
    assert analysis.cut_times == (Fraction(20, 25),)
    assert detector.resets == [0, 20]
    assert [(t.face, t.start, t.stop) for t in analysis.tracks] == [(0, 0, 20), (0, 20, 40)]


def test_another_person_after_a_cut_gets_another_number(run: Run) -> None:
    """And the spans say why a frame is not dubbed."""
    script = lambda k: [(80, 90, 60, _RED)] if k < 25 else [(230, 100, 60, _BLUE)]  # noqa: E731
    analysis, _ = run(40, script, backdrop=lambda k: 30 if k < 25 else 210)
    assert [(t.face, t.start) for t in analysis.tracks] == [(0, 0), (1, 25)]
    assert [s.reason for s in analysis.faceless_spans(0)] == ["other faces only"]


def test_two_people_swap_sides_at_a_cut(run: Run) -> None:
    """Colour tells them apart where the place does not."""

    def script(k: int) -> list[_Face]:
        red, blue = (80, 240) if k < 20 else (240, 80)
        return [(red, 90, 62, _RED), (blue, 90, 58, _BLUE)]

    analysis, _ = run(40, script, backdrop=lambda k: 30 if k < 20 else 200)
    sides = {(t.face, t.start): t.points[0, 30, 0] > 160 for t in analysis.tracks}
    assert sides[0, 0] != sides[0, 20]
    assert sides[1, 0] != sides[1, 20]


def test_false_alarms_are_dropped_but_not_a_short_clip(run: Run) -> None:
    """Two sightings in a long shot are none; one in a clip of one frame counts."""
    analysis, _ = run(40, lambda k: [(80, 90, 60, _RED)] if k in (10, 11) else [])
    assert analysis.tracks == () and analysis.face_count == 0
    assert [(s.first, s.stop) for s in analysis.faceless_spans(0)] == [(0, 40)]
    single, _ = run(1, lambda _: [(80, 90, 60, _RED)])
    assert single.face_count == 1
    assert run(0, lambda _: [])[0].times == ()


def test_prominence_is_area_times_duration(run: Run) -> None:
    """A large face seen briefly stands behind a smaller one seen throughout."""
    analysis, _ = run(50, lambda k: [(70, 90, 50, _BLUE), *([(240, 90, 80, _GREEN)] if k < 8 else [])])
    assert analysis.tracks_of(0)[0].points[0, 30, 0] < 160


def test_cancel_and_progress(face_points: Points) -> None:
    """Every frame is told; a raised flag stops at the next one."""
    told: list[tuple[str, int, int | None]] = []
    cancel = CancelToken()
    script = lambda _: [(80.0, 90.0, 60.0, _RED)]  # noqa: E731

    def progress(stage: str, done: int, total: int | None) -> None:
        told.append((stage, done, total))
        if done == 3:
            cancel.cancel()

    with pytest.raises(Cancelled):
        analyse(_clip(10, script), ScriptedDetector(face_points, script), progress, cancel, total=10)
    assert told == [("faces", k, 10) for k in (1, 2, 3)]


def test_frames_out_of_order_are_refused(face_points: Points) -> None:
    """A frame that comes twice is a mistake of ours, not of the clip."""
    script = lambda _: [(80.0, 90.0, 60.0, _RED)]  # noqa: E731
    frame = next(iter(_clip(1, script)))
    with pytest.raises(ValueError, match="out of order"):
        analyse([frame, frame], ScriptedDetector(face_points, script))


def test_frames_may_be_left_out(face_points: Points) -> None:
    """Two stretches of one person: the same face, known by its looks, and nobody in between or after."""
    face = (100.0, 90.0, 60.0, _RED)
    looked_at = [*range(20, 30), *range(50, 60)]
    frames = [frame for frame in _clip(80, lambda _: [face]) if frame[0] in looked_at]
    detector = ScriptedDetector(face_points, lambda _: [face])
    times = [Fraction(index, 25) for index in range(80)]
    told: list[int] = []
    analysis = analyse(frames, detector, lambda _stage, done, _total: told.append(done), total=20, times=times)
    assert analysis.times == tuple(times) and np.flatnonzero(analysis.presence(0)).tolist() == looked_at
    assert analysis.face_count == 1 and len(analysis.tracks) == 2 and detector.frame == 20 and told[-1] == 20
