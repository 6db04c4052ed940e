"""Reading Whisper out of a published model."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.errors import ModelError
from models.whisper import convert
from models.whisper.convert import encoder_tensors, main, read_model
from models.whisper.encoder import WhisperConfig, WhisperEncoder
from models.whisper.weights import load_whisper

TINY = WhisperConfig("tiny", dim=8, heads=2, blocks=2)


def published(net: WhisperEncoder) -> bytes:
    """The network as CTranslate2 would have written it in halves, with a decoder's tensor that nobody needs."""
    own = {name: tensor.numpy().astype(np.float16) for name, tensor in net.state_dict().items()}
    named: dict[str, NDArray[np.float16]] = {
        "decoder/scale": np.ones(3, np.float16),
        "encoder/position_encodings/encodings": own["places"],
    }
    for there, here in (("conv1", "first"), ("conv2", "second")):
        named |= {f"encoder/{there}/{part}": own[f"{here}.{part}"] for part in ("weight", "bias")}
    for block in range(TINY.blocks):
        for here, there in convert._LAYERS.items():
            for part, other in (("weight", "gamma"), ("bias", "beta")):
                name = other if here.endswith("norm") else part
                named[f"encoder/layer_{block}/{there}/{name}"] = own[f"blocks.{block}.{here}.{part}"]
    out = struct.pack("<I", 6) + _text("WhisperSpec") + struct.pack("<II", 3, len(named))
    for name, values in named.items():
        out += _text(name) + struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
        out += struct.pack("<BI", 4, values.nbytes) + values.tobytes()
    return out


def _text(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"


@pytest.fixture
def net() -> WhisperEncoder:
    torch.manual_seed(2)
    return WhisperEncoder(TINY).half().float().eval()


def test_a_model_in_parts_becomes_the_same_network(
    net: WhisperEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, out = published(net), tmp_path / "out.safetensors"
    for number, part in enumerate((whole[:1000], whole[1000:])):
        (tmp_path / f"model.bin.part{number}").write_bytes(part)
    monkeypatch.setattr(convert, "WhisperConfig", lambda: TINY)
    main([str(tmp_path / "model.bin.part0"), str(tmp_path / "model.bin.part1"), str(out)])
    sound = torch.randn(1, 3200)
    with torch.inference_mode():
        assert torch.equal(load_whisper(out)(sound), net(sound))


@pytest.mark.parametrize("cut", [0, 3, 20, 300])
def test_other_files_and_broken_ones_are_refused(net: WhisperEncoder, cut: int) -> None:
    with pytest.raises(ModelError, match="CTranslate2"):
        read_model(BytesIO(published(net)[:cut]))


def test_another_model_lacks_the_encoder(net: WhisperEncoder) -> None:
    tensors = read_model(BytesIO(published(net)))
    del tensors["encoder/conv1/weight"]
    with pytest.raises(ModelError, match="encoder/conv1/weight"):
        encoder_tensors(tensors, TINY)
