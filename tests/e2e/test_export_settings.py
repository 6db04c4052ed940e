"""What a project asks of an export beyond the command line's options: a span, segments of their own, gains."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from app.core.errors import MediaError
from app.core.project import Mix, Project, Segment
from app.core.streams import Streams
from app.core.timebase import TimeRange
from app.engine.dub.report import DubReport
from app.engine.export.export import Tools, export
from app.engine.export.export_notes import export_notes
from app.engine.media.audio import Wav
from app.engine.media.clip import open_clip, open_voice
from app.engine.media.encoders import EncoderSettings, settings_for
from app.engine.media.output import check_output
from app.engine.progress import CancelToken
from app.engine.sound.decoded import decode_cached
from app.wiring import cache_folder, make_detector, make_dubber
from tests.e2e.material import SECONDS, click_times, frame_times, pictures_of, redub, sound_of, streams, write_clicks


@pytest.fixture(scope="module")
def tools(weights: Path) -> Tools:
    return Tools(
        make_dubber(str(weights), "cpu", print),
        "facemesh",
        partial(make_detector, "facemesh"),
        cache_folder(),
        EncoderSettings(),
    )


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """Clicks at 0.2 and 0.7 s of 1.2 s."""
    return write_clicks(tmp_path / "clicks.wav", [0.2, 0.7], SECONDS)


def span(start: str, stop: str) -> TimeRange:
    return TimeRange(Fraction(start), Fraction(stop))


def test_a_span_is_that_part_of_the_whole_dub(clip: Path, clicks: Path, tools: Tools, tmp_path: Path) -> None:
    segments = (Segment(span("0", "0.52")), Segment(span("0.6", "1.2"), offset=Fraction(1, 10)))
    project = Project(str(clip), str(clicks), segments=segments, original_audio="drop")
    whole, part = tmp_path / "whole.mp4", tmp_path / "part.mp4"
    report = export(project, whole, tools)
    cut = export(project, part, tools, span=span("0.41", "0.97"))  # the frame on screen at 0.41 s begins at 0.40
    assert (report.frames, report.dubbed_frames, cut.frames, cut.dubbed_frames) == (30, 28, 15, 13)
    assert frame_times(part) == [Fraction(k, 25) for k in range(15)]
    pictures, theirs = pictures_of(part).astype(int), pictures_of(whole)
    differences = [np.abs(pictures - theirs[first : first + 15]).mean() for first in (9, 10, 11)]
    assert differences[1] < 2 and differences[1] == min(differences)
    assert click_times(whole) == pytest.approx([0.2, 0.8], abs=0.003)
    assert click_times(part) == pytest.approx([0.4], abs=0.003)
    assert len(sound_of(part)) == pytest.approx(0.6 * 48000, abs=2400)
    assert len(cut.reference_times) == 2


def test_a_span_at_the_end_and_one_that_holds_everything(
    clip: Path, clicks: Path, tools: Tools, tmp_path: Path
) -> None:
    longer = write_clicks(tmp_path / "longer.wav", [1.4], 1.6)
    project = Project(str(clip), str(longer), fit="hold")
    end = export(project, tmp_path / "end.mp4", tools, span=span("1", "1.2"))
    assert (end.frames, end.held_seconds) == (15, pytest.approx(0.4))
    assert click_times(tmp_path / "end.mp4") == pytest.approx([0.4], abs=0.003)
    before = export(project, tmp_path / "before.mp4", tools, span=span("0", "0.4"))
    assert (before.frames, before.held_seconds) == (10, 0)


@pytest.mark.parametrize(
    ("project", "part", "words"),
    [
        (Project(segments=()), None, "has no segment"),
        (Project(segments=(Segment(span("0", "0.4")),)), span("0.6", "0.8"), "no dubbed segment in the range"),
        (Project(), span("3", "4"), "no frame from 0:00:03.000"),
        (Project(segments=(Segment(span("0", "0.4"), offset=Fraction(9)),)), None, "never heard"),
    ],
)
def test_what_cannot_be_exported_is_said(
    clip: Path, clicks: Path, tools: Tools, tmp_path: Path, project: Project, part: TimeRange | None, words: str
) -> None:
    asked = msgspec.structs.replace(project, clip=str(clip), voice=str(clicks))
    with pytest.raises(MediaError, match=words):
        export(asked, tmp_path / "out.mp4", tools, span=part)
    assert not (tmp_path / "out.mp4").exists()


def test_gains_and_silence(clip: Path, clicks: Path, tools: Tools, tmp_path: Path) -> None:
    """Two clicks of 2 ms are no speech: with "keep" the whole mouth stays as it was filmed."""
    project = Project(
        str(clip),
        str(clicks),
        segments=(Segment(span("0", "0.6"), silence="keep"),),
        voice_mix=Mix(gain_db=-6.0),
        original_mix=Mix(gain_db=-12.0, mute=True),
    )
    report: DubReport = export(project, tmp_path / "out.mp4", tools)
    assert (report.frames, report.dubbed_frames) == (30, 0)
    heard, before = sound_of(tmp_path / "out.mp4"), sound_of(clip)
    outside = slice(32000, 55000)
    assert np.std(heard[outside]) == pytest.approx(np.std(before[outside]) * 10 ** (-12 / 20), rel=0.05)
    assert 0.3 < np.abs(heard[9000:11000]).max() < 0.6


def test_what_is_said_before_agrees_with_what_is_held(clip: Path, tools: Tools, tmp_path: Path) -> None:
    longer = write_clicks(tmp_path / "longer.wav", [1.4], 1.6)
    project = Project(str(clip), str(longer), fit="hold", segments=(Segment(span("0.6", "1.2"), id=1),))
    shown = span("0.6", "1.2")
    said = export_notes(project, open_clip(clip), open_voice(longer), None, shown).warnings
    report = export(project, tmp_path / "out.mp4", tools, span=shown)
    assert report.held_seconds == pytest.approx(0.4) and report.cut_seconds == 0
    assert any("held for 0.40 s" in sentence for sentence in said) and not any("are cut" in one for one in said)


def test_a_finishing_export_says_its_profile_and_takes_sound_from_the_cache(
    clip: Path, clicks: Path, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = msgspec.structs.replace(tools, encoder=settings_for("prores_ks"), cancel=CancelToken())
    decoded: list[tuple[Wav, CancelToken | None]] = []
    checked: list[Path] = []

    def decode(
        file: Path, cache: Path, rate: int | None, *, cancel: CancelToken, tolerant: bool, streams: Streams
    ) -> Wav:
        assert not tolerant
        wav = decode_cached(file, cache, rate, cancel=cancel, tolerant=tolerant, streams=streams)
        decoded.append((wav, cancel))
        return wav

    def check(target: Path, *more: Any) -> None:
        checked.append(target)
        check_output(target, *more)

    monkeypatch.setattr("app.engine.export.export.decode_cached", decode)
    monkeypatch.setattr("app.engine.export.export.check_output", check)
    report = export(Project(str(clip), str(clicks)), tmp_path / "out.mov", asked)
    assert report.encoder == "prores_ks, hq" and checked == [tmp_path / "out.mov"]
    # the voice alone: the clip's own sound is dropped throughout
    assert [wav.path.parent for wav, _ in decoded] == [tools.cache / "sound"]
    assert all(wav.path.is_file() and token is asked.cancel for wav, token in decoded)
    assert click_times(tmp_path / "out.mov") == pytest.approx([0.2, 0.7], abs=0.003)


def test_the_command_line_makes_another_kind_of_file(
    clip: Path, clicks: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A preset of the program and one of the user's own."""
    own = tmp_path / "redub" / "presets"
    own.mkdir(parents=True)
    (own / "review.toml").write_text('title = "Review"\ncodec = "hevc"\nquality = 35\nspeed = "ultrafast"\n')
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    wanted = {"prores": ("prores", "yuv422p10le", "pcm_s24le"), "review": ("hevc", "yuv420p", "aac")}
    for preset, (codec, pixel_format, sound) in wanted.items():
        target = tmp_path / f"{preset}.mov"
        given = ["dub", clip, clicks, "-o", target, "--weights", weights, "--device", "cpu", "--preset", preset]
        given += ["--range", "0-0.4"]
        assert redub(*given) == 0
        made = streams(target)
        assert (made["video"]["codec_name"], made["video"]["pix_fmt"]) == (codec, pixel_format)
        assert made["audio"]["codec_name"] == sound
