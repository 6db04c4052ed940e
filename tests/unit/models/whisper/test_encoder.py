"""Whisper's encoder: shapes, what a column depends on, the weights that ship."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from models.errors import ModelError
from models.weights import encoder_file
from models.whisper.encoder import HOP, PLACES, RATE, WhisperConfig, WhisperEncoder, log_mel
from models.whisper.hear import hear
from models.whisper.weights import load_whisper, save_whisper

TINY = WhisperConfig("tiny", dim=16, heads=2, blocks=2)


def noise(count: int, seed: int = 0) -> Tensor:
    """Sound at about the level of speech, 1 x count."""
    return torch.randn(1, count, generator=torch.Generator().manual_seed(seed)) * 0.07


@pytest.fixture(scope="module")
def shipped() -> WhisperEncoder:
    return load_whisper(encoder_file("whisper-base"))


@pytest.mark.parametrize("columns", [1, 7, PLACES])
def test_there_is_a_column_for_every_20_ms(columns: int) -> None:
    assert WhisperEncoder(TINY)(noise(columns * HOP)).shape == (1, columns, TINY.dim)


@pytest.mark.parametrize("count", [0, HOP + 1, (PLACES + 1) * HOP])
def test_other_lengths_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of {HOP}"):
        WhisperEncoder(TINY)(noise(count))


def test_a_loud_moment_changes_no_other_column_of_the_spectrogram() -> None:
    """The original's floor follows the loudest moment, so that a shout would deafen it to whispers."""
    quiet = noise(RATE) * 0.01
    shout = quiet.clone()
    shout[:, RATE // 2 : RATE // 2 + 400] = 1
    far = slice(0, 40)
    assert torch.equal(log_mel(quiet)[..., far], log_mel(shout)[..., far])


def test_silence_lies_on_the_floor() -> None:
    spectrogram = log_mel(torch.zeros(1, RATE))
    assert (spectrogram == spectrogram.min()).all()
    assert (log_mel(noise(RATE)) > spectrogram.min()).all()


def test_weights_come_back_as_halves_and_do_not_learn(tmp_path: Path) -> None:
    torch.manual_seed(1)
    net, file = WhisperEncoder(TINY), tmp_path / "tiny.safetensors"
    save_whisper(file, net.half().float().state_dict(), TINY)
    found = load_whisper(file)
    assert found.config == TINY and not found.training
    assert not any(parameter.requires_grad for parameter in found.parameters())
    sound = noise(50 * HOP)
    assert torch.equal(found(sound), net.eval()(sound))
    assert np.array_equal(hear(found, sound[0].numpy()), found(sound)[0].numpy())


def test_files_that_hold_no_encoder_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.safetensors"
    with pytest.raises(ModelError, match="missing"):
        load_whisper(file)
    save_whisper(file, WhisperEncoder(TINY).state_dict(), dataclasses.replace(TINY, blocks=3))
    with pytest.raises(ModelError, match=r"other\.safetensors holds no encoder"):
        load_whisper(file)
    file.write_bytes(b"no tensors")
    with pytest.raises(ModelError, match="damaged"):
        load_whisper(file)


def test_unknown_encoders_are_named() -> None:
    with pytest.raises(ModelError, match="whisper-base"):
        encoder_file("whisper-huge")


def test_the_shipped_encoder_tells_sounds_apart_whatever_their_level(shipped: WhisperEncoder) -> None:
    """An open vowel's two formants against a hiss: nearer to themselves at half the level than to each other."""
    at = torch.arange(2 * RATE) / RATE
    buzz = sum(torch.sin(2 * torch.pi * 120 * k * at) * (1 / k) for k in range(1, 30))
    vowel, hiss = 0.05 * torch.as_tensor(buzz)[None], noise(2 * RATE, 5)
    heard = {name: shipped(sound)[0, 30:70].mean(dim=0) for name, sound in
             (("vowel", vowel), ("soft vowel", vowel / 2), ("hiss", hiss), ("soft hiss", hiss / 2))}  # fmt: skip
    own = torch.dist(heard["vowel"], heard["soft vowel"]), torch.dist(heard["hiss"], heard["soft hiss"])
    assert 2 * max(own) < torch.dist(heard["vowel"], heard["hiss"])
