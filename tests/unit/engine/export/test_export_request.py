"""Running an export that was asked for; the rendering itself is tested with `export`."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from app.core.errors import MediaError
from app.core.project import Project
from app.core.streams import Streams
from app.core.timebase import TimeRange
from app.engine.export.export import Tools
from app.engine.export.export_request import ExportRequest, check_request, run_export
from app.engine.media.encoders import EncoderSettings, settings_for
from app.engine.media.probe import MediaInfo, require_video
from tests.unit.engine.media.synth import ClipRecipe, make_clip, make_wav


@pytest.fixture
def request_(tmp_path: Path) -> ExportRequest:
    clip = make_clip(tmp_path / "clip.mp4", ClipRecipe(size=(320, 192)))
    voice = make_wav(tmp_path / "voice.wav", np.zeros(48000, np.float32))
    return ExportRequest(Project(str(clip), str(voice)), tmp_path / "out.mov", settings_for("prores_ks"))


def test_a_good_request_leaves_nothing(request_: ExportRequest) -> None:
    before = sorted(request_.target.parent.iterdir())
    check_request(request_)
    assert sorted(request_.target.parent.iterdir()) == before


def test_what_cannot_be_is_refused(request_: ExportRequest, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"ends in \.mov"):
        check_request(replace(request_, target=tmp_path / "out.mp4"))
    request_.target.touch()
    with pytest.raises(MediaError, match="already exists"):
        check_request(request_)
    check_request(replace(request_, overwrite=True))
    gone = Path(request_.project.clip).rename(tmp_path / "clip.mov")
    itself = replace(request_, project=Project(str(gone), request_.project.voice), target=gone, overwrite=True)
    with pytest.raises(MediaError, match="is the input"):
        check_request(itself)


def test_a_finishing_format_needs_its_room(request_: ExportRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(total=usage.total, used=0, free=300_000))
    with pytest.raises(MediaError, match=r"needs about 1\.3 MB"):
        check_request(request_)
    check_request(replace(request_, span=TimeRange(Fraction(0), Fraction(1, 10))))  # two frames


def test_hardware_that_fails_is_replaced_before_the_work_begins(
    request_: ExportRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[Any, ...]] = []
    monkeypatch.setattr("app.engine.export.export_request.export", lambda *found, span: given.append((*found, span)))
    said: list[str] = []
    tools = Tools(None, "fake", lambda: None, Path(), EncoderSettings(), notify=said.append)  # type: ignore[arg-type]
    span = TimeRange(Fraction(0), Fraction(1))
    wanted = replace(request_, encoder=EncoderSettings("h264_of_tomorrow", 19), overwrite=True, span=span)
    run_export(wanted, tools)
    project, target, used, overwrite, found = given[0]
    assert (project, target, overwrite, found) == (wanted.project, wanted.target, True, span)
    assert used.encoder == EncoderSettings("libx264", 19)
    assert len(said) == 1 and "libx264 is used instead" in said[0]


def test_the_clip_is_looked_at_once_before_the_export(request_: ExportRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []

    def look(path: Path, *_streams: Streams) -> MediaInfo:
        looked.append(path)
        return require_video(path)

    monkeypatch.setattr("app.engine.export.export_request.require_video", look)
    monkeypatch.setattr("app.engine.export.export_request.export", lambda *_found, span: span)
    tools = Tools(None, "fake", lambda: None, Path(), EncoderSettings())  # type: ignore[arg-type]
    run_export(request_, tools)
    assert looked == [Path(request_.project.clip)]
    assert check_request(request_) == (320, 192)
