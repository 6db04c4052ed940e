"""Specs of networks: all that they name is there, and what nobody knows is said in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from models.errors import ModelError
from models.networks import NETWORKS, named, network, network_of, trainings
from models.radio.config import RADIO_STARTER
from models.training.config import RunConfig
from models.training.start import Training, start


@pytest.mark.parametrize("name", NETWORKS)
def test_what_a_spec_names_is_there(name: str) -> None:
    """Runs have a config to begin from; a network that dubs has both its config and its dubber."""
    spec = network(name)
    assert spec.name == name
    for place in spec.trainings.values():
        training = named(place)
        assert isinstance(training, Training)
        assert isinstance(training.config.run, RunConfig)
    for place in filter(None, (spec.ear, spec.personal)):
        assert callable(named(place))
    assert (spec.config is None) == (spec.dubber is None)


def test_the_config_answers_for_its_network() -> None:
    assert network(RADIO_STARTER.network).name == "radio"
    assert RADIO_STARTER.attention_layers[-1] == "6.2"
    assert RADIO_STARTER.patches == 16


def test_weights_of_no_network_are_said(tmp_path: Path) -> None:
    """Nor is the sync discriminator one that dubs."""
    file = tmp_path / "other.safetensors"
    for metadata in ({"format": "pt"}, {"sync": "{}"}):
        save_file({"a": torch.zeros(1)}, file, metadata=metadata)
        with pytest.raises(ModelError, match=r"other\.safetensors holds weights of another architecture; give .*radio"):
            network_of(file)


def test_an_unknown_training_is_said(tmp_path: Path) -> None:
    assert list(trainings()) == ["radio", "audio", "sync"]
    with pytest.raises(ModelError, match="there is no training 'lips'; there are radio, audio, sync"):
        start("lips", tmp_path, tmp_path / "run", "cpu", "float32", [])
