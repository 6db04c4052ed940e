"""`project` makes projects that `dub` renders; `handoff` writes what other programs take."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from app.core.cues import cues_of
from app.engine.files.project_file import load_project
from app.engine.interchange.subtitles import read_subtitles
from tests.e2e.material import redub

VTT = "WEBVTT\n\n00:00.200 --> 00:00.600\n<v Anna>Hello\n\n00:00.800 --> 00:09.000\n<v Bob>There\n"


def test_subtitles_go_there_and_back(
    clip: Path, voice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lines.vtt").write_text(VTT)
    project = tmp_path / "show.redub"
    assert redub("project", clip, voice, "--from", tmp_path / "lines.vtt", "-o", project, "--fit", "hold") == 0
    said = capsys.readouterr().err
    assert "1 line outside the clip" in said and "has 2 segments, spoken by Anna, Bob." in said
    made = load_project(project)
    assert made.fit == "hold" and made.clip_sha256 and made.voice_sha256
    assert [s.range.start for s in made.segments or ()] == [Fraction(1, 5), Fraction(4, 5)]
    assert redub("handoff", project, "-o", tmp_path / "out.vtt") == 0
    assert list(read_subtitles(tmp_path / "out.vtt").cues) == cues_of(made.segments or ())


def test_nothing_is_replaced_unasked(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = tmp_path / "show.redub"
    assert redub("project", clip, "-o", project) == 0
    assert load_project(project).voice == ""
    assert redub("project", clip, "-o", project) == 2
    assert "already exists" in capsys.readouterr().err
    assert redub("project", clip, "-o", tmp_path / "show.txt") == 2
    assert redub("dub", project, "-o", tmp_path / "out.mp4") == 2
    assert "has no voice yet" in capsys.readouterr().err
