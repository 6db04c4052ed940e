"""`dub`, from the command line to the finished file, looked at with FFmpeg's own tools."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from app.engine.export.export import PROVENANCE
from tests.e2e.material import (
    SECONDS,
    Dub,
    Dubbing,
    click_times,
    ffprobe,
    frame_times,
    grey,
    pictures_of,
    redub,
    silent_clip,
    sound_of,
    streams,
    write_clicks,
    write_voice,
)

FRAMES = 30


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """Clicks at 0.2 and 0.7 s of 1.2 s."""
    return write_clicks(tmp_path / "clicks.wav", [0.2, 0.7], SECONDS)


@pytest.fixture(scope="module")
def made(weights: Path, clip: Path, voice: Path, tmp_path_factory: pytest.TempPathFactory) -> Dub:
    """All of the clip dubbed, in a folder of its own."""
    return Dubbing(weights, tmp_path_factory.mktemp("made"))(clip, voice)


def test_a_dub_is_a_whole_and_honest_file(made: Dub, clip: Path) -> None:
    video, audio = streams(made.file)["video"], streams(made.file)["audio"]
    assert (video["codec_name"], video["pix_fmt"], video["color_space"]) == ("h264", "yuv420p", "bt709")
    assert (video["width"], video["height"], int(video["nb_frames"])) == (256, 256, FRAMES)
    assert (audio["codec_name"], audio["sample_rate"], audio["channels"]) == ("aac", "22050", 1)
    assert frame_times(made.file) == frame_times(clip)
    container = ffprobe(made.file, "-show_format")["format"]
    assert float(container["duration"]) == pytest.approx(SECONDS, abs=0.03)
    assert container["tags"]["comment"] == PROVENANCE
    head = made.file.read_bytes()
    assert 0 < head.find(b"moov") < head.find(b"mdat")
    assert [file.name for file in made.file.parent.iterdir() if file.suffix != ".json"] == [made.file.name]


def test_the_report_tells_everything(made: Dub, clip: Path, voice: Path, weights: Path) -> None:
    report, seconds = made.report, made.report["seconds"]
    assert (report["clip"], report["voice"], report["output"]) == (str(clip), str(voice), str(made.file))
    assert (report["frames"], report["dubbed_frames"], report["faceless_spans"]) == (FRAMES, FRAMES, [])
    assert {"decode", "network", "blend", "encode", "total"} <= set(seconds)
    assert all(value >= 0 for value in seconds.values())
    assert sum(seconds.values()) - seconds["total"] <= seconds["total"] + 0.01
    assert report["frames_per_second"] == pytest.approx(FRAMES / seconds["total"], rel=0.02)
    assert (report["device"], report["weights"]) == ("cpu", weights.stem)
    assert len(report["weights_sha256"]) == 64
    assert report["detector"].startswith("facemesh ")
    assert report["encoder"] == "libx264, CRF 16"
    assert len(report["reference_times"]) == 1
    assert (report["cut_seconds"], report["padded_seconds"], report["held_seconds"]) == (0, 0, 0)
    assert report["fit"]["known"] is None
    assert isinstance(report["fit"]["score"], float)
    assert report["fit"]["sentence"]


def test_a_second_dub_calls_no_detector(
    dub: Dubbing, clip: Path, voice: Path, clicks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDUB_CACHE", str(tmp_path / "cache"))
    first = dub(clip, voice)
    assert first.report["detector_called"]
    assert first.report["seconds"]["track"] > 0

    def refuse(*_: object) -> None:
        raise AssertionError("a detector was made")

    monkeypatch.setattr("app.cli.dub.make_detector", refuse)
    elsewhere = shutil.copyfile(clip, tmp_path / "the same clip by another name.mp4")
    second = dub(Path(elsewhere), clicks)
    assert not second.report["detector_called"]
    assert "track" not in second.report["seconds"]
    assert second.report["dubbed_frames"] == FRAMES


@pytest.mark.parametrize("offset", ["0", "0.25", "-0.35"])
def test_the_voice_sounds_where_it_was_placed(dub: Dubbing, clip: Path, clicks: Path, offset: str) -> None:
    made = dub(clip, clicks, "--offset", offset)
    wanted = [time + float(offset) for time in (0.2, 0.7) if time + float(offset) >= 0]
    assert click_times(made.file) == pytest.approx(wanted, abs=0.003)
    assert made.report["cut_seconds"] == pytest.approx(max(0.0, float(offset)), abs=0.001)
    assert made.report["padded_seconds"] == pytest.approx(max(0.0, -float(offset)), abs=0.001)


def test_only_the_ranges_are_dubbed(dub: Dubbing, clip: Path, clicks: Path) -> None:
    made = dub(clip, clicks, "--range", "0.1-0.4", "--range", "0.8-1", "--original-audio", "drop")
    dubbed = [k for k in range(FRAMES) if 0.1 <= k / 25 < 0.4 or 0.8 <= k / 25 < 1]
    assert made.report["dubbed_frames"] == len(dubbed)
    assert len(made.report["reference_times"]) == 2
    change = np.abs(pictures_of(made.file).astype(int) - pictures_of(clip))
    changed = (change > 16).mean(axis=(1, 2))  # the share of pixels that differ by more than encoding does
    outside = [k for k in range(FRAMES) if k not in dubbed]
    assert changed[outside].max() < 0.001 < changed[dubbed].min()
    clicks_within = [time for time in click_times(made.file) if 0.1 < time < 0.4]
    assert clicks_within == pytest.approx([0.2], abs=0.003)
    outside = slice(24000, 36000)  # the voice's click at 0.7 s lies outside: there the original goes on
    assert np.std(sound_of(made.file)[outside]) == pytest.approx(np.std(sound_of(clip)[outside]), rel=0.05)


@pytest.mark.parametrize(("policy", "level"), [("keep", 1.0), ("duck", 0.251), ("drop", 0.0)])
def test_the_original_sound(dub: Dubbing, clip: Path, tmp_path: Path, policy: str, level: float) -> None:
    silence = write_clicks(tmp_path / "silence.wav", [], SECONDS)
    made = dub(clip, silence, "--range", "0-0.6", "--original-audio", policy)
    before, after = sound_of(clip), sound_of(made.file)
    inside, outside = slice(2400, 26400), slice(31200, 55000)
    assert np.std(after[outside]) == pytest.approx(np.std(before[outside]), rel=0.05)
    assert np.std(after[inside]) == pytest.approx(level * np.std(before[inside]), rel=0.08, abs=1e-4)


def test_a_longer_voice_is_cut_and_that_is_said(
    dub: Dubbing, clip: Path, stock: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    made = dub(clip, write_voice(tmp_path / "long.wav", 2.0))
    assert made.report["cut_seconds"] == pytest.approx(0.8, abs=0.002)
    assert "its last 0.80 s were cut" in capsys.readouterr().err
    assert frame_times(made.file) == frame_times(clip)
    assert len(sound_of(made.file)) == pytest.approx(SECONDS * 48000, abs=2400)


def test_hold_shows_the_last_frame_until_the_voice_ends(dub: Dubbing, clip: Path, tmp_path: Path) -> None:
    made = dub(clip, write_voice(tmp_path / "long.wav", 1.6), "--fit", "hold")
    times = frame_times(made.file)
    assert times == [Fraction(k, 25) for k in range(40)]
    assert (made.report["frames"], made.report["dubbed_frames"]) == (40, 40)
    assert (made.report["cut_seconds"], made.report["held_seconds"]) == (0, pytest.approx(0.4, abs=0.001))
    upper = pictures_of(made.file)[29:, :100].astype(int)
    assert np.abs(upper - upper[0]).mean() < 1
    assert len(sound_of(made.file)) == pytest.approx(1.6 * 48000, abs=2400)


def test_hold_holds_nothing_that_is_not_heard(dub: Dubbing, clip: Path, tmp_path: Path) -> None:
    voice = write_voice(tmp_path / "long.wav", 1.6)
    within = dub(clip, voice, "--fit", "hold", "--range", "0.2-0.8")
    assert len(frame_times(within.file)) == FRAMES
    assert within.report["cut_seconds"] == pytest.approx(0.8, abs=0.001)
    to_the_end = dub(clip, voice, "--fit", "hold", "--range", "0.2-1.2")
    assert len(frame_times(to_the_end.file)) == 40
    assert to_the_end.report["dubbed_frames"] == 35
    assert to_the_end.report["cut_seconds"] == 0


def test_a_shorter_voice_is_followed_by_silence(dub: Dubbing, clip: Path, tmp_path: Path) -> None:
    made = dub(clip, write_voice(tmp_path / "short.wav", 0.5))
    assert made.report["padded_seconds"] == pytest.approx(0.7, abs=0.002)
    assert made.report["dubbed_frames"] == FRAMES
    heard = sound_of(made.file)
    assert np.std(heard[:20000]) > 0.01 > np.std(heard[26000:])


def test_a_stretch_without_a_face_passes_through_and_is_listed(
    dub: Dubbing, pictures: list[NDArray[np.uint8]], voice: Path, tmp_path: Path
) -> None:
    clip = silent_clip(tmp_path / "gap.mp4", pictures[:12] + grey(14) + pictures[12:24])
    made = dub(clip, voice)
    assert made.report["dubbed_frames"] == 24
    (span,) = made.report["faceless_spans"]
    assert (span["start"], span["stop"], span["reason"]) == (0.48, 1.04, "no face")
    before, after = pictures_of(clip), pictures_of(made.file)
    assert np.abs(after[12:26].astype(int) - before[12:26]).max() <= 4
    assert frame_times(made.file) == frame_times(clip)


def test_the_reference_can_be_chosen(dub: Dubbing, clip: Path, voice: Path) -> None:
    short = ("--range", "0.2-0.4", "--reference")
    assert dub(clip, voice, *short, "0.5").report["reference_times"][0][0] == 0.48
    assert dub(clip, voice, "--face", "1", *short, "0:00.52").report["reference_times"][0][0] == 0.52


def test_overwriting_is_asked_for(clip: Path, voice: Path, weights: Path, tmp_path: Path) -> None:
    target = tmp_path / "there.mp4"
    target.write_bytes(b"precious")
    command = ["dub", clip, voice, "-o", target, "--weights", weights, "--range", "0-0.2"]
    assert redub(*command) == 2
    assert target.read_bytes() == b"precious"
    assert redub(*command, "--overwrite") == 0
    assert len(frame_times(target)) == FRAMES


def test_5_1_sound_and_a_voice_at_another_rate(dub: Dubbing, clip: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    surround = tmp_path / "surround.wav"
    soundfile.write(surround, rng.uniform(-0.2, 0.2, (44100, 6)).astype(np.float32), 44100)
    audio = streams(dub(clip, surround, "--range", "0-0.4").file)["audio"]
    assert (audio["sample_rate"], audio["channels"]) == ("44100", 2)
