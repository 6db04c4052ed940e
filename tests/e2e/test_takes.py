"""Two speakers with two voices in one export; a take is switched, compared and kept on the command line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.files.project_file import load_project, save_project
from tests.e2e.material import click_times, pictures_of, redub, write_clicks, write_voice

ANNA, BOB = TimeRange(Fraction(0), Fraction(2, 5)), TimeRange(Fraction(2, 5), Fraction(6, 5))


def test_two_speakers_have_two_voices(
    clip: Path, voice: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoken = write_voice(tmp_path / "bob.wav", 0.8, rate=48000, name="a")
    file = tmp_path / "show.redub"
    segments = (Segment(ANNA, id=1, speaker="Anna"), Segment(BOB, id=2, speaker="Bob"))
    save_project(Project(str(clip), str(voice), segments=segments, weights=str(weights)), file)
    assert redub("take", file, "--speaker", "bob", "--add", spoken, "--name", "second try") == 0
    assert "* 1  " in capsys.readouterr().out
    (own,) = load_project(file).segments[1].takes  # type: ignore[index]
    assert (own.path, own.name, own.duration) == (str(spoken), "second try", Fraction(4, 5))

    saved = load_project(file)
    plain = replace(saved, segments=segments)
    projects = {"two": saved, "anna": plain, "bob": replace(plain, voice=str(spoken), offset=BOB.start)}
    pictures: list[NDArray[np.uint8]] = []
    for name, project in projects.items():
        save_project(project, tmp_path / f"{name}.redub")
        assert redub("dub", tmp_path / f"{name}.redub", "-o", tmp_path / f"{name}.mov", "--preset", "prores") == 0
        pictures.append(pictures_of(tmp_path / f"{name}.mov"))
    two, anna, bob = pictures
    assert (two[:10] == anna[:10]).all() and (two[10:] == bob[10:]).all()
    assert (anna[10:] != bob[10:]).any()

    assert redub("take", file, "--segment", 2, "--use", "project") == 0
    assert load_project(file).segments[1].own_voice is None  # type: ignore[index]
    assert redub("take", file, "--segment", 2, "--use", 1) == 0
    assert redub("take", file, "--segment", 2, "--keep") == 0
    for wrong in (["--segment", 3], ["--use", 1], ["--segment", 2, "--use", "x"], ["--speaker", "Eve", "--keep"]):
        assert redub("take", file, *wrong) == 2
    spoken.unlink()
    assert redub("dub", file, "-o", tmp_path / "three.mp4") == 2
    assert f'The voice "{spoken}" of a segment' in capsys.readouterr().err


def test_the_voices_sound_at_their_places(clip: Path, weights: Path, tmp_path: Path) -> None:
    one = write_clicks(tmp_path / "one.wav", [0.1, 0.7], 1.2)
    other = write_clicks(tmp_path / "other.wav", [0.3], 0.5, rate=44100)
    file = tmp_path / "show.redub"
    segments = (Segment(ANNA, id=1), Segment(BOB, id=2))
    save_project(Project(str(clip), str(one), segments=segments, weights=str(weights)), file)
    assert redub("take", file, "--segment", 2, "--add", other) == 0
    assert redub("dub", file, "-o", tmp_path / "out.mp4", "--device", "cpu") == 0
    assert click_times(tmp_path / "out.mp4") == pytest.approx([0.1, 0.7], abs=0.002)
    assert redub("take", file, "--segment", 2, "--add", other, "--offset", "0.6") == 0
    assert redub("dub", file, "-o", tmp_path / "later.mp4", "--device", "cpu") == 0
    assert click_times(tmp_path / "later.mp4") == pytest.approx([0.1, 0.9], abs=0.002)
