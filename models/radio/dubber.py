"""RADIO for the pipeline: numpy in, numpy out, one network on one device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from models.device import choose_device, device_text
from models.errors import ModelError
from models.networks import Weights
from models.ports import Crops, FetchedFrom, Floats, Request, as_crops
from models.radio.config import RadioConfig
from models.radio.hidden import hidden_mask
from models.radio.radio import Frames, Inputs, Radio, References
from models.radio.references import gathered
from models.radio.warp import compose, prefiltered, resized
from models.weights import encoder_file, load_tensors
from models.whisper.hear import hear
from models.whisper.weights import load_whisper

LEAST_BATCH = 1
OPENED = 1.3
"""What is made of how far a mouth is told to open. Of what it cannot know an L1 tells the median, so that strangers
were told .66 to .8 of their own amplitude, and of that the warp loses some: with this, GRID E went from .80 to 1.01,
KatieHill from .43 to .56, and landmarks lay nearly as near as before."""
MOST_REFERENCES = 24
"""References that may be given to a network that fuses several; for each frame it consults as many as it fuses."""


class Encoded(NamedTuple):
    """References, ready for the network."""

    encoded: References
    """At the network's size, for one frame."""
    natives: Tensor
    """1 x K x 3 x R x R: the same at their own size, `prefiltered`, from which pixels are fetched."""


class RadioDubber:
    """Implements the engine's `Dubber` port structurally.

    Raises ModelError where the weights do not fit the network or the device is not there.
    """

    def __init__(self, weights: Weights, device: str = "auto", notify: Callable[[str], None] | None = None) -> None:
        self._device = choose_device(device)
        self._net = load_net(weights).to(self._device).eval()
        config = self._net.config
        self._notify = notify or (lambda _sentence: None)
        self._batch: int | None = None
        self.weights_name = weights.name
        self.weights_sha256 = weights.sha256
        self.known_fit = weights.fit
        self.device = device_text(self._device)
        self.crop_size = config.size
        self.sound_shape = config.sound_shape
        self.hears_speech = bool(config.speech)
        self._speech = load_whisper(encoder_file(config.speech)).to(self._device) if self.hears_speech else None
        several = config.warp and config.references > 1
        self.max_references = MOST_REFERENCES if several else config.references
        self.fetches = config.warp
        self.attention_layers = config.attention_layers
        self.patches = config.patches
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


def load_net(weights: Weights) -> Radio:
    """RADIO with its weights. Raises ModelError where they are of another network or cannot be read."""
    if not isinstance(weights.config, RadioConfig):
        raise ModelError(f"{weights.file} holds weights of another network; give weights that `train radio` wrote.")
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
