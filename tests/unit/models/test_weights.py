"""Weights files: there and back, and one sentence for each that is no good."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from models import weights
from models.errors import ModelError
from models.networks import Weights
from models.radio.config import RadioConfig
from models.radio.dubber import RadioDubber
from models.radio.radio import Radio
from models.weights import load_tensors, read_config, resolve, save_weights

TINY = RadioConfig(name="tiny", size=64, width=0.125, vit_layers=1, audio_channels=(8, 8, 8, 8))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Weights of a tiny network."""
    torch.manual_seed(0)
    written = tmp_path / "tiny.safetensors"
    save_weights(written, Radio(TINY).state_dict(), TINY)
    return written


def sentence(error: pytest.ExceptionInfo[ModelError], file: Path | str) -> str:
    """The message, which must be one sentence naming the file and what to do."""
    message = str(error.value)
    assert str(file) in message
    assert message.endswith(".")
    assert "\n" not in message
    assert ";" in message
    return message


def test_weights_come_back_in_halves(file: Path) -> None:
    """To fp16's precision, as float32, for a network that takes them; nothing else is left in the folder."""
    torch.manual_seed(0)
    original, loaded = Radio(TINY).state_dict(), load_tensors(file)
    assert set(original) == set(loaded)
    for name, tensor in loaded.items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, original[name].half().float())
    Radio(TINY).load_state_dict(loaded)
    assert list(file.parent.iterdir()) == [file]
    assert file.stat().st_size < 2.1 * sum(tensor.numel() for tensor in original.values()) + 100_000


def test_saving_what_was_loaded_changes_no_bit(file: Path, tmp_path: Path) -> None:
    """And the same weights give the same file: its hash can be published."""
    again = tmp_path / "again.safetensors"
    save_weights(again, load_tensors(file), TINY)
    assert again.read_bytes() == file.read_bytes()


@given(
    size=st.integers(2, 8).map(lambda k: 32 * k),
    width=st.floats(0.05, 2),
    blocks=st.integers(0, 2),
    layers=st.integers(1, 3),
    name=st.text(max_size=10),
)
@settings(max_examples=20, deadline=None)
def test_the_config_comes_back(
    tmp_path_factory: pytest.TempPathFactory, size: int, width: float, blocks: int, layers: int, name: str
) -> None:
    """Whatever the network, equal in every field."""
    config = RadioConfig(name, size, width, blocks, layers)
    file = tmp_path_factory.mktemp("weights") / "x.safetensors"
    save_weights(file, {"a": torch.zeros(1)}, config)
    assert read_config(file) == config
    with safe_open(file, framework="pt") as tensors:
        described = set(json.loads(tensors.metadata()["radio"]))
    assert described == {f.name for f in dataclasses.fields(RadioConfig)} | {"architecture"}


def test_a_file_is_resolved_with_its_hash(file: Path) -> None:
    """By its path; the name is the file's."""
    assert resolve(str(file)) == Weights("tiny", file, hashlib.sha256(file.read_bytes()).hexdigest(), TINY, None)


def test_missing_weights_are_said(tmp_path: Path) -> None:
    """By resolving as by reading; a folder is no file."""
    missing = tmp_path / "none.safetensors"
    for action in (lambda: resolve(str(missing)), lambda: load_tensors(missing), lambda: read_config(missing)):
        with pytest.raises(ModelError) as error:
            action()
        assert "missing" in sentence(error, missing)
    missing.mkdir()
    with pytest.raises(ModelError) as error:
        resolve(str(missing))
    sentence(error, missing)


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.01, 0.5, 0.99])
def test_truncated_weights_are_said(file: Path, share: float) -> None:
    """Wherever they end."""
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    for action in (lambda: resolve(str(file)), lambda: load_tensors(file)):
        with pytest.raises(ModelError) as error:
            action()
        assert "damaged" in sentence(error, file)


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"format": "pt"},
        {"radio": "no JSON"},
        {"radio": "[]"},
        {"radio": "{}"},
        {"radio": '{"audio_channels": 3}'},
        {"radio": '{"audio_channels": [8, 8, 8, 8], "depth": 3}'},
        {"radio": '{"audio_channels": [8, 8, 8, 8], "size": 100}'},
        {"radio": '{"audio_channels": [8, 8, 8, 8], "size": "64"}'},
    ],
)
def test_weights_that_are_not_radios_are_said(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    """Without our metadata or with another network's."""
    file = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(3)}, file, metadata=metadata)
    with pytest.raises(ModelError) as error:
        resolve(str(file))
    assert "another architecture" in sentence(error, file)


@pytest.mark.parametrize("version", [None, 1, 99])
def test_weights_of_another_version_of_the_network_are_said(file: Path, version: int | None) -> None:
    """They would fit by shape and draw nonsense: those from before the scale was pinned say no version at all."""
    with safe_open(file, framework="pt") as tensors:
        fields: dict[str, object] = json.loads(tensors.metadata()["radio"])
    del fields["architecture"]
    fields |= {} if version is None else {"architecture": version}
    save_file(load_tensors(file), file, metadata={"radio": json.dumps(fields)})
    with pytest.raises(ModelError) as error:
        resolve(str(file))
    assert "another version of RADIO" in sentence(error, file)


def test_weights_of_another_network_are_said(file: Path) -> None:
    """Metadata of one size, tensors of another: noticed when the network is filled."""
    save_weights(file, load_tensors(file), dataclasses.replace(TINY, width=0.25))
    with pytest.raises(ModelError) as error:
        RadioDubber(resolve(str(file)), "cpu")
    assert "another architecture" in sentence(error, file)


def test_an_unknown_name_is_said() -> None:
    """With the names that there are."""
    with pytest.raises(ModelError, match=r"no weights are called 'nobody'; there are .*\.safetensors file\."):
        resolve("nobody")


@pytest.fixture
def catalogue(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue that knows the tiny weights."""
    written = file.parent / "weights.toml"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    written.write_text(f'[tiny]\nfile = "{file.name}"\nsha256 = "{digest}"\nfit = 0.8\n')
    monkeypatch.setattr(weights, "CATALOGUE", written)
    monkeypatch.setattr(weights, "RESOURCES", file.parent)
    return written


def test_a_name_is_resolved_by_the_catalogue(catalogue: Path, file: Path) -> None:
    """With its fit and its config."""
    found = resolve("tiny")
    assert (found.name, found.file, found.fit, found.config) == ("tiny", file, 0.8, TINY)


@pytest.mark.usefixtures("catalogue")
def test_weights_with_another_hash_are_said(file: Path) -> None:
    """One bit is enough, though the file can still be read."""
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelError) as error:
        resolve("tiny")
    assert "hash" in sentence(error, file)
    assert resolve(str(file)).fit is None, "by its path the file may be anything"


@pytest.mark.usefixtures("catalogue")
def test_weights_of_the_catalogue_may_be_missing(file: Path) -> None:
    """As after a partial checkout."""
    file.unlink()
    with pytest.raises(ModelError) as error:
        resolve("tiny")
    assert "missing" in sentence(error, file)


def test_the_shipped_catalogue_is_true() -> None:
    """Every entry names a file that is there and has the hash that it says."""
    for name in weights.known_names():
        found = resolve(name)
        assert found.config.name
        assert found.file.stat().st_size <= 40e6
        if found.config.speech:
            assert found.config.speech in weights.known_encoders()
    for name in weights.known_helpers():
        assert weights.checked_file(name).stat().st_size <= 40e6
    assert {*weights.known_names(), *weights.known_helpers()} == set(tomllib.loads(weights.CATALOGUE.read_text()))
    assert weights.FACES in weights.known_helpers() and set(weights.known_encoders()) < set(weights.known_helpers())
