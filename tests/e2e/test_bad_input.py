"""Bad input: exit code 2, one sentence that names what is wrong, no output and nothing left behind."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from app.engine.media.opencv import cv2
from models.radio.config import RadioConfig
from models.radio.radio import Radio
from models.weights import save_weights
from tests.disk import full_disk
from tests.e2e.material import grey, redub, silent_clip, write_voice


@dataclass
class Command:
    """A dub that would work; each test spoils one part of it."""

    clip: Path
    voice: Path
    weights: Path
    output: Path
    more: list[object] = field(default_factory=list)

    def arguments(self) -> list[object]:
        return ["dub", self.clip, self.voice, "-o", self.output, "--weights", self.weights, *self.more]


@pytest.fixture
def command(clip: Path, voice: Path, weights: Path, tmp_path: Path) -> Command:
    (tmp_path / "out").mkdir()
    return Command(clip, voice, weights, tmp_path / "out" / "dubbed.mp4")


ON_THE_WAY = r"redub: (device |The weights |The clip has no sound)|(faces|dubbing)  \d"


def refusal(arguments: list[object], capsys: pytest.CaptureFixture[str]) -> str:
    """Runs a command that must be refused; its one sentence (after what may be said on the way)."""
    assert redub(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    said = [line for line in printed.err.splitlines() if not re.match(ON_THE_WAY, line)]
    assert len(said) == 1, printed.err
    assert re.fullmatch(r"redub: .+[^.]\.", said[0]), said[0]
    return said[0]


def _named(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def missing_clip(c: Command, folder: Path) -> None:
    c.clip = folder / "bad.mp4"


def empty_clip(c: Command, folder: Path) -> None:
    c.clip = _named(folder, "bad.mp4", b"")


def truncated_clip(c: Command, folder: Path) -> None:
    whole = c.clip.read_bytes()
    c.clip = _named(folder, "bad.mp4", whole[: len(whole) * 2 // 3])


def corrupt_clip(c: Command, folder: Path) -> None:
    whole = bytearray(c.clip.read_bytes())
    start = whole.find(b"mdat") + 4
    middle = (start + len(whole)) // 2
    whole[middle : middle + 4000] = np.random.default_rng(1).bytes(4000)
    c.clip = _named(folder, "bad.mp4", bytes(whole))


def nonsense_as_clip(c: Command, folder: Path) -> None:
    c.clip = _named(folder, "bad.mp4", b"no clip at all " * 999)


def folder_as_clip(c: Command, folder: Path) -> None:
    c.clip = folder / "bad.mp4"
    c.clip.mkdir()


def sound_as_clip(c: Command, folder: Path) -> None:
    c.clip = Path(shutil.copyfile(c.voice, folder / "bad.wav"))


def picture_as_clip(c: Command, folder: Path) -> None:
    c.clip = _named(folder, "bad.png", cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1].tobytes())


def clip_without_a_face(c: Command, folder: Path) -> None:
    c.clip = silent_clip(folder / "bad.mp4", grey(12))


def picture_as_voice(c: Command, folder: Path) -> None:
    c.voice = _named(folder, "bad.png", cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1].tobytes())


def missing_voice(c: Command, folder: Path) -> None:
    c.voice = folder / "bad.wav"


def empty_voice(c: Command, folder: Path) -> None:
    c.voice = _named(folder, "bad.wav", b"")


def mute_clip_as_voice(c: Command, folder: Path) -> None:
    c.voice = silent_clip(folder / "bad.mp4", grey(12))


def _voice_of(c: Command, folder: Path, samples: NDArray[np.float32]) -> None:
    c.voice = folder / "bad.wav"
    soundfile.write(c.voice, samples, 16000, subtype="FLOAT")


def voice_with_nan(c: Command, folder: Path) -> None:
    samples = np.zeros(16000, np.float32)
    samples[9000] = np.nan
    _voice_of(c, folder, samples)


def infinite_voice(c: Command, folder: Path) -> None:
    samples = np.zeros(16000, np.float32)
    samples[100] = np.inf
    _voice_of(c, folder, samples)


def voice_without_samples(c: Command, folder: Path) -> None:
    _voice_of(c, folder, np.zeros(0, np.float32))


def truncated_voice(c: Command, folder: Path) -> None:
    c.voice = _named(folder, "bad.wav", c.voice.read_bytes()[:9000])


def voice_placed_outside(c: Command, folder: Path) -> None:
    c.voice = write_voice(folder / "bad.wav", 0.5)
    c.more = ["--offset", "-3"]


FILES: list[Callable[[Command, Path], None]] = [
    missing_clip, empty_clip, truncated_clip, corrupt_clip, nonsense_as_clip, folder_as_clip, sound_as_clip,
    picture_as_clip, clip_without_a_face, picture_as_voice, missing_voice, empty_voice, mute_clip_as_voice,
    voice_with_nan, infinite_voice, voice_without_samples, truncated_voice, voice_placed_outside,
]  # fmt: skip


@pytest.mark.parametrize("spoil", FILES, ids=[spoil.__name__ for spoil in FILES])
def test_a_bad_file(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Command, Path], None]
) -> None:
    spoil(command, tmp_path)
    assert "bad." in refusal(command.arguments(), capsys)
    assert not list(command.output.parent.iterdir())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--face", "2"], "has no face 2: there is only face 1"),
        (["--face", "0"], "There is no face 0: faces count from 1"),
        (["--reference", "7"], "it lasts from 0 to 0:00:01"),
        (["--reference", "-1"], "it lasts from 0 to 0:00:01"),
        (["--reference", "soon"], '"soon" is not a time'),
        (["--range", "1-9"], "reaches beyond it"),
        (["--range", "5-9"], "reaches beyond it"),
        (["--range", "3-2"], "is empty"),
        (["--range", "all"], '"all" is not a range'),
        (["--offset", "x"], '"x" is not a time'),
        (["--report", "/nowhere/r.json"], "does not exist"),
    ],
)
def test_a_bad_option(command: Command, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str) -> None:
    command.more = [*options]
    assert sentence in refusal(command.arguments(), capsys)
    assert not list(command.output.parent.iterdir())


def test_a_reference_time_without_a_face(
    command: Command, pictures: list[NDArray[np.uint8]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.clip = silent_clip(tmp_path / "gap.mp4", pictures[:6] + grey(14))
    command.more = ["--reference", "0.6"]
    assert "does not show face 1 at 0:00:00.600" in refusal(command.arguments(), capsys)
    assert not list(command.output.parent.iterdir())


def test_the_output_exists(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    command.output.write_bytes(b"precious")
    assert "dubbed.mp4" in refusal(command.arguments(), capsys)
    assert command.output.read_bytes() == b"precious"
    assert len(list(command.output.parent.iterdir())) == 1


@pytest.mark.parametrize("which", ["clip", "voice", "clip by a link"])
def test_the_output_is_an_input(command: Command, capsys: pytest.CaptureFixture[str], which: str) -> None:
    folder = command.output.parent
    command.clip = Path(shutil.copyfile(command.clip, folder / "in.mp4"))
    command.voice = Path(shutil.copyfile(command.voice, folder / "in.mp3.mp4"))
    if which == "clip by a link":
        command.output.hardlink_to(command.clip)
    else:
        command.output = getattr(command, which)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    command.more = ["--overwrite"]
    assert "is the input itself" in refusal(command.arguments(), capsys)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_report_over_an_input(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    before = command.clip.read_bytes()
    for file in (command.clip, command.voice, command.output):
        command.more = ["--report", file]
        assert "--report would write over" in refusal(command.arguments(), capsys)
    assert command.clip.read_bytes() == before
    assert not list(command.output.parent.iterdir())


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("nowhere/dubbed.mp4", "does not exist"),
        ("out", "does not end in"),
        ("dubbed.txt", "does not end in .mp4"),
        ("/proc/dubbed.mp4", "cannot be written to"),  # read-only for root too
    ],
)
def test_a_bad_place(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], output: str, sentence: str
) -> None:
    command.output = tmp_path / output
    assert sentence in refusal(command.arguments(), capsys)
    assert not (tmp_path / output).is_file()


@pytest.mark.parametrize("room", [20_000, 30_000])
def test_the_disk_fills_up(
    command: Command, pictures: list[NDArray[np.uint8]], tmp_path: Path, capsys: pytest.CaptureFixture[str], room: int
) -> None:
    """All but the export itself is small enough: the voice decodes to 18 kB."""
    command.clip = silent_clip(tmp_path / "clip.mp4", pictures)
    command.voice = write_voice(tmp_path / "short.wav", 0.2)
    with full_disk(room):
        said = refusal(command.arguments(), capsys)
    assert "full" in said or "completely" in said
    assert not list(command.output.parent.iterdir())


def test_the_disk_has_no_room(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("app.engine.media.output.shutil.disk_usage", lambda _: usage(10**9, 10**9 - 1000, 1000))
    assert "free some space" in refusal(command.arguments(), capsys)
    assert not list(command.output.parent.iterdir())


def missing_weights(folder: Path, _good: Path) -> object:
    return folder / "bad.safetensors"


def unknown_weights(_folder: Path, _good: Path) -> object:
    return "radio-bad."


def truncated_weights(folder: Path, good: Path) -> object:
    return _named(folder, "bad.safetensors", good.read_bytes()[:100_000])


def empty_weights(folder: Path, _good: Path) -> object:
    return _named(folder, "bad.safetensors", b"")


def foreign_weights(folder: Path, _good: Path) -> object:
    save_file({"layer": torch.zeros(3)}, folder / "bad.safetensors")
    return folder / "bad.safetensors"


def weights_of_another_size(folder: Path, _good: Path) -> object:
    small = Radio(RadioConfig(name="other", size=64, width=0.125))
    save_weights(folder / "bad.safetensors", small.state_dict(), RadioConfig(name="tiny", size=64, width=0.25))
    return folder / "bad.safetensors"


WEIGHTS = [
    missing_weights, unknown_weights, truncated_weights, empty_weights, foreign_weights, weights_of_another_size,
]  # fmt: skip


@pytest.mark.parametrize("spoil", WEIGHTS, ids=[spoil.__name__ for spoil in WEIGHTS])
def test_bad_weights(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path, Path], object]
) -> None:
    arguments = ["--weights", spoil(tmp_path, command.weights)]
    assert "bad." in refusal([*command.arguments(), *arguments], capsys)
    assert not list(command.output.parent.iterdir())


def test_weights_with_another_hash(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = tmp_path / "weights.toml"
    catalogue.write_text(f'[radio-starter]\nfile = "{command.weights}"\nsha256 = "{"0" * 64}"\nlicence = "MIT"\n')
    monkeypatch.setattr("models.weights.CATALOGUE", catalogue)
    said = refusal([*command.arguments(), "--weights", "radio-starter"], capsys)
    assert str(command.weights) in said
    assert "hash" in said
    assert not list(command.output.parent.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA here")
def test_cuda_is_absent(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    command.more = ["--device", "cuda"]
    assert "CUDA" in refusal(command.arguments(), capsys)
    assert not list(command.output.parent.iterdir())


@pytest.mark.parametrize("arguments", [[], ["sing"], ["dub"], ["dub", "a", "b", "-o", "c.mp4", "--fit", "stretch"]])
def test_what_argparse_refuses(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        redub(*arguments)
    assert left.value.code == 2
    assert "usage: python main.py" in capsys.readouterr().err
