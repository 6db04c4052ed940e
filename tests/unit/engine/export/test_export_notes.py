"""What is said before an export."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import numpy as np
import pytest

from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.export.export_notes import export_notes
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.media.clip import Clip, Voice
from app.engine.media.probe import AudioStream, MediaInfo

S = Fraction
INFO = MediaInfo("a", "mov", S(10), S(0), None, AudioStream(0, "pcm", 48000, 1, "mono", S(0), None), ())
CLIP = Clip("c.mp4", "0", INFO, tuple(range(250)), Fraction(1, 25), Fraction(25), (640, 480))


def _voice(seconds: Fraction | int) -> Voice:
    return Voice("v.wav", "1", INFO, Fraction(seconds))


def _span(start: float, stop: float) -> TimeRange:
    return TimeRange(Fraction(start), Fraction(stop))


def _faces(*present: range) -> FaceAnalysis:
    tracks = tuple(
        FaceTrack(
            number,
            0,
            part.start,
            np.zeros((len(part), 68, 2), np.float32),
            np.ones(len(part), np.float32),
            np.zeros(len(part), np.bool_),
        )
        for number, part in enumerate(present)
    )
    return FaceAnalysis((640, 480), tuple(Fraction(i, 25) for i in range(250)), (), tracks, "fake", "1")


ALL = _faces(range(250))
PROJECT = Project("c.mp4", "v.wav")


def test_all_is_well() -> None:
    notes = export_notes(PROJECT, CLIP, _voice(10), ALL, None)
    assert not notes.problems and not notes.warnings


def test_what_is_missing_stops_it() -> None:
    notes = export_notes(Project(), None, None, None, None)
    assert len(notes.problems) == 2 and "no clip yet" in notes.problems[0]
    assert export_notes(PROJECT, CLIP, None, ALL, None).problems == ('The voice "v.wav" is not open.',)


def test_no_segment_in_the_range_stops_it() -> None:
    project = msgspec.structs.replace(PROJECT, segments=(Segment(_span(1, 2), id=1),))
    assert not export_notes(project, CLIP, _voice(10), ALL, _span(0, 3)).problems
    assert "No segment lies in the range" in export_notes(project, CLIP, _voice(10), ALL, _span(2, 3)).problems[0]
    empty = msgspec.structs.replace(PROJECT, segments=())
    assert "in the clip" in export_notes(empty, CLIP, _voice(10), ALL, None).problems[0]


def test_a_voice_that_never_sounds_there_stops_it() -> None:
    project = msgspec.structs.replace(PROJECT, offset=S(5), segments=(Segment(_span(1, 2), id=1),))
    assert "never heard" in export_notes(project, CLIP, _voice(10), ALL, None).problems[0]
    own = msgspec.structs.replace(project, segments=(Segment(_span(1, 2), offset=S(1), id=1),))
    assert not export_notes(own, CLIP, _voice(1), ALL, None).problems


@pytest.mark.parametrize(
    ("seconds", "fit", "offset", "said"),
    [
        (12, "cut", 0, "its last 2.00 s are cut"),
        (12, "hold", 0, "held for 2.00 s"),
        (8, "cut", 0, "ends 2.00 s before"),
        (10, "cut", -1, "its first 1.00 s are not heard"),
    ],
)
def test_a_voice_of_another_length(seconds: int, fit: str, offset: int, said: str) -> None:
    project = msgspec.structs.replace(PROJECT, fit=fit, offset=S(offset))
    notes = export_notes(project, CLIP, _voice(seconds), ALL, None)
    assert said in notes.warnings[0] and not notes.problems


def test_nothing_is_held_in_a_part_before_the_end() -> None:
    project = msgspec.structs.replace(PROJECT, fit="hold")
    for stop in (Fraction(5), Fraction(249, 25)):  # the last frame begins at the second
        assert "are cut" in export_notes(project, CLIP, _voice(12), ALL, TimeRange(S(0), stop)).warnings[0]


@pytest.mark.parametrize("span", [_span(5, 10), _span(5, 9.98)])
def test_a_part_to_the_end_is_held_as_the_export_holds_it(span: TimeRange) -> None:
    last = Segment(span, id=1)
    for segments in (None, (last,)):
        project = msgspec.structs.replace(PROJECT, fit="hold", segments=segments)
        warnings = export_notes(project, CLIP, _voice(12), ALL, span).warnings
        assert "held for 2.00 s" in warnings[-1] and not any("are cut" in warning for warning in warnings)


def test_stretches_without_a_face_are_counted_inside_what_is_dubbed() -> None:
    faces = _faces(range(0, 50), range(75, 200))
    notes = export_notes(PROJECT, CLIP, _voice(10), faces, None)
    assert notes.warnings == ("2 stretches without the face (3.00 s, first 0:00:02.000) are passed through as filmed.",)
    one = export_notes(PROJECT, CLIP, _voice(10), faces, _span(0, 4)).warnings[-1]
    assert one == "One stretch without the face (1.00 s, at 0:00:02.000) is passed through as filmed."
    assert "have not been found yet" in export_notes(PROJECT, CLIP, _voice(10), None, None).warnings[0]
