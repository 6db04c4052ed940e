"""`prepare`, `train` and `evaluate` on a catalogue of puppets: from clips to figures by the shipped commands."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly
from skimage import data, io

from app.engine.puppet.speech import load_voice
from models.data.augment import AugmentConfig
from models.data.clips import load_clips
from models.data.portraits import load_portraits
from models.data.speech import SpeechWindows
from models.training.lag import Answer, Lag
from models.weights import resolve
from tests.e2e.material import grey, redub, silent_clip
from tests.unit.models.prepared import ClipRecipe, write_talking_clip

HEAD = "file,repository,origin,licence,speaker\n"


@pytest.fixture(autouse=True)
def _no_watching_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread with which tqdm watches its bars outlives them."""
    monkeypatch.setattr("tqdm.tqdm.monitor_interval", 0)


@pytest.fixture(scope="module")
def catalogue(stock: Path, clip: Path) -> Path:
    """Two puppets, one by the name of a held-out speaker, and a clip that nobody cleared."""
    folder = stock / "catalogue"
    folder.mkdir()
    for name in ("one", "two"):
        shutil.copyfile(clip, folder / f"{name}.mp4")
    rows = ("one.mp4,r,o,CC0,GRID_s1", "two.mp4,r,o,CC0,hdtf_WDA_KatieHill", "three.mp4,r,o,not cleared,GRID_s1")
    (folder / "catalog.csv").write_text(HEAD + "\n".join(rows) + "\n")
    return folder / "catalog.csv"


@pytest.fixture(scope="module")
def prepared(stock: Path, catalogue: Path) -> Path:
    out = stock / "prepared" / "clips"
    assert redub("prepare", catalogue, "--out", out, "--size", 64) == 0
    return out


def test_prepare_writes_what_training_reads(prepared: Path, catalogue: Path) -> None:
    one, two = load_clips(prepared)
    assert one.speech is not None and one.speech.shape == (30, 512, 16)
    assert (one.name, one.speaker, one.licence, one.held_out) == ("one", "GRID_s1", "CC0", False)
    assert (len(one), one.train_frames, one.crop_size) == (30, 30, 64)
    assert (two.name, two.held_out, two.train_frames) == ("two", True, 0)
    assert one.mels.shape == (30, 80, 32)
    assert 0.3 < one.points[:, 48:68].mean() < 0.8
    before = (prepared / "one" / "meta.json").stat().st_mtime_ns
    assert redub("prepare", catalogue, "--out", prepared, "--size", 64) == 0
    assert (prepared / "one" / "meta.json").stat().st_mtime_ns == before  # not done twice
    assert not list(prepared.glob(".*"))


def test_prepare_aligns_speech(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The committed voice; what cannot be aligned is named and counted, and training reads the rest."""
    voice = load_voice("a")
    soundfile.write(tmp_path / "a.flac", resample_poly(voice.samples, 320, 441), 16000)
    (tmp_path / "bad.flac").write_bytes(b"no sound")
    text = voice.timing.text.replace('"', "")
    rows = (f'a.flac,CC0,s,c,en,"{text}"', f'bad.flac,CC0,s,c,en,"{text}"', "x.flac,CC0,s,c,de,Hallo.")
    head = "file,licence,speaker_id,corpus,language,transcript\n"
    (tmp_path / "speech.csv").write_text(head + "\n".join(rows) + "\n")
    assert redub("prepare", "--speech", tmp_path / "speech.csv", "--out", tmp_path / "out") == 0
    told = capsys.readouterr().err
    assert "1 rows have no English transcript" in told
    assert "bad.flac: left out" in told
    assert "1 sentences are prepared, 1 were left out" in told
    _, phones = SpeechWindows(tmp_path / "out" / "speech", 32, AugmentConfig()).batch(np.random.default_rng(1), 64)
    assert len(set(phones.tolist())) > 10
    assert redub("prepare", "--speech", tmp_path / "none.csv", "--out", tmp_path / "out") == 2


def test_prepare_finds_the_faces_of_portraits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The astronaut in the public domain; what shows nobody is named and counted, and training reads the rest."""
    (tmp_path / "faces").mkdir()
    io.imsave(tmp_path / "faces" / "astronaut.png", data.astronaut())
    io.imsave(tmp_path / "faces" / "grey.png", np.full((90, 120, 3), 90, np.uint8), check_contrast=False)
    command = ["prepare", "--portraits", tmp_path / "faces", "--out", tmp_path / "out", "--size", 64]
    assert redub(*command) == 0
    told = capsys.readouterr().err
    assert "grey.png: left out (no face was found)" in told
    assert "1 portraits are prepared, 1 were left out" in told
    portraits = load_portraits(tmp_path / "out" / "portraits")
    assert portraits.pictures.shape == (1, 80, 80, 3)
    assert 0.5 < portraits.points[0, 48:, 1].mean() < 0.8
    command[2] = tmp_path / "nowhere"
    assert redub(*command) == 2
    assert "nowhere is no folder of portraits" in capsys.readouterr().err


def test_prepare_leaves_out_what_shows_no_face(tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faceless = silent_clip(tmp_path / "grey.mp4", grey(6))
    _with_sound_of(clip, faceless)
    (tmp_path / "c.csv").write_text(HEAD + "grey.mp4,r,o,CC0,someone\n")
    assert redub("prepare", tmp_path / "c.csv", "--out", tmp_path / "out", "--size", 64) == 1
    assert "grey.mp4 shows a face in 0 frames only" in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


def _set(*changes: str) -> list[str]:
    """Changes to a run's config as `train` takes them."""
    return [word for change in changes for word in ("--set", change)]


def _with_sound_of(clip: Path, silent: Path) -> None:
    """Gives a silent clip another one's sound."""
    import subprocess

    joined = silent.with_name("joined.mp4")
    command = ["ffmpeg", "-v", "error", "-i", silent, "-i", clip, "-map", "0:v", "-map", "1:a", "-c", "copy", joined]
    subprocess.run(command, check=True)
    joined.replace(silent)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "nothing to prepare"),
        (["missing.csv"], "missing.csv is no catalogue"),
        (["--puppets", "1", "--out", "/proc/clips"], "cannot be made"),
    ],
)
def test_prepare_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str],
    sentence: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert redub("prepare", *arguments) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_train_makes_weights_that_dub_can_use(prepared: Path, tmp_path: Path, clip: Path, voice: Path) -> None:
    options = [
        "net.size=64", "net.width=0.125", "net.name=tiny", "run.steps=2", "run.log_every=1", "run.sheet_every=2",
        "run.threads=1", "sample.batch=2", "loss.adversarial_from=0.5",
    ]  # fmt: skip
    command = ["train", "radio", "--data", prepared, "--run", tmp_path / "run", "--device", "cpu"]
    assert redub(*command, "--precision", "float32", *_set(*options)) == 0
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 1]
    assert (tmp_path / "run" / "sheet-000002.png").exists()
    weights = tmp_path / "run" / "tiny.safetensors"
    assert resolve(str(weights)).config.size == 64
    dub = ["dub", clip, voice, "-o", tmp_path / "dubbed.mp4", "--weights", weights, "--range", "0-0.2"]
    assert redub(*dub) == 0


def test_lags_are_found_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An ear that was taught on clips in step finds the one that is not, and training pairs it anew."""
    data, run = tmp_path / "clips", tmp_path / "run"
    for code in range(3):
        write_talking_clip(data, ClipRecipe(f"good{code}", "studio", 60, code=code))
    opening = np.convolve(np.random.default_rng(3).uniform(0, 1, 124), np.ones(5) / 5, "valid")
    write_talking_clip(data, ClipRecipe("late", "web", 120, code=9), opening, late=2)
    options = _set(
        'speakers=["studio"]', "run.steps=150", "ear_steps=150", "ear_batch=24", "run.learning_rate=0.004",
        "run.threads=1", "net.feature=16", "net.audio_channels=[8,8,8,8]", "net.face_channels=[8,8,8,8]",
    )  # fmt: skip
    command = ["train", "sync", "--data", data, "--run", run, "--device", "cpu", "--precision", "float32"]
    assert redub(*command, *options) == 0
    before = load_clips(data)[-1]
    for extra, lag in (["--dry-run"], 0), ([], 2), ([], 2):
        capsys.readouterr()
        assert redub("lags", "--data", data, "--ear", run / "sync.pt", *extra) == 0
        assert re.match(r"late: \+2 frames \(ear \+2 at (0\.9|1\.0).*; regression \+2 at ", capsys.readouterr().out)
        assert load_clips(data)[-1].lag == lag
    after = load_clips(data)[-1]
    assert len(after) == len(before) - 2
    assert np.array_equal(after.mels, before.mels[2:]) and np.array_equal(after.pictures, before.pictures[:-2])


def test_a_lag_that_cannot_be_kept_is_said(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_path: Path, _text: str) -> int:
        raise PermissionError(13, "Permission denied")

    one = Answer(1, 0.9, 0.1, 0.3)
    monkeypatch.setattr(Path, "write_text", refuse)
    monkeypatch.setattr("app.cli.lags.measure_lags", lambda _data, _sync: [Lag("one", 0, one, one)])
    assert redub("lags", "--data", prepared, "--ear", tmp_path / "sync.pt") == 2
    assert 'one" cannot be kept (Permission denied): make its folder writable' in capsys.readouterr().err


def test_lags_refuses(prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert redub("lags", "--data", prepared, "--ear", tmp_path / "none.pt") == 2
    assert "none.pt is missing; run `python main.py train sync` first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"), [(["run.step=2"], "names no option"), (["run.steps=many"], "run.steps=many")]
)
def test_train_refuses_options(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert redub("train", "radio", "--data", prepared, "--run", tmp_path / "run", *_set(*options)) == 2
    assert sentence in capsys.readouterr().err


def test_train_refuses_a_folder_without_clips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "radio", "--data", tmp_path, "--run", tmp_path / "run"]
    assert redub(*command, *_set("net.size=64", "net.width=0.125")) == 2
    assert "holds no prepared clips" in capsys.readouterr().err


def test_evaluate_judges_what_was_held_out(
    catalogue: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torchmetrics")
    figures, sheet = tmp_path / "figures.json", tmp_path / "sheet.png"
    command = ["evaluate", catalogue, "-o", figures, "--sheet", sheet, "--weights", weights]
    assert redub(*command) == 0
    told = json.loads(figures.read_text())
    assert (told["weights"], [clip["clip"] for clip in told["clips"]]) == (weights.stem, ["two.mp4"])
    (clip,) = told["clips"]
    assert (clip["group"], clip["frames"]) == ("held-out speakers", 30)
    assert -1 <= clip["correlation"] <= 1
    assert told["medians"]["held-out speakers"]["gain"] == clip["gain"]
    assert {"correlation_shuffled", "amplitude", "landmark_distance", "silent_open"} <= set(clip)
    picture: NDArray[np.uint8] = io.imread(sheet)
    side = picture.shape[0] // 2
    assert picture.shape == (2 * side, 12 * side, 3) and side > 128  # the size of the film, not of the network
    assert "held-out speakers: clips 1" in capsys.readouterr().out


def test_evaluate_refuses(tmp_path: Path, catalogue: Path, weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.csv").write_text(HEAD)
    command = ["evaluate", tmp_path / "c.csv", "--weights", weights, "-o"]
    assert redub(*command, tmp_path / "f.json") == 2
    assert "lists no held-out clip" in capsys.readouterr().err
    assert redub(*command, tmp_path / "nowhere" / "f.json") == 2
    assert "does not exist" in capsys.readouterr().err
    assert redub(*command, tmp_path / "c.csv") == 2
    assert "would write over" in capsys.readouterr().err
