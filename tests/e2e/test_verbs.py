"""The smaller verbs: `inspect`, `attention`, `doctor`, `demo`."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from skimage import io

from app.cli.demo import make_material
from app.core.project import Segment
from app.core.timebase import TimeRange
from app.engine.dub.attention_picture import GREEN, attention_picture, look
from app.engine.dub.dubbing import PreparedFrame, load_voice
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.reference_choice import choose_references
from app.engine.faces.load_analysis import load_analysis
from app.engine.files.project_file import load_project, save_project
from app.engine.media.reader import VideoReader
from app.wiring import cache_folder, make_detector, make_dubber
from models.radio.config import RadioConfig
from models.radio.radio import Radio
from models.weights import resolve, save_weights
from tests.e2e.material import frame_times, grey, redub, short_speech, silent_clip


def test_inspect_tells_people(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert redub("inspect", clip) == 0
    said = capsys.readouterr().out
    assert "h264, 256 x 256, 25.000 fps, 30 frames" in said
    assert "rotation 0 degrees, yuv420p (8 bit)" in said
    assert "sound: stream 1, aac, 22050 Hz, mono" in said
    assert "face 1: 30 frames, 0.00 to 1.16 s" in said
    assert "SDR (primaries bt709, transfer bt709, matrix bt709, range limited)" in said


def test_inspect_tells_programs(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert redub("inspect", "--json", clip) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["frames"], told["detector"]) == (30, "facemesh")
    assert told["media"]["video"]["fps"] == "25/1"
    assert told["media"]["audio"]["rate"] == 22050
    (face,) = told["faces"]
    assert (face["face"], face["frames"], face["first_seen"], face["last_seen"]) == (1, 30, 0, 1.16)
    assert 30 < face["median_width"] < 130


def test_inspect_tells_of_turned_and_uneven_clips_without_faces(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = silent_clip(tmp_path / "odd.mp4", grey(6), pts=[0, 512, 1500, 3000, 3100, 4000], rotation=90)
    assert redub("inspect", clip) == 0
    said = capsys.readouterr().out
    assert "variable" in said
    assert "rotation 270 degrees" in said
    assert "sound: none" in said
    assert "no face found by facemesh" in said
    assert "note: " in said


def test_inspect_refuses_sound(voice: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert redub("inspect", voice) == 2
    assert voice.name in capsys.readouterr().err


@pytest.fixture
def attention(clip: Path, voice: Path, weights: Path, tmp_path: Path) -> list[object]:
    """A command whose map would be tmp_path / map.png."""
    return ["attention", clip, voice, "--time", "0.4", "-o", tmp_path / "map.png", "--weights", weights, "--patch"]


def test_attention_marks_its_patch(attention: list[object], tmp_path: Path) -> None:
    assert redub(*attention, "8,11") == 0
    picture = io.imread(tmp_path / "map.png")
    side = picture.shape[1]
    assert picture.shape == (2 * side, side, 3) and side > 4 * 128 and side % 16 == 0  # the face is larger than crops
    rows, columns = np.nonzero(np.abs(picture.astype(int) - GREEN).sum(axis=2) == 0)
    step = side // 16
    assert (columns.min() // step, columns.max() // step) == (8, 8)
    assert (rows.min() // step, rows.max() // step) == (11, 11)
    assert [file.name for file in tmp_path.iterdir()] == ["map.png"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["16,3"], "outside the grid: give two numbers from 0 to 15"),
        (["3"], "'3' is not a patch"),
        (["-1,3"], "'-1,3' is not a patch"),
        (["a,b"], "'a,b' is not a patch"),
        (["3,3", "--layer", "7.1"], "no attention layer 7.1; there are: 5.1, 5.2, 6.1, 6.2"),
        (["3,3", "--time", "9"], "has no frame at 0:00:09.000"),
        (["3,3", "--time", "-1"], "has no frame at -0:00:01.000"),
        (["3,3", "--face", "4"], "has no face 4"),
        (["3,3", "--face", "0"], "There is no face 0"),
        (["3,3", "--video-stream", "7"], "has no picture in its stream 7"),
        (["3,3", "-o", "map.jpg"], "does not end in .png"),
        (["3,3", "-o", "nowhere/map.png"], "does not exist"),
    ],
)
def test_attention_refuses(
    attention: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    attention[-1] = f"--patch={options[0]}"
    assert redub(*attention, *options[1:]) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_attention_of_a_smaller_vit(
    attention: list[object], stock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = RadioConfig(name="vit-1-1", size=128, width=0.125, vit_blocks=1, vit_layers=1)
    save_weights(tmp_path / "vit.safetensors", Radio(config).state_dict(), config)
    options = ["0,15", "--weights", tmp_path / "vit.safetensors"]
    assert redub(*attention, *options, "--layer", "6.2") == 2
    assert "no attention layer 6.2; there are: 6.1" in capsys.readouterr().err
    assert redub(*attention, *options) == 0
    assert "layer 6.1, patch 0,15" in capsys.readouterr().err


def test_a_network_without_attention_has_no_maps(
    attention: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = RadioConfig(name="plain", size=128, width=0.05, vit_blocks=0, heads=2)
    save_weights(tmp_path / "plain.safetensors", Radio(config).state_dict(), config)
    assert redub(*attention, "0,15", "--weights", tmp_path / "plain.safetensors") == 2
    assert "plain has no attention maps; choose weights with attention layers." in capsys.readouterr().err


def test_maps_sum_to_one_and_leave_the_picture_alone(clip: Path, voice: Path, weights: Path) -> None:
    network = make_dubber(str(weights), "cpu", print)
    sound = load_voice(voice, Fraction(0), cache_folder() / "sound", network)
    with VideoReader(clip) as reader:
        analysis, _ = load_analysis(reader, "facemesh", partial(make_detector, "facemesh"), cache_folder())
        plan = FacePlan(analysis, 0, network.crop_size, str(clip))
        references = choose_references(reader, plan, Segment(TimeRange(Fraction(0), Fraction(1))), network)
        seen = look(reader, plan, references, sound, network, Fraction(2, 5), "5.1")
        frame = reader.frame_at(Fraction(2, 5))
        choice = references.for_frame(frame.index)
        plain = network.dub(PreparedFrame.of(frame, plan).batch(sound.windows([frame.time]), choice), choice.encoded)[0]
    assert np.array_equal(seen.reference, choice.items[choice.leading].crop)
    assert np.abs(seen.generated.astype(int) - plain).max() <= 1
    for patch in ((0, 0), (8, 11), (15, 15)):
        for head in (None, 0, seen.maps.shape[0] - 1):
            assert seen.map_of(patch, head).sum() == pytest.approx(1, abs=1e-3)
        column, row = seen.strongest(patch)
        assert seen.map_of(patch)[row, column] == seen.map_of(patch).max()
    side = plan.native_size
    assert attention_picture(seen, (0, 0)).shape == (8 * side, 4 * side, 3)


def test_doctor_is_content_with_good_weights(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDUB_CACHE", str(tmp_path / "cache"))
    sha256 = resolve(str(weights)).sha256
    catalogue = tmp_path / "weights.toml"
    monkeypatch.setattr("models.weights.CATALOGUE", catalogue)
    catalogue.write_text(f'[radio-starter]\nfile = "{weights}"\nsha256 = "{sha256}"\n')
    assert redub("doctor") == 0
    said = capsys.readouterr().out
    for wanted in ("versions", f"torch {torch.__version__.split('+')[0]}", "devices", "cpu: ", "libx264: works"):
        assert wanted in said
    assert "radio-starter: 128 px" in said
    assert "0 bytes (safe to delete)" in said
    catalogue.write_text(f'[radio-starter]\nfile = "{weights}"\nsha256 = "{"0" * 64}"\n')
    assert redub("doctor") == 1
    assert "are not the ones that Redub knows" in capsys.readouterr().out
    catalogue.write_text("")
    assert redub("doctor") == 1
    assert "A dub cannot run on this machine" in capsys.readouterr().out


@pytest.fixture
def short_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The puppet says a word instead of its sentence."""
    monkeypatch.setattr("app.engine.puppet.demo.load_voice", partial(short_speech, seconds=0.4))


@pytest.mark.usefixtures("short_demo")
def test_demo_needs_nothing(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "deep" / "demo"
    assert redub("demo", "--out", folder, "--weights", weights) == 0
    made = sorted(file.name for file in folder.iterdir())
    assert made == ["demo.redub", "dubbed.mp4", "puppet.mp4", "report.json", "voice.flac"]
    project = load_project(folder / "demo.redub")
    assert (project.clip, project.weights) == (str(folder / "puppet.mp4"), str(weights))
    assert len(frame_times(folder / "dubbed.mp4")) == 10
    assert json.loads((folder / "report.json").read_text())["dubbed_frames"] == 10
    assert "not a recording of a person" in capsys.readouterr().err
    edited = replace(project, fit="hold")
    save_project(edited, folder / "demo.redub", backups=0)
    assert redub("demo", "--out", folder, "--weights", weights) == 0  # and again
    assert load_project(folder / "demo.redub") == edited


@pytest.mark.usefixtures("short_demo")
def test_demo_refuses_a_place_that_cannot_be(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert redub("demo", "--out", tmp_path / "file", "--weights", weights) == 2
    assert "cannot be made" in capsys.readouterr().err


@pytest.mark.slow
def test_the_whole_demo(weights: Path, tmp_path: Path) -> None:
    assert redub("demo", "--out", tmp_path, "--weights", weights) == 0
    clip, voice = tmp_path / "puppet.mp4", tmp_path / "voice.flac"
    assert frame_times(tmp_path / "dubbed.mp4") == frame_times(clip)
    assert make_material(tmp_path) == (clip, voice)


def test_every_verb_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("demo", "dub", "inspect", "attention", "doctor", "prepare", "lags", "train", "evaluate"):
        with pytest.raises(SystemExit) as left:
            redub(verb, "--help")
        assert left.value.code == 0
        assert verb in capsys.readouterr().out
    with pytest.raises(SystemExit):
        redub("--version")
    assert capsys.readouterr().out.startswith("Redub ")


def test_the_face_mesh_answers_to_its_former_name(clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Scripts have it; nothing else is called so."""
    assert redub("inspect", clip, "--json", "--detector", "mediapipe") == 0
    former = capfd.readouterr().out
    assert redub("inspect", clip, "--json") == 0
    assert capfd.readouterr().out == former and "facemesh" in former
