"""What is played is what an export would hold."""

from __future__ import annotations

from fractions import Fraction

from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip, Voice
from app.engine.media.probe import MediaInfo
from app.engine.sound.extent import heard_project

INFO = MediaInfo("x", "mp4", Fraction(4), Fraction(0), None, None, ())
CLIP = Clip("clip.mp4", "a", INFO, tuple(range(100)), Fraction(1, 25), Fraction(25), (64, 48))
VOICE = Voice("voice.wav", "b", INFO, Fraction(2))
TAIL = Segment(TimeRange(Fraction(1), Fraction(4)), offset=Fraction(3), id=1)


def stop(project: Project, clip: Clip | None = CLIP, voice: Voice | None = VOICE) -> Fraction:
    return heard_project(project, clip, voice)[1].stop


def test_a_clip_is_played_to_its_end() -> None:
    assert stop(Project(offset=Fraction(3))) == 4
    assert heard_project(Project(segments=(TAIL,)), CLIP, VOICE)[0].segments == (TAIL,)


def test_a_held_frame_lets_the_voice_end() -> None:
    heard, whole = heard_project(Project(segments=(TAIL,), fit="hold"), CLIP, VOICE)
    assert whole.stop == 5
    assert heard.segments is not None
    assert heard.segments[-1].range == TimeRange(Fraction(1), Fraction(5))
    assert stop(Project(offset=Fraction(3), fit="hold")) == 5


def test_nothing_is_held_for_a_voice_that_ends_before_or_where_the_last_frame_is_not_dubbed() -> None:
    assert stop(Project(fit="hold")) == 4
    early = Segment(TimeRange(Fraction(1), Fraction(2)), id=1)
    for segments in ((), (early,)):
        assert stop(Project(segments=segments, offset=Fraction(3), fit="hold")) == 4
    assert stop(Project(segments=(TAIL,), fit="hold"), voice=None) == 4


def test_without_a_clip_the_voice_is_all() -> None:
    assert stop(Project(offset=Fraction(1)), clip=None) == 3
    assert stop(Project(offset=Fraction(-5)), clip=None) == 0
    assert stop(Project(), clip=None, voice=None) == 0
