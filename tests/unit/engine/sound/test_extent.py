"""What is played is what an export would hold."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from msgspec.structs import replace

from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip, Voice, open_clip, picture_stop
from app.engine.media.probe import MediaInfo
from app.engine.sound.extent import heard_project, placed_segments, shown_until
from tests.unit.engine.media.synth import make_clip

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


def test_a_clip_that_declares_a_later_end_is_heard_and_held_from_there(tmp_path: Path) -> None:
    """As a variable-rate clip does whose last frame stays on screen."""
    clip = open_clip(make_clip(tmp_path / "clip.mp4"))
    assert clip.info.video is not None and clip.stop == Fraction(4, 5)
    video = replace(clip.info.video, duration=Fraction(2))
    later = replace(clip, info=replace(clip.info, video=video))
    assert later.stop == picture_stop(later.info, clip.pts[-1], clip.time_base, clip.fps) == 2
    assert stop(Project(), later) == 2
    assert stop(Project(fit="hold", offset=Fraction(1)), later) == 3


def test_the_last_frame_is_held_where_the_range_reaches_it() -> None:
    asked = Project(fit="hold"), Fraction(4), Fraction(99, 25), Fraction(6)
    assert [shown_until(*asked, stop) for stop in (None, Fraction(4), Fraction(9), Fraction(397, 100))] == [6] * 4
    assert [shown_until(*asked, stop) for stop in (Fraction(99, 25), Fraction(2))] == [4] * 2


def test_segments_go_on_only_over_held_frames() -> None:
    inside = replace(TAIL, range=TimeRange(Fraction(1), Fraction(398, 100)))
    project = Project(segments=(inside,), fit="hold")
    assert placed_segments(project, Fraction(4), Fraction(4)) == (inside,)
    assert placed_segments(project, Fraction(4), Fraction(5))[0].range == TimeRange(Fraction(1), Fraction(5))
    assert heard_project(project, CLIP, replace(VOICE, duration=Fraction(1)))[0].segments == (inside,)
