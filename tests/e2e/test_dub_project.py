"""`dub PROJECT.redub`: the same picture as the options would give, with the weights that the project names."""

from __future__ import annotations

import hashlib
import shutil
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.files.project_file import save_project
from tests.e2e.material import Dubbing, pictures_of, redub

SPAN = TimeRange(Fraction(1, 5), Fraction(3, 5))


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def project(clip: Path, voice: Path, weights: Path, tmp_path: Path) -> Path:
    """A folder that holds a project and all it needs, and was moved after it was saved."""
    folder = tmp_path / "made here"
    folder.mkdir()
    media = [Path(shutil.copy(file, folder)) for file in (clip, voice, weights)]
    save_project(
        Project(
            clip=str(media[0]),
            voice=str(media[1]),
            offset=Fraction(1, 10),
            segments=(Segment(SPAN, reference=Fraction(1, 2), id=1),),
            original_audio="keep",
            clip_sha256=sha256(media[0]),
            voice_sha256=sha256(media[1]),
            weights=str(media[2]),
        ),
        folder / "show.redub",
    )
    return Path(shutil.move(folder, tmp_path / "moved")) / "show.redub"


def test_a_saved_project_is_rendered_as_the_options_would(
    project: Path, dub: Dubbing, clip: Path, voice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, told = tmp_path / "out.mp4", tmp_path / "report.json"
    assert redub("dub", project, "-o", target, "--device", "cpu", "--report", told) == 0
    assert "is not the file that" not in capsys.readouterr().err
    report = msgspec.json.decode(told.read_bytes())
    options = ("--range", "0.2-0.6", "--offset", "0.1", "--reference", "0.5", "--original-audio", "keep")
    by_options = dub(clip, voice, *options)
    assert (pictures_of(target) == pictures_of(by_options.file)).all()
    assert report["dubbed_frames"] == by_options.report["dubbed_frames"] == 10
    assert report["clip"] == str(project.parent / clip.name)
    assert report["weights_sha256"] == by_options.report["weights_sha256"]


def test_media_of_other_content_are_told(
    project: Path, voice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = project.parent / voice.name
    other.write_bytes(other.read_bytes() + b"\0\0")
    assert redub("dub", project, "-o", tmp_path / "out.mp4", "--device", "cpu") == 0
    assert f'the voice "{other}" is not the file that' in capsys.readouterr().err


def test_the_report_may_not_replace_the_project(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = project.read_bytes()
    assert redub("dub", project, "-o", tmp_path / "out.mp4", "--report", project) == 2
    assert "choose another name" in capsys.readouterr().err
    assert project.read_bytes() == before
