"""What goes to finishing by itself: the dubbed ranges with a matte, the sound."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from msgspec.structs import replace
from numpy.typing import NDArray

from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.files.project_file import save_project
from tests.e2e.material import SIZE, redub, sound_of, streams

SPAN = TimeRange(Fraction(8, 25), Fraction(16, 25))
"""Frames 8 to 16."""


@pytest.fixture
def project(clip: Path, voice: Path, weights: Path, tmp_path: Path) -> Path:
    file = tmp_path / "show.redub"
    save_project(Project(str(clip), str(voice), segments=(Segment(SPAN, id=1),), weights=str(weights)), file)
    return file


def planes(file: Path, form: str) -> NDArray[np.float64]:
    """Frames as FFmpeg decodes them into a 16-bit format: N x rows x columns, all planes below each other."""
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(file),
        "-f",
        "rawvideo",
        "-pix_fmt",
        form,
        "-fps_mode",
        "passthrough",
        "-",
    ]
    raw = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<u2")
    return raw.reshape(-1, (4 if "a" in form else 3) * SIZE, SIZE).astype(np.float64)


def test_the_matte_lays_the_lips_over_the_original(project: Path, clip: Path, tmp_path: Path) -> None:
    given = ["--handles", 3, "--device", "cpu"]
    assert redub("handoff", project, "-o", tmp_path / "matte.otio", "--matte", *given) == 0
    assert redub("handoff", project, "-o", tmp_path / "plain.otio", "--preset", "prores", *given) == 0
    matte, plain = (tmp_path / f"{name} films" / "puppet dub 001.mov" for name in ("matte", "plain"))
    video = streams(matte)["video"]
    assert (video["codec_name"], video["profile"], video["codec_tag_string"]) == ("prores", "4444", "ap4h")
    layered = planes(matte, "yuva444p10le")
    luma, alpha = layered[:, :SIZE] / 1023, layered[:, -SIZE:] / 1023
    assert (alpha[:3] == 0).all() and (alpha[-3:] == 0).all(), "the handles show nothing"
    dubbed = alpha[3:-3]
    assert len(dubbed) == 8 and (dubbed.max((1, 2)) > 0.9).all() and (dubbed > 0).mean() < 0.3
    source = planes(clip, "yuv444p10le")[5:19, :SIZE] / 1023
    pasted = planes(plain, "yuv444p10le")[:, :SIZE] / 1023
    over = alpha * luma + (1 - alpha) * source
    assert np.abs(over - pasted).mean() < 0.003
    inside = alpha > 0.5
    assert np.abs(over - pasted)[inside].mean() < 0.01 < np.abs(source - pasted)[inside].mean()


def test_the_sound_alone_is_the_export_s(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert redub("handoff", project, "-o", tmp_path / "dub.wav") == 0
    assert redub("dub", project, "-o", tmp_path / "dub.mov", "--preset", "prores", "--device", "cpu") == 0
    samples, rate = soundfile.read(tmp_path / "dub.wav", dtype="float32")
    exported = sound_of(tmp_path / "dub.mov", rate)
    assert len(samples) == len(exported)
    assert np.abs(samples.mean(1) - exported).max() < 2e-6
    assert soundfile.info(tmp_path / "dub.wav").subtype == "PCM_24"
    assert redub("handoff", project, "-o", tmp_path / "gone" / "dub.wav") == 2
    assert len(capsys.readouterr().err.splitlines()[-1]) > 20


def test_what_is_muted_while_listening_is_heard_in_the_file(
    project: Path, clip: Path, voice: Path, tmp_path: Path
) -> None:
    muted = Project(str(clip), str(voice), segments=(Segment(SPAN, id=1),))
    muted = replace(muted, voice_mix=replace(muted.voice_mix, mute=True))
    save_project(muted, tmp_path / "muted.redub")
    for name in ("show", "muted"):
        assert redub("handoff", tmp_path / f"{name}.redub", "-o", tmp_path / f"{name}.wav") == 0
    assert (tmp_path / "show.wav").read_bytes() == (tmp_path / "muted.wav").read_bytes()
