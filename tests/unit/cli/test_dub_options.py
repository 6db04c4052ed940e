"""`dub` with a project in the place of clip and voice: what it refuses, without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from app.core.project import Project
from app.engine.files.project_file import save_project


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's data lie in the test's folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    file = tmp_path / "show.redub"
    save_project(Project(clip=str(tmp_path / "clip.mp4"), voice=str(tmp_path / "voice.wav")), file)
    return file


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["dub", *map(str, arguments), "-o", "out.mp4"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("redub: ") and said.endswith(".")
    return said


@pytest.mark.parametrize(
    "given",
    [
        ["voice.wav"],
        ["--range", "0-1"],
        ["--offset", "0"],
        ["--reference", "auto"],
        ["--face", "1"],
        ["--original-audio", "drop"],
        ["--fit", "cut"],
        ["--weights", "radio-starter"],
        ["--video-stream", "0"],
        ["--audio-stream", "1"],
        ["--voice-stream", "0"],
    ],
)
def test_what_the_project_says_itself_is_refused(
    project: Path, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Even where it would be the default: whoever writes it means something by it."""
    option = given[0] if given[0].startswith("--") else "VOICE"
    assert f"already sets {option}: leave it out" in refusal(capsys, project, *given)


def test_a_project_that_cannot_be_rendered_is_refused(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f'The clip "{tmp_path / "clip.mp4"}" of the project' in refusal(capsys, project)
    for path in ("clip.mp4", "voice.wav"):
        (tmp_path / path).write_bytes(b"x")
    save_project(Project(clip=str(tmp_path / "clip.mp4")), project)
    assert "has no voice yet" in refusal(capsys, project)
    save_project(Project(str(tmp_path / "clip.mp4"), str(tmp_path / "voice.wav"), segments=()), project)
    assert "has no segment to dub" in refusal(capsys, project)
    project.write_bytes(b"{")
    assert "is damaged" in refusal(capsys, project)
    assert "does not exist" in refusal(capsys, tmp_path / "gone.REDUB")


def test_a_clip_needs_a_voice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "needs a new voice" in refusal(capsys, tmp_path / "clip.mp4")


def test_an_unknown_preset_is_refused_with_all_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "redub" / "presets").mkdir(parents=True)
    (tmp_path / "redub" / "presets" / "review.toml").write_text('title = "Review"\ncodec = "h264"\n')
    said = refusal(capsys, tmp_path / "clip.mp4", tmp_path / "voice.wav", "--preset", "betamax")
    assert 'no export preset "betamax": choose h264, hevc, prores, dnxhr or review.' in said


def test_a_broken_preset_of_one_s_own_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "redub" / "presets").mkdir(parents=True)
    (tmp_path / "redub" / "presets" / "review.toml").write_text('title = "Review"\n')
    given = [str(tmp_path / "clip.mp4"), str(tmp_path / "voice.wav"), "--preset", "review", "-o", "out.mp4"]
    assert main(["dub", *given]) == 2
    broken, unknown = capsys.readouterr().err.splitlines()
    assert "review.toml" in broken and "correct or remove" in broken and 'no export preset "review"' in unknown


def test_the_help_names_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["dub", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "PROJECT.redub" in told and "default: radio-starter" in told and "default: 1, the most" in told
    assert "h264, hevc, prores or dnxhr" in told and "default: h264" in told
