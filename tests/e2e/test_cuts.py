"""A cut comes in, its clip is dubbed, and the cut goes out with the dubbed range over it; many clips by `batch`."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from app.engine.files.project_file import load_project
from app.engine.interchange.cut import clips_of, read_cut
from tests.e2e.material import frame_times, redub, streams

RATE = 25.0


def frames(start: int, length: int) -> otio.opentime.TimeRange:
    times = (otio.opentime.RationalTime(value, RATE) for value in (start, length))
    return otio.opentime.TimeRange(*times)


@pytest.fixture
def cut(clip: Path, voice: Path, tmp_path: Path) -> Path:
    """Frames 10 to 20 of the puppet from frame 5 on, the voice's first 10 frames under it, and a title without one."""
    timeline = otio.schema.Timeline("the cut")
    for kind, media in (("Video", clip), ("Audio", voice)):
        track = otio.schema.Track(f"{kind[0]}1", kind=kind)
        track.append(otio.schema.Gap(source_range=frames(0, 5)))
        reference = otio.schema.ExternalReference(media.as_uri(), frames(0, 30))
        track.append(otio.schema.Clip("shot", reference, frames(10 if kind == "Video" else 0, 10)))
        timeline.tracks.append(track)
    timeline.tracks[0].append(otio.schema.Clip("title", otio.schema.MissingReference(), frames(0, 5)))
    otio.adapters.write_to_file(timeline, str(tmp_path / "cut.otio"))
    return tmp_path / "cut.otio"


def test_a_cut_goes_there_and_back(
    cut: Path, clip: Path, voice: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert redub("project", cut, "--list") == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[0].startswith("1  shot  V1  ") and "names no media" in listed[1]
    project = tmp_path / "show.redub"
    assert redub("project", cut, "-o", project, "--pick", "shot", "--weights", weights) == 0
    made = load_project(project)
    assert (made.clip, made.voice, made.offset) == (str(clip), str(voice), Fraction(2, 5))
    assert (made.cut, made.cut_clip) == (str(cut), 1)

    out = tmp_path / "out" / "cut.otio"
    out.parent.mkdir()
    assert redub("handoff", project, "-o", out, "--handles", 4, "--device", "cpu", "--preset", "prores") == 0
    own, ours = (one for one in clips_of(read_cut(out), out.parent) if not one.problem)
    assert own.at == ours.at
    assert ours.media is not None and ours.media.parent == out.parent / "cut films"
    assert len(frame_times(ours.media)) == 18
    assert ours.range.start == Fraction(4, 25)
    assert streams(ours.media)["audio"]["codec_name"] == "pcm_s24le"
    capsys.readouterr()
    assert redub("handoff", project, "-o", out) == 2
    assert "already exists" in capsys.readouterr().err


def test_the_clips_of_a_cut_are_a_batch(
    cut: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert redub("batch", cut, "-o", out, "--weights", weights, "--device", "cpu") == 0
    said = capsys.readouterr().err
    assert '"title" is left out' in said and "1 job: 1 done, 0 failed." in said
    assert len(frame_times(out / "001 shot.mp4")) == 10
    assert json.loads((out / "001 shot.json").read_text())["dubbed_frames"] == 10
