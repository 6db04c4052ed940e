"""`evaluate` on videos: what is known of a copy, a late copy and a blurred one, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.e2e.material import SIZE, redub, silent_clip, write_voice

pytest.importorskip("torchmetrics")

Pictures = list[NDArray[np.uint8]]
LATE = 3


def stranger(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A face of another shape and colour."""
    wide = cv2.resize(picture, (SIZE * 4 // 3, SIZE))
    left = (wide.shape[1] - SIZE) // 2
    return (wide[:, left : left + SIZE] * (0.6, 0.8, 1.0)).astype(np.uint8)


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory, pictures: Pictures) -> Path:
    """The real clip and what methods made of it."""
    folder = tmp_path_factory.mktemp("videos")
    soft = [np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.2), np.uint8) for picture in pictures]
    small = [np.asarray(cv2.resize(p, (160, 160), interpolation=cv2.INTER_AREA), np.uint8) for p in pictures]
    silent_clip(folder / "real.mp4", pictures)
    silent_clip(folder / "late.mp4", [pictures[0]] * LATE + pictures[:-LATE])
    silent_clip(folder / "soft.mp4", soft)
    silent_clip(folder / "small.mp4", small, size=(160, 160))
    framed = [cv2.resize(p[30:230, 24:224], (128, 128), interpolation=cv2.INTER_AREA) for p in pictures]
    silent_clip(folder / "framed.mp4", framed, size=(128, 128))
    silent_clip(folder / "stranger.mp4", [stranger(picture) for picture in pictures])
    write_voice(folder / "voice.wav", 0.5)
    (folder / "copy.mp4").write_bytes((folder / "real.mp4").read_bytes())
    (folder / "broken.mp4").write_bytes(b"no video at all")
    rows = ["copy", "late", "soft", "small", "framed", "stranger", "broken", "gone"]
    lines = [f"real.mp4,{name}.mp4,{name},{'voice.wav' if name == 'copy' else ''}" for name in rows]
    (folder / "set.csv").write_text("\n".join(["real,dubbed,name,voice", *lines]) + "\n")
    return folder


@pytest.fixture(scope="module")
def told(videos: Path) -> dict[str, Any]:
    """The report of the whole set."""
    assert redub("evaluate", videos / "set.csv", "-o", videos / "report") == 0
    return json.loads((videos / "report" / "report.json").read_text())


def figures(told: dict[str, Any], name: str) -> dict[str, float]:
    """What one method was given."""
    (clip,) = told["clips"]
    return next(row["figures"] for row in clip["rows"] if row["name"] == name)


def test_a_copy_is_perfect(told: dict[str, Any]) -> None:
    perfect = {"correlation": 1, "opening_ratio": 1, "texture": 1, "lmd": 0, "offset": 0, "peak": 1, "flicker": 1}
    perfect |= {"jerk": 1, "outside": 0, "lost": 0, "ssim": 1, "psnr": 100}
    found = figures(told, "copy")
    assert {key: found[key] for key in perfect} == pytest.approx(perfect, abs=1e-6)
    shared = {key: value for key, value in found.items() if key not in ("follows", "lip_leak")}  # it has no sound
    assert figures(told, "real") == pytest.approx(shared)


def test_a_late_copy_moves_the_peak_by_as_many_frames(told: dict[str, Any]) -> None:
    late = figures(told, "late")
    assert late["offset"] == LATE
    assert late["peak"] > 0.9 > late["correlation"]


def test_a_blurred_copy_loses_texture_and_keeps_the_motion(told: dict[str, Any]) -> None:
    soft = figures(told, "soft")
    assert soft["texture"] < 0.75
    assert soft["correlation"] > 0.8
    assert soft["offset"] == 0


def test_another_size_is_matched(told: dict[str, Any]) -> None:
    small = figures(told, "small")
    assert small["correlation"] > 0.8
    assert small["texture"] < 0.95
    assert "outside" in small, "its framing is the same"


def test_a_cut_out_face_is_judged_by_its_own_framing(told: dict[str, Any]) -> None:
    framed = figures(told, "framed")
    assert framed["correlation"] > 0.8
    assert framed["lmd"] < 4
    assert "outside" not in framed
    (row,) = (row for row in told["clips"][0]["rows"] if row["name"] == "framed")
    assert "framing" in row["notes"][0]


def test_a_frame_held_still_is_the_floor(told: dict[str, Any]) -> None:
    floor = figures(told, "copy-reference")
    assert (floor["correlation"], floor["flicker"]) == (0, 0)
    assert floor["opening_ratio"] == pytest.approx(0, abs=1e-9)
    assert floor["psnr"] < figures(told, "copy")["psnr"]


def test_lips_leak_after_the_voice(told: dict[str, Any]) -> None:
    assert 0 <= figures(told, "copy")["lip_leak"] <= 1
    assert "lip_leak" not in figures(told, "late"), "no voice was given for it"


def test_rows_that_cannot_be_judged_are_told_skipped_and_counted(told: dict[str, Any], videos: Path) -> None:
    assert [row["line"] for row in told["skipped"]] == [7, 8, 9]
    reasons = [row["reason"] for row in told["skipped"]]
    assert "shows another person" in reasons[0]
    assert "broken.mp4" in reasons[1]
    assert "gone.mp4" in reasons[2] and "does not exist" in reasons[2]
    page = (videos / "report" / "report.html").read_text()
    assert "Skipped: 3" in page


def test_different_people_are_refused_and_nothing_is_written(
    videos: Path, told: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", "--real", videos / "real.mp4", "-o", tmp_path / "report", "--dubbed"]
    assert redub(*command, videos / "stranger.mp4") == 2
    assert "shows another person" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()
    assert redub(*command, videos / "copy.mp4", videos / "broken.mp4") == 2
    assert "broken.mp4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Nothing says what to judge"),
        (["--real", "real.mp4"], "Nothing says what to judge"),
        (["set.csv", "--real", "real.mp4"], "give one of them"),
        (["set.csv", "--limit", "3"], "belongs to a catalogue"),
        (["--real", "real.mp4", "--dubbed", "copy.mp4", "late.mp4", "--names", "a"], "gives 1 names for 2 videos"),
        (["--real", "real.mp4", "--dubbed", "copy.mp4", "--names", "real"], "every report"),
        (["--real", "real.mp4", "--dubbed", "copy.mp4", "--voice", "gone.wav"], "gone.wav"),
    ],
)
def test_slips_are_one_sentence(
    videos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(videos)
    assert redub("evaluate", "-o", "other", *arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.startswith("redub: ") and error.count("\n") == 1
    assert not (videos / "other").exists()


def test_a_report_does_not_replace_what_it_reads(videos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = videos / "report.csv"
    table.write_text((videos / "set.csv").read_text())
    assert redub("evaluate", table, "-o", videos) == 2
    assert "would write over" in capsys.readouterr().err


def test_a_set_of_which_nothing_can_be_judged_is_refused(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "set.csv"
    table.write_text(
        f"real,dubbed,name\n{videos / 'real.mp4'},gone.mp4,a\n{videos / 'broken.mp4'},{videos / 'copy.mp4'},a\n"
    )
    assert redub("evaluate", table, "-o", tmp_path / "report") == 2
    error = capsys.readouterr().err
    assert "line 2" in error and "line 3" in error and "no video that can be judged (2 left out)" in error
    assert not (tmp_path / "report").exists()


def test_a_folder_is_a_set(videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files of one name belong together; a dub that is missing is said and counted."""
    for place, source in (("real/a", "real"), ("real/b", "real"), ("Copied/a", "copy")):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        shutil.copy(videos / f"{source}.mp4", tmp_path / f"{place}.mp4")
    assert redub("evaluate", tmp_path, "-o", tmp_path / "report") == 0
    told = capsys.readouterr()
    assert 'Copied: it has no dub of "b.mp4"' in told.err and "left out of the set: 1" in told.err
    assert "Copied" in told.out
    assert "Copied: it has no dub of" in (tmp_path / "report" / "report.md").read_text()


@pytest.fixture(scope="module")
def doubled(videos: Path) -> Path:
    """A file of two pictures: the second is the real clip's, the first is longer and shows nobody."""
    file = videos / "doubled.mkv"
    with av.open(str(videos / "real.mp4")) as real, av.open(str(file), "w") as out:
        grey = out.add_stream("libx264", rate=25)
        grey.width, grey.height, grey.pix_fmt = SIZE, SIZE, "yuv420p"
        face = out.add_stream_from_template(real.streams.video[0])
        for packet in real.demux(video=0):
            if packet.dts is not None:
                packet.stream = face
                out.mux(packet)
        for _ in range(40):
            out.mux(grey.encode(av.VideoFrame.from_ndarray(np.full((SIZE, SIZE, 3), 90, np.uint8), format="rgb24")))
        out.mux(grey.encode())
    return file


def test_the_stream_that_is_meant_is_judged(videos: Path, doubled: Path, tmp_path: Path) -> None:
    pair = ["evaluate", "--real", doubled, "--dubbed", videos / "copy.mp4"]
    assert redub(*pair, "-o", tmp_path / "one", "--video-stream", "0") == 2
    assert redub(*pair, "-o", tmp_path / "two", "--video-stream", "1") == 0
    report = json.loads((tmp_path / "two" / "report.json").read_text())
    assert figures(report, "copy")["psnr"] == pytest.approx(100)


def test_streams_belong_to_videos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clips.csv").write_text("file,licence,speaker\n")
    assert redub("evaluate", tmp_path / "clips.csv", "-o", tmp_path / "f.json", "--audio-stream", "1") == 2
    assert "--audio-stream belongs to videos" in capsys.readouterr().err
