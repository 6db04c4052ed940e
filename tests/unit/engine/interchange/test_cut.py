"""Cuts of other programs: clips with exact ranges, and what is said of those that cannot be dubbed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from app.core.errors import UserError
from app.core.project import Project
from app.core.timebase import TimeRange
from app.engine.interchange.cut import clip_named, clips_of, exact_rate, read_cut, sounds_of
from app.engine.interchange.cut_import import locate, voice_under, with_cut
from app.engine.media.clip import open_clip
from tests.unit.engine.interchange.cuts import COUNT, HOUR, NTSC, cut_of, film, frames, gap, save, shot


@pytest.mark.parametrize(
    ("rate", "exact"),
    [
        (23.976, NTSC),
        (24000 / 1001, NTSC),
        (23.98, NTSC),
        (24, Fraction(24)),
        (25.0, Fraction(25)),
        (29.97, Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (12.5, Fraction(25, 2)),
        (48000, Fraction(48000)),
    ],
)
def test_rates_are_exact(rate: float, exact: Fraction) -> None:
    assert exact_rate(rate) == exact


@pytest.mark.parametrize("rate", [0, -24, float("nan"), float("inf")])
def test_what_is_no_rate_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        exact_rate(rate)


@pytest.mark.parametrize("suffix", [".otio", ".xml", ".otioz"])
def test_a_clip_of_a_cut_has_its_range_of_the_file(tmp_path: Path, suffix: str) -> None:
    media = film(tmp_path / "a film.mp4")
    timeline = cut_of(gap(10), shot("one", media, 0, 20), shot("two", media, 24, 48, HOUR if suffix != ".xml" else 0))
    file = save(timeline, tmp_path / f"cut{suffix}")
    unpacked = tmp_path / "unpacked"
    clips = clips_of(read_cut(file, unpacked), file.parent)
    chosen = clip_named(clips, "two", file)
    assert chosen == clip_named(clips, "2", file)
    assert chosen.range == TimeRange(24 / NTSC, 72 / NTSC) and chosen.at == TimeRange(30 / NTSC, 78 / NTSC)
    assert chosen.rate == NTSC and not chosen.problem
    found = locate(chosen, file)
    assert found.path.read_bytes() == media.read_bytes() and not found.notes
    clip = open_clip(found.path)
    project, notes = with_cut(Project(), chosen, file, clip)
    (segment,) = project.segments or ()
    assert clip.indices_in(segment.range) == range(24, 72)
    assert (segment.name, project.cut, project.cut_clip, notes) == ("two", str(file), 2, [])


def test_what_cannot_be_dubbed_says_why(tmp_path: Path) -> None:
    media = film(tmp_path / "film.mp4")
    nested, inner = otio.schema.Stack("nest"), otio.schema.Track("n1")
    inner.append(shot("deep", media, 0, 10))
    nested.append(inner)
    frozen, fast = shot("frozen", media, 0, 10), shot("fast", media, 10, 10)
    frozen.effects.append(otio.schema.FreezeFrame())
    fast.effects.append(otio.schema.LinearTimeWarp(time_scalar=2.0))
    offline = otio.schema.Clip("offline", otio.schema.MissingReference(), frames(0, 5))
    clips = clips_of(cut_of(nested, frozen, fast, offline, shot("before", media, -5, 10)), tmp_path)
    problems = {clip.name: clip.problem for clip in clips}
    assert "nested sequence" in problems["deep"]
    assert "stands still" in problems["frozen"]
    assert "names no media" in problems["offline"]
    assert "outside its media" in problems["before"]
    assert not problems["fast"]
    quick = next(clip for clip in clips if clip.name == "fast")
    assert quick.range == TimeRange(10 / NTSC, 30 / NTSC) and "played at 200%" in quick.notes[0]
    with pytest.raises(UserError, match=r'Clip 1 "deep" of .* nested sequence'):
        locate(clips[0], tmp_path / "cut.otio")
    with pytest.raises(UserError, match="has 5 clips: choose one"):
        clip_named(clips, None, tmp_path / "cut.otio")
    with pytest.raises(UserError, match='no clip "nine"'):
        clip_named(clips, "nine", tmp_path / "cut.otio")


def test_moved_media_are_found_by_name_or_asked_for(tmp_path: Path) -> None:
    (tmp_path / "edit").mkdir()
    (tmp_path / "store" / "deep").mkdir(parents=True)
    (chosen,) = clips_of(cut_of(shot("one", "file:///gone/a%20film.mp4", 0, 20)), tmp_path)
    cut = tmp_path / "edit" / "cut.otio"
    with pytest.raises(UserError, match="--media"):
        locate(chosen, cut)
    there = film(tmp_path / "store" / "deep" / "a film.mp4")
    found = locate(chosen, cut, tmp_path / "store")
    assert found.path == there and "of the same name is used" in found.notes[0]
    beside = film(tmp_path / "edit" / "a film.mp4")
    assert locate(chosen, cut).path == beside


def test_other_rates_and_missing_ends_are_said(tmp_path: Path) -> None:
    media = film(tmp_path / "film.mp4")
    clip = open_clip(media)
    reference = otio.schema.ExternalReference(media.as_uri(), frames(0, 500, Fraction(24)))
    whole, far = (
        otio.schema.Clip(name, reference, frames(start, 200, Fraction(24))) for name, start in (("a", 0), ("b", 300))
    )
    first, second = clips_of(cut_of(whole, far), tmp_path)
    project, notes = with_cut(Project(), first, tmp_path / "cut.otio", clip)
    assert (project.segments or ())[0].range == clip.whole
    assert "longer in the cut than its file" in notes[0]
    assert "24 frames a second and the file has 24000/1001" in notes[1]
    with pytest.raises(UserError, match="that file ends at"):
        with_cut(Project(), second, tmp_path / "cut.otio", clip)


def test_the_voice_is_the_other_sound_that_lies_under_the_clip(tmp_path: Path) -> None:
    media, voice = tmp_path / "film.mp4", tmp_path / "voice.wav"
    timeline = cut_of(
        gap(24),
        shot("one", media, 12, 48),
        audio=(gap(24), shot("own", media, 12, 6), shot("new", voice, 3, 40), shot("short", tmp_path / "o.wav", 0, 2)),
    )
    (chosen,) = clips_of(timeline, tmp_path)
    laid = voice_under(chosen, sounds_of(timeline, tmp_path))
    assert laid is not None and laid.sound.media == voice
    assert laid.offset == (12 + 6 - 3) / NTSC
    assert voice_under(chosen, []) is None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.otio", b"{}", "no timeline"),
        ("a.otio", b"\xff\xfe", "no timeline"),
        ("a.otio", b'{"OTIO_SCHEMA": "Gap.1", "name": "x"}', "holds no timeline"),
        ("a.otio", otio.adapters.write_to_string(otio.schema.Clip("x"), "otio_json").encode(), "export the cut itself"),
        ("a.xml", b"<xmeml/>", "no timeline"),
        ("a.xml", b"not xml", "no timeline"),
        ("a.otioz", b"PK", "no timeline"),
        ("a.aaf", b"", "does not end in"),
    ],
)
def test_what_holds_no_cut_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=said):
        read_cut(tmp_path / name)
    with pytest.raises(UserError, match="is not there"):
        read_cut(tmp_path / "gone.otio")


def test_the_film_is_as_long_as_the_cuts_say(tmp_path: Path) -> None:
    assert open_clip(film(tmp_path / "film.mp4")).count == COUNT
