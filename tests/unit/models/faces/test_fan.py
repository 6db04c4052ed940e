"""The second detector without its weights: one sentence, at once."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

pytest.importorskip("face_alignment")

from models.errors import ModelError
from models.faces.fan import FanDetector


def _refuse(*_args: object, **_kwargs: object) -> None:
    raise OSError("the network is blocked")


def test_without_weights_it_says_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A blocked network and an empty weight folder."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    attempts: list[object] = []

    def count(*args: object, **_kwargs: object) -> None:
        attempts.append(args)
        _refuse()

    monkeypatch.setattr(socket, "getaddrinfo", count)
    monkeypatch.setattr(socket.socket, "connect", count)
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ModelError) as caught:
        FanDetector("cpu")
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert "--detector facemesh" in message
    assert len(attempts) == 1
