"""Real clips: a sentence of GRID and a phone's portrait, a few frames of each."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from models.weights import DEFAULT, known_names
from tests.e2e.material import Dubbing, frame_times, redub, streams

pytestmark = pytest.mark.clips


def test_a_sentence_of_grid(dub: Dubbing, clips: Path, voice: Path) -> None:
    clip = sorted((clips / "train").glob("grid-s4-*.mp4"))[0]
    made = dub(clip, voice, "--range", "1-1.4", "--original-audio", "duck")
    assert made.report["dubbed_frames"] == 10
    assert frame_times(made.file) == frame_times(clip)
    assert not made.report["faceless_spans"]


def test_a_portrait_from_a_phone(dub: Dubbing, clips: Path, voice: Path, tmp_path: Path) -> None:
    whole = clips / "test" / "portrait-1080x1920-25fps.mp4"
    short = tmp_path / "short.mp4"
    encoding = ["-t", "0.5", "-c:v", "libx264", "-preset", "ultrafast"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", whole, *encoding, short], check=True)
    made = dub(short, voice, "--range", "0.1-0.3")
    video = streams(made.file)["video"]
    assert (video["width"], video["height"]) == (1080, 1920)
    assert made.report["dubbed_frames"] == 5
    assert frame_times(made.file) == frame_times(short)


@pytest.mark.skipif(DEFAULT not in known_names(), reason=f"{DEFAULT} is not trained yet")
def test_the_starter_weights_know_a_sentence_of_grid(dub: Dubbing, clips: Path, voice: Path) -> None:
    clip = sorted((clips / "train").glob("grid-s1-*.mp4"))[0]
    made = dub(clip, voice, "--range", "1-1.4", "--weights", DEFAULT)
    assert made.report["weights"] == DEFAULT
    # a network that has learnt nothing comes to about -1 dB
    assert made.report["fit"]["score"] > made.report["fit"]["known"] / 2 > 0


def test_a_truncated_real_clip_is_refused(
    clips: Path, voice: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = sorted((clips / "train").glob("grid-s1-*.mp4"))[0]
    short = Path(shutil.copyfile(clip, tmp_path / "short.mp4"))
    with short.open("rb+") as file:
        file.truncate(clip.stat().st_size * 3 // 4)
    assert redub("dub", short, voice, "-o", tmp_path / "out.mp4", "--weights", weights) == 2
    assert "short.mp4" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["short.mp4"]
