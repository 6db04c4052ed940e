"""Reads Whisper's encoder out of a published model once: `python -m models.whisper.convert MODEL... OUT.safetensors`.

MODEL is `model.bin` of a CTranslate2 conversion (Systran's `faster-whisper-base`, MIT as the original); a file that was
cut into parts is given as all of them in order.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from models.errors import ModelError
from models.whisper.encoder import WhisperConfig
from models.whisper.weights import save_whisper

_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_LAYERS = {
    "attention_norm": "self_attention/layer_norm",
    "query_key_value": "self_attention/linear_0",
    "attended": "self_attention/linear_1",
    "wide_norm": "ffn/layer_norm",
    "wide": "ffn/linear_0",
    "narrow": "ffn/linear_1",
}


def read_model(file: BinaryIO) -> dict[str, Tensor]:
    """The tensors of a CTranslate2 model by name. Raises ModelError for another file."""
    try:
        return dict(_tensors(file))
    except (struct.error, UnicodeDecodeError, KeyError, ValueError) as error:
        raise ModelError(f"this is no model of CTranslate2 ({error}); give the model.bin of a conversion.") from error


def _tensors(file: BinaryIO) -> Iterator[tuple[str, Tensor]]:
    """(name, tensor), as CTranslate2 writes them: version, spec, revision, number of variables, variables."""
    _number(file, "I")
    _text(file)
    _number(file, "I")
    for _ in range(_number(file, "I")):
        name, rank = _text(file), _number(file, "B")
        shape = [_number(file, "I") for _ in range(rank)]
        kind = _TYPES[_number(file, "B")]
        values = np.frombuffer(file.read(_number(file, "I")), kind).reshape(shape)
        yield name, torch.from_numpy(values.astype(np.float32))


def _number(file: BinaryIO, kind: str) -> int:
    """One little-endian number."""
    return struct.unpack(f"<{kind}", file.read(struct.calcsize(kind)))[0]


def _text(file: BinaryIO) -> str:
    """A text with its length before it and a zero behind."""
    return file.read(_number(file, "H"))[:-1].decode()


def encoder_tensors(model: dict[str, Tensor], config: WhisperConfig) -> dict[str, Tensor]:
    """The encoder's weights under the names that `WhisperEncoder` has. Raises ModelError where one is missing."""
    try:
        found = {"places": model["encoder/position_encodings/encodings"]}
        for own, theirs in (("first", "conv1"), ("second", "conv2")):
            found |= {f"{own}.{part}": model[f"encoder/{theirs}/{part}"] for part in ("weight", "bias")}
        for block in range(config.blocks):
            for own, theirs in _LAYERS.items():
                parts = ("gamma", "beta") if own.endswith("norm") else ("weight", "bias")
                for part, there in zip(("weight", "bias"), parts, strict=True):
                    found[f"blocks.{block}.{own}.{part}"] = model[f"encoder/layer_{block}/{theirs}/{there}"]
    except KeyError as error:
        raise ModelError(f"the model has no {error}; give one of Whisper.") from error
    return found


def main(arguments: list[str]) -> None:
    """Converts; the last argument is the file to write."""
    *parts, out = map(Path, arguments)
    config = WhisperConfig()
    model = read_model(BytesIO(b"".join(part.read_bytes() for part in parts)))
    save_whisper(out, encoder_tensors(model, config), config)


if __name__ == "__main__":
    main(sys.argv[1:])
