"""Dubbed ranges handed back: in their places to the frame, with handles and markers, in every format."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import opentimelineio as otio
import pytest
from msgspec.structs import replace

from app.core.errors import UserError
from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.dub.report import DubReport, FitCheck
from app.engine.faces.doubts import Doubt
from app.engine.interchange.cut import clips_of, read_cut
from app.engine.interchange.cut_export import KEY, DonePiece, pieces_of, timeline_of, write_timeline
from app.engine.media.clip import Clip, open_clip
from tests.unit.engine.interchange.cuts import COUNT, HOUR, NTSC, cut_of, film, gap, shot

REPORT = DubReport(
    "c", "v", "o", 5, 4, (), {"total": 1.0}, 5.0, "cpu", "radio", "0" * 64, "facemesh", True, "x", ((0.5,),),
    0.0, 0.0, 0.0, FitCheck(None, 2.0, "It fits."), (),
)  # fmt: skip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return open_clip(film(tmp_path_factory.mktemp("film") / "film.mp4"))


def span(first: int, stop: int) -> TimeRange:
    return TimeRange(first / NTSC, stop / NTSC)


def project_of(clip: Clip) -> Project:
    """Frames 30 to 40 and 60 to 96 are dubbed; the clip is the second of its cut."""
    segments = (Segment(span(30, 40), id=1, name="Hello", speaker="Anna"), Segment(span(60, COUNT), id=2))
    return Project(clip.path, "voice.wav", segments=segments, cut_clip=2)


def done(project: Project, clip: Clip, folder: Path) -> list[DonePiece]:
    pieces = pieces_of(project, clip, folder, ".mov", handles=6)
    doubt = Doubt(span(32, 35), 0, "no face")
    return [DonePiece(pieces[0], REPORT, (doubt,)), *(DonePiece(piece, REPORT, ()) for piece in pieces[1:])]


def cut_with(clip: Clip) -> otio.schema.Timeline:
    """Frames 24 to 84 of the clip from frame 34 of the cut on."""
    media = Path(clip.path)
    return cut_of(gap(10), shot("one", media, 0, 24), shot("two", media, 24, 60, HOUR))


def test_pieces_are_whole_frames_with_handles_as_far_as_the_clip_reaches(clip: Clip, tmp_path: Path) -> None:
    first, second = pieces_of(project_of(clip), clip, tmp_path, ".mov", handles=6)
    assert (first.range, first.span) == (span(30, 40), span(24, 46))
    assert second.span == TimeRange(54 / NTSC, clip.stop)
    assert (first.file.name, second.file.name) == ("film dub 001.mov", "film dub 002.mov")
    with pytest.raises(UserError, match="no dubbed segment"):
        pieces_of(replace(project_of(clip), segments=()), clip, tmp_path, ".mov")


@pytest.mark.parametrize("suffix", [".otio", ".xml"])
def test_the_cut_comes_back_with_the_pieces_over_it(clip: Clip, tmp_path: Path, suffix: str) -> None:
    project, before = project_of(clip), cut_with(clip)
    made = timeline_of(project, clip, done(project, clip, tmp_path), before, tmp_path)
    write_timeline(made, tmp_path / f"out{suffix}")
    back = read_cut(tmp_path / f"out{suffix}")
    clips = clips_of(back, tmp_path)
    own, ours = clips[:2], clips[2:]
    assert [one.at for one in own] == [one.at for one in clips_of(before, tmp_path)]
    assert [(one.at, one.range) for one in ours] == [(span(40, 50), span(6, 16)), (span(70, 94), span(6, 30))]
    assert [one.media for one in ours] == [tmp_path / "film dub 001.mov", tmp_path / "film dub 002.mov"]
    assert all(one.rate == NTSC for one in clips)
    sound = [track for track in back.audio_tracks() if any(track.find_clips())][-1]
    assert [one.name for one in sound.find_clips()] == [one.name for one in ours] == ["Hello", "film dub 002"]
    assert KEY not in before.metadata, "what was given stays as it was"


def test_markers_and_metadata_are_ours_alone(clip: Clip, tmp_path: Path) -> None:
    project = project_of(clip)
    made = timeline_of(project, clip, done(project, clip, tmp_path), cut_with(clip), tmp_path)
    write_timeline(made, tmp_path / "out.otio")
    back = read_cut(tmp_path / "out.otio")
    assert set(back.metadata) == {KEY} and back.metadata[KEY]["weights"] == "radio"
    tracks = back.video_tracks()
    hello = tracks[1].find_clips()[0]
    assert hello.metadata[KEY]["speaker"] == "Anna" and set(hello.metadata) == {KEY}
    (marker,) = hello.markers
    assert (marker.name, marker.marked_range.start_time.value, marker.marked_range.duration.value) == ("no face", 8, 3)
    source = tracks[0].find_clips()[1]
    undubbed = [(m.name, m.marked_range.start_time.value - HOUR, m.marked_range.duration.value) for m in source.markers]
    assert undubbed == [("no lip-sync", 24, 6), ("no lip-sync", 40, 20)]


def test_fcp_xml_counts_in_ntsc_frames(clip: Clip, tmp_path: Path) -> None:
    """Looked at as XML, without the library that wrote it."""
    project = project_of(clip)
    made = timeline_of(project, clip, done(project, clip, tmp_path), cut_with(clip), tmp_path)
    write_timeline(made, tmp_path / "out.xml")
    item = next(i for i in ElementTree.parse(tmp_path / "out.xml").iter("clipitem") if i.findtext("name") == "Hello")
    assert [item.findtext(name) for name in ("start", "end", "in", "out")] == ["40", "50", "6", "16"]
    assert (item.findtext("rate/timebase"), item.findtext("rate/ntsc")) == ("24", "TRUE")


def test_an_edl_holds_the_dubbed_ranges(clip: Clip, tmp_path: Path) -> None:
    """Read by its columns, as CMX 3600 lays them out."""
    project = project_of(clip)
    made = timeline_of(project, clip, done(project, clip, tmp_path), cut_with(clip), tmp_path)
    write_timeline(made, tmp_path / "out.edl")
    events = re.findall(r"^(\d{3})\s+\S+\s+V\s+C\s+(\S+) (\S+) (\S+) (\S+)$", (tmp_path / "out.edl").read_text(), re.M)
    assert events == [
        ("001", "00:00:00:06", "00:00:00:16", "00:00:01:16", "00:00:02:02"),
        ("002", "00:00:00:06", "00:00:01:06", "00:00:02:22", "00:00:03:22"),
    ]


def test_without_a_cut_the_clip_itself_lies_below(clip: Clip, tmp_path: Path) -> None:
    project = project_of(clip)
    made = timeline_of(project, clip, done(project, clip, tmp_path), None, tmp_path)
    write_timeline(made, tmp_path / "out.otio")
    clips = clips_of(read_cut(tmp_path / "out.otio"), tmp_path)
    assert [one.at for one in clips] == [span(0, COUNT), span(30, 40), span(60, COUNT)]


def test_a_cut_that_cannot_carry_the_ranges_is_refused(clip: Clip, tmp_path: Path) -> None:
    project = project_of(clip)
    pieces = done(project, clip, tmp_path)
    fast = cut_with(clip)
    fast.tracks[0][2].effects.append(otio.schema.LinearTimeWarp(time_scalar=2.0))
    with pytest.raises(UserError, match="another speed"):
        timeline_of(project, clip, pieces, fast, tmp_path)
    with pytest.raises(UserError, match="no clip 7 any more"):
        timeline_of(replace(project, cut_clip=7), clip, pieces, cut_with(clip), tmp_path)
    with pytest.raises(UserError, match="No dubbed range lies in clip 1"):
        timeline_of(replace(project, cut_clip=1), clip, pieces, cut_with(clip), tmp_path)
    with pytest.raises(UserError, match="does not end in"):
        write_timeline(cut_with(clip), tmp_path / "out.aaf")
    assert [item.name for item in tmp_path.iterdir()] == []


def test_names_with_what_xml_marks_up_come_back(clip: Clip, tmp_path: Path) -> None:
    project = project_of(clip)
    named = replace(project, segments=(replace((project.segments or ())[0], name='<A> & "B"'),))
    made = timeline_of(named, clip, done(named, clip, tmp_path), None, tmp_path)
    write_timeline(made, tmp_path / "out.xml")
    assert clips_of(read_cut(tmp_path / "out.xml"), tmp_path)[1].name == '<A> & "B"'
    assert Fraction(clips_of(read_cut(tmp_path / "out.xml"), tmp_path)[1].range.start) == 6 / NTSC
