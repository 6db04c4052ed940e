"""A puppet, voices and a tiny network, made once for all end-to-end tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from app.engine.puppet.clip import write_puppet_clip
from models.radio.config import RadioConfig
from models.radio.radio import Radio
from models.weights import save_weights
from tests.e2e.material import SECONDS, SIZE, Dubbing, puppet_pictures, short_speech, write_voice


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what all tests share; nobody may write into it."""
    return tmp_path_factory.mktemp("stock")


@pytest.fixture(scope="session")
def weights(stock: Path) -> Path:
    """A small network that has learnt nothing: what these tests check does not depend on what it draws."""
    torch.manual_seed(0)
    config = RadioConfig(
        name="tiny", size=128, width=0.05, heads=2, audio_channels=(8, 8, 8, 8), mel_columns=32, warp=True, references=3
    )
    file = stock / "tiny.safetensors"
    save_weights(file, Radio(config).state_dict(), config)
    return file


@pytest.fixture(scope="session")
def clip(stock: Path) -> Path:
    """The puppet speaking 1.2 seconds of sentence A: 30 frames at 25 fps, sound at 22050 Hz."""
    file = stock / "puppet.mp4"
    write_puppet_clip(short_speech(seconds=SECONDS), file, size=SIZE)
    return file


@pytest.fixture(scope="session")
def voice(stock: Path) -> Path:
    """A voice as long as the clip."""
    return write_voice(stock / "voice.wav", SECONDS)


@pytest.fixture(scope="session")
def pictures() -> list[NDArray[np.uint8]]:
    """Frames of the puppet, to be retimed, turned and mixed with others."""
    return puppet_pictures(30)


@pytest.fixture
def dub(weights: Path, tmp_path: Path) -> Dubbing:
    """Runs `dub`; results go into tmp_path / "dubs"."""
    folder = tmp_path / "dubs"
    folder.mkdir()
    return Dubbing(weights, folder)
