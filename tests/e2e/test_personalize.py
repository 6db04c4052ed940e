"""`personalize` by the shipped command: from a clip to weights that `dub` knows by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.engine.puppet.clip import write_puppet_clip
from app.engine.puppet.speech import load_voice
from app.wiring import personal_folder, weights_names, weights_sha256
from models.weights import load_tensors, read_config
from tests.e2e.material import SIZE, redub


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture(scope="session")
def speaker(stock: Path) -> Path:
    """The puppet speaking all of sentence A."""
    file = stock / "speaker.mp4"
    write_puppet_clip(load_voice("a"), file, size=SIZE)
    return file


def personalize(*arguments: object) -> int:
    return redub("personalize", *arguments)


def test_a_puppet_teaches_how_it_speaks(
    speaker: Path, weights: Path, clip: Path, voice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The base is untouched; what was learned is a file of its own with a card, by whose name `dub` takes it."""
    before = weights.read_bytes()
    assert personalize(speaker, "-o", "puppet", "--weights", weights, "--steps", "60") == 0
    told = capsys.readouterr()
    assert "distance: " in told.out and "nearer to the true one" in told.err
    made = personal_folder() / "puppet.safetensors"
    assert weights.read_bytes() == before
    assert load_tensors(made).keys() == load_tensors(weights).keys() and read_config(made) == read_config(weights)
    card = json.loads(made.with_suffix(".json").read_text())
    assert card["clip"] == speaker.name and card["started_from"]["weights"] == "tiny"
    assert card["figures"]["distance"]["after"] < card["figures"]["distance"]["before"]
    assert weights_names()[-1] == "puppet" and weights_sha256("puppet") != weights_sha256(str(weights))
    report = tmp_path / "report.json"
    assert redub("dub", clip, voice, "-o", tmp_path / "dub.mp4", "--weights", "puppet", "--report", report) == 0
    assert weights_sha256("puppet") in report.read_text()
    assert personalize(speaker, "-o", "puppet", "--weights", weights) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert sorted(file.name for file in personal_folder().iterdir()) == ["puppet.json", "puppet.safetensors"]


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("radio-starter", "come with Redub"),
        ("a name?", "no name"),
        ("none/x.safetensors", "does not exist"),
    ],
)
def test_names_that_will_not_do(
    output: str, said: str, clip: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert personalize(clip, "-o", output, "--weights", weights) == 2
    assert said in capsys.readouterr().err
    assert not personal_folder().exists()


def test_too_little_speech_is_refused(clip: Path, weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert personalize(clip, "-o", "short", "--weights", weights) == 2
    assert "5 s are needed" in capsys.readouterr().err
    assert personalize(clip, "-o", "short", "--weights", weights, "--steps", "0") == 2
    assert "--steps 0" in capsys.readouterr().err
