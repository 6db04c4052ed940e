"""RADIO for the pipeline: numpy in, numpy out, one network on one device."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.errors import ModelError
from models.radio.config import TOKENS_PER_SIDE
from models.radio.hidden import hidden_mask
from models.radio.radio import Radio, Reference
from models.zoo import Weights, load_tensors

Crops = NDArray[np.uint8]
LEAST_BATCH = 1


class RadioDubber:
    """Implements the engine's `Dubber` port structurally.

    Raises ModelError where the weights do not fit the network or the device is not there.
    """

    def __init__(self, weights: Weights, device: str = "auto", notify: Callable[[str], None] | None = None) -> None:
        self._device = choose_device(device)
        self._net = _load_net(weights).to(self._device).eval()
        self._notify = notify or (lambda _sentence: None)
        self._batch: int | None = None
        self.weights_name = weights.name
        self.weights_sha256 = weights.sha256
        self.known_fit = weights.fit
        self.device = device_text(self._device)
        self.crop_size = weights.config.size
        self.attention_layers = weights.config.attention_layers
        self.patches = TOKENS_PER_SIDE
        self.hidden_mask = hidden_mask(self.crop_size)
        self._visible = torch.from_numpy(1 - self.hidden_mask).to(self._device)

    @torch.inference_mode()
    def encode_reference(self, crop: Crops) -> Reference:
        """A reference crop, S x S x 3, prepared once for all frames that use it."""
        return self._net.encode_reference(self._pictures(crop[None]))

    @torch.inference_mode()
    def dub(self, crops: Crops, mels: NDArray[np.float32], reference: Any) -> Crops:
        """Re-lips N crops, N x S x S x 3, to N mel windows, N x 80 x 16.

        Where CUDA runs out of memory the batch is halved, which is said, down to single frames; then
        ModelError.
        """
        count = len(crops)
        batch = min(self._batch or count, count)
        done: list[Crops] = []
        while sum(map(len, done)) < count:
            first = sum(map(len, done))
            try:
                done.append(self._dub(crops[first : first + batch], mels[first : first + batch], reference))
            except torch.cuda.OutOfMemoryError as error:
                if batch <= LEAST_BATCH:
                    raise ModelError(
                        f"{self.device} has no memory for even one frame; close other programs or use --device cpu."
                    ) from error
                batch = self._batch = batch // 2
                torch.cuda.empty_cache()
                self._notify(f"{self.device} ran out of memory; going on with {batch} frames at a time.")
        return np.concatenate(done) if done else np.zeros_like(crops)

    @torch.inference_mode()
    def attention(
        self, crop: Crops, mel: NDArray[np.float32], reference: Any, layer: str
    ) -> tuple[Crops, NDArray[np.float32]]:
        """Re-lips one crop, S x S x 3, and tells where each patch looked at `layer` ("5.1" to "6.2").

        Returns (crop, maps): maps are heads x 256 x 256, patch of the generated frame by patch of the
        reference, both row by row; each row sums to 1. Raises ModelError for a layer the network lacks.
        """
        if layer not in self.attention_layers:
            there = ", ".join(self.attention_layers) or "none"
            raise ModelError(f"{self.weights_name} has no attention layer {layer}; there are: {there}.")
        picture, maps = self._net.generate(
            self._pictures(crop[None]) * self._visible, self._sound(mel[None]), reference, need_weights=True
        )
        return as_crops(picture)[0], maps[self.attention_layers.index(layer)][0].float().cpu().numpy()

    def _dub(self, crops: Crops, mels: NDArray[np.float32], reference: Reference) -> Crops:
        """One batch through the network."""
        hidden = self._pictures(crops) * self._visible
        picture, _ = self._net.generate(hidden, self._sound(mels), reference.expanded(len(crops)))
        return as_crops(picture)

    def _pictures(self, crops: Crops) -> Tensor:
        """N x S x S x 3, 8 bits -> N x 3 x S x S in [-1, 1] on the device, channels last in memory."""
        return torch.from_numpy(np.ascontiguousarray(crops)).to(self._device).permute(0, 3, 1, 2).float() / 127.5 - 1

    def _sound(self, mels: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(mels, np.float32)).to(self._device)


def as_crops(pictures: Tensor) -> Crops:
    """N x 3 x S x S in about [-1, 1] -> N x S x S x 3, 8 bits."""
    pixels = ((pictures.float() + 1) * 127.5).round_().clamp_(0, 255).to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def choose_device(device: str) -> torch.device:
    """The device for "auto", "cpu" or "cuda". Raises ModelError for CUDA that is not there."""
    if device == "cuda" and not torch.cuda.is_available():
        raise ModelError("CUDA was asked for but PyTorch finds no CUDA device here; use --device cpu or auto.")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def describe_devices() -> list[str]:
    """The devices that the network can run on, a line each."""
    lines = [f"cpu: {os.cpu_count()} processors, {torch.get_num_threads()} used by torch"]
    for index in range(torch.cuda.device_count()):
        found = torch.cuda.get_device_properties(index)
        lines.append(f"cuda:{index}: {found.name}, {found.total_memory / 2**30:.1f} GiB")
    return lines if len(lines) > 1 else [*lines, "cuda: none"]


def device_text(device: torch.device) -> str:
    """How reports name the device."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else "cpu"


def _load_net(weights: Weights) -> Radio:
    """The network with its weights. Raises ModelError where they are another architecture's."""
    net = Radio(weights.config)
    try:
        net.load_state_dict(load_tensors(weights.file))
    except RuntimeError as error:
        raise ModelError(
            f"{weights.file} holds weights of another architecture; give weights that `train radio` wrote."
        ) from error
    for parameter in net.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)  # convolutions run faster
    return net
