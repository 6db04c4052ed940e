"""RADIO for the pipeline: numpy in, numpy out, one network on one device."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from models.errors import ModelError
from models.radio.config import TOKENS_PER_SIDE
from models.radio.hidden import hidden_mask
from models.radio.radio import Frames, Inputs, Radio, References
from models.radio.references import gathered
from models.radio.warp import compose, prefiltered, resized
from models.whisper.hear import hear
from models.whisper.weights import load_whisper
from models.zoo import Weights, encoder_file, load_tensors

Crops = NDArray[np.uint8]
Floats = NDArray[np.float32]
LEAST_BATCH = 1
OPENED = 1.3
"""What is made of how far a mouth is told to open. Of what it cannot know an L1 tells the median, so that strangers
were told .66 to .8 of their own amplitude, and of that the warp loses some: with this, GRID E went from .80 to 1.01,
KatieHill from .43 to .56, and landmarks lay nearly as near as before."""
MOST_REFERENCES = 24
"""References that may be given to a network that fuses several; for each frame it consults as many as it fuses."""


class Request(NamedTuple):
    """N frames to re-lip."""

    crops: Crops
    """N x S x S x 3."""
    sounds: Floats
    """N x rows x columns, see `RadioDubber.sound_shape`."""
    points: Floats
    """N x 68 x 2: the frames' landmarks as shares of the side; those that the mouth moves are not looked at."""
    shares: Floats
    """N x K: how much each reference may give to each frame."""
    articulation: Floats
    """N, at least 0: how far mouths open, 1 as far as the sound asks for."""

    def rows(self, rows: slice) -> Request:
        """Some of the frames."""
        return Request(
            self.crops[rows], self.sounds[rows], self.points[rows], self.shares[rows], self.articulation[rows]
        )


class Encoded(NamedTuple):
    """References, ready for the network."""

    encoded: References
    """At the network's size, for one frame."""
    natives: Tensor
    """1 x K x 3 x R x R: the same at their own size, `prefiltered`, from which pixels are fetched."""


class FetchedFrom(NamedTuple):
    """One generated frame and where its pixels come from; coordinates run from 0 to 1 across a crop."""

    generated: Crops
    """R x R x 3."""
    places: NDArray[np.float32]
    """K x S x S x 2: (x, y) in reference k."""
    choice: NDArray[np.float32]
    """K x S x S: how much of what was fetched came from reference k, 0 where it was not consulted; sums to 1."""
    fetched: NDArray[np.float32]
    """S x S: how much was fetched, 0 to 1; the rest was drawn."""


class RadioDubber:
    """Implements the engine's `Dubber` port structurally.

    Raises ModelError where the weights do not fit the network or the device is not there.
    """

    def __init__(self, weights: Weights, device: str = "auto", notify: Callable[[str], None] | None = None) -> None:
        self._device = choose_device(device)
        self._net = load_net(weights).to(self._device).eval()
        self._notify = notify or (lambda _sentence: None)
        self._batch: int | None = None
        self.weights_name = weights.name
        self.weights_sha256 = weights.sha256
        self.known_fit = weights.fit
        self.device = device_text(self._device)
        self.crop_size = weights.config.size
        self.sound_shape = weights.config.sound_shape
        self.hears_speech = bool(weights.config.speech)
        self._speech = load_whisper(encoder_file(weights.config.speech)).to(self._device) if self.hears_speech else None
        several = weights.config.warp and weights.config.references > 1
        self.max_references = MOST_REFERENCES if several else weights.config.references
        self.fetches = weights.config.warp
        self.attention_layers = weights.config.attention_layers
        self.patches = TOKENS_PER_SIDE
        self.hidden_mask = hidden_mask(self.crop_size)
        self._visible = torch.from_numpy(1 - self.hidden_mask).to(self._device)

    def listen(self, sound: Floats) -> Floats:
        """Features of speech, n samples of 16 kHz -> n / 320 x rows. Raises ModelError for weights that hear none."""
        if self._speech is None:
            raise ModelError(f"{self.weights_name} hears a mel spectrogram; choose weights that hear speech.")
        return hear(self._speech, sound)

    @torch.inference_mode()
    def encode_references(self, crops: Crops, points: Floats) -> Encoded:
        """K references of one face, prepared once for all frames that use them.

        crops: K x R x R x 3 with R at least S; points: K x 68 x 2, landmarks as shares of the side. Raises ModelError
        for more references than the network fuses, and for crops smaller than its own.
        """
        count, size = crops.shape[:2]
        if not 1 <= count <= self.max_references:
            raise ModelError(f"{self.weights_name} takes 1 to {self.max_references} references, not {count}.")
        if size < self.crop_size:
            raise ModelError(f"{self.weights_name} takes references of {self.crop_size} pixels or more, not {size}.")
        natives = self._pictures(crops)
        small = (
            F.interpolate(natives, (self.crop_size, self.crop_size), mode="area") if size > self.crop_size else natives
        )
        return Encoded(
            self._net.encode_references(small[None], self._numbers(points)[None]), prefiltered(natives)[None]
        )

    @torch.inference_mode()
    def dub(self, request: Request, references: Any) -> Crops:
        """Re-lips N frames; returns N x R x R x 3.

        Where CUDA runs out of memory the batch is halved, which is said, down to single frames; then ModelError.
        """
        count = len(request.crops)
        batch = min(self._batch or count, count)
        done: list[Crops] = []
        while sum(map(len, done)) < count:
            first = sum(map(len, done))
            try:
                done.append(as_crops(self._frames(request.rows(slice(first, first + batch)), references).frame))
            except torch.cuda.OutOfMemoryError as error:
                if batch <= LEAST_BATCH:
                    raise ModelError(
                        f"{self.device} has no memory for even one frame; close other programs or use --device cpu."
                    ) from error
                batch = self._batch = batch // 2
                torch.cuda.empty_cache()
                self._notify(f"{self.device} ran out of memory; going on with {batch} frames at a time.")
        size = references.natives.shape[-1]
        return np.concatenate(done) if done else np.zeros((0, size, size, 3), np.uint8)

    @torch.inference_mode()
    def attention(self, request: Request, references: Any, layer: str) -> tuple[Crops, Floats]:
        """Re-lips one frame and tells where each patch looked at `layer` ("5.1" to "6.2").

        Returns (crop, R x R x 3; maps, heads x 256 x K x 256): patch of the generated frame by reference and its
        patch, row by row; each patch's numbers sum to 1. Raises ModelError for a layer the network lacks.
        """
        if layer not in self.attention_layers:
            there = ", ".join(self.attention_layers) or "none"
            raise ModelError(f"{self.weights_name} has no attention layer {layer}; there are: {there}.")
        frames = self._frames(request, references, need_weights=True)
        maps = frames.drawn.maps[self.attention_layers.index(layer)][0].float()
        by_reference = maps.unflatten(2, (-1, maps.shape[1]))
        whole = spread(by_reference.movedim(2, 0), frames.drawn.kept, request.shares.shape[1]).movedim(0, 2)
        return as_crops(frames.frame)[0], whole.cpu().numpy()

    @torch.inference_mode()
    def sources(self, request: Request, references: Any) -> FetchedFrom:
        """Re-lips one frame and tells where each of its pixels was fetched from.

        Raises ModelError for weights that fetch nothing.
        """
        if not self.fetches:
            raise ModelError(
                f"{self.weights_name} draws every pixel and fetches none; choose weights with a warp head."
            )
        frames = self._frames(request, references)
        warp, mask = frames.drawn.warp, frames.drawn.mask
        assert warp is not None and mask is not None  # `fetches`
        kept, pictures, shares = frames.drawn.kept, references.encoded.pictures, self._numbers(request.shares)
        if kept is not None:
            pictures, shares = gathered(pictures, kept), gathered(shares, kept)
        told = compose(frames.drawn.rgb, mask, warp, pictures, shares)
        places, choice = (spread(part[0], kept, request.shares.shape[1]) for part in (told.places, told.choice))
        parts = ((places + 1) / 2, choice, told.mask[0, 0])
        return FetchedFrom(as_crops(frames.frame)[0], *(part.float().cpu().numpy() for part in parts))

    def _frames(self, request: Request, references: Encoded, need_weights: bool = False) -> Frames:
        """N frames at the references' own size."""
        hidden = self._pictures(request.crops) * self._visible
        seen = references.encoded.shared(self._numbers(request.shares))
        natives = references.natives.expand(len(request.crops), *references.natives.shape[1:])
        opens = OPENED * self._numbers(request.articulation)
        inputs = Inputs(hidden, self._numbers(request.sounds), self._numbers(request.points), opens)
        frames = self._net.generate(inputs, seen, natives, need_weights)
        if frames.composition is not None or natives.shape[-1] == self.crop_size:
            return frames
        return frames._replace(frame=resized(frames.frame, natives.shape[-1], "bicubic"))

    def _pictures(self, crops: Crops) -> Tensor:
        """N x S x S x 3, 8 bits -> N x 3 x S x S in [-1, 1] on the device, channels last in memory."""
        return torch.from_numpy(np.ascontiguousarray(crops)).to(self._device).permute(0, 3, 1, 2).float() / 127.5 - 1

    def _numbers(self, numbers: Floats) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(numbers, np.float32)).to(self._device)


def spread(values: Tensor, kept: Tensor | None, count: int) -> Tensor:
    """One frame's values of the references that were consulted, k x ..., among all of them: count x ..., else 0."""
    if kept is None:
        return values
    return values.new_zeros(count, *values.shape[1:]).index_copy(0, kept[0], values)


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


def load_net(weights: Weights) -> Radio:
    """The network with its weights. Raises ModelError where they are of another architecture or cannot be read."""
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
