"""The encoder's weights as a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from models.errors import ModelError
from models.tensor_file import load_tensors, read_described, save_tensors
from models.whisper.encoder import WhisperConfig, WhisperEncoder

_ENTRY = "whisper"


def save_whisper(file: Path, tensors: Mapping[str, Tensor], config: WhisperConfig) -> None:
    """Writes tensors as fp16 safetensors with the config beside them, whole or not at all."""
    save_tensors(file, tensors, _ENTRY, dataclasses.asdict(config))


def load_whisper(file: Path) -> WhisperEncoder:
    """The encoder of a file, not to be trained. Raises ModelError where it is missing, damaged or something else."""
    described = read_described(file, _ENTRY)
    try:
        net = WhisperEncoder(WhisperConfig(**(described or {})))
        net.load_state_dict(load_tensors(file))
    except (TypeError, RuntimeError) as error:
        raise ModelError(f"{file} holds no encoder that this version knows; fetch it again.") from error
    return net.eval().requires_grad_(False)
