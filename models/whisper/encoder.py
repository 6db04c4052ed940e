"""The first blocks of Whisper's encoder (Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision").

Its weights are not trained here: `models/whisper/convert.py` reads them once from a published file. Two things differ
from the original, and both make a column independent of what is said far away: fewer blocks, and a spectrogram whose
floor is fixed where the original's follows the loudest moment of 30 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

RATE = 16_000
"""Samples a second of the sound that it hears."""
HOP = 320
"""Samples from one column of features to the next: 20 ms."""
WINDOW = 16
"""Columns of the windows that `prepare` keeps, and that networks hear where nothing else is said."""
BINS = 80
PLACES = 1500
"""Columns that it has codes of place for: 30 s."""
_WINDOW, _SPECTRUM_HOP = 400, 160
_LOUDEST = 1.5
"""Decadic logarithm of the mel power of loud speech at `SPEECH_LEVEL`; the floor lies eight below."""


@dataclass(frozen=True)
class WhisperConfig:
    """What fixes the encoder's shapes."""

    name: str = "whisper-base"
    dim: int = 512
    """Length of a column of features."""
    heads: int = 8
    blocks: int = 3
    """How many of its blocks are used, from the first."""


class Block(nn.Module):
    """A transformer block with norms before its two branches: B x T x dim -> the same."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(dim)
        self.query_key_value = nn.Linear(dim, 3 * dim)
        self.attended = nn.Linear(dim, dim)
        self.wide_norm = nn.LayerNorm(dim)
        self.wide = nn.Linear(dim, 4 * dim)
        self.narrow = nn.Linear(4 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """Returns x with both branches added."""
        parts = self.query_key_value(self.attention_norm(x)).unflatten(-1, (3, self.heads, -1))
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # B x heads x T x dim / heads each
        attended = F.scaled_dot_product_attention(query, key, value)
        x = x + self.attended(attended.transpose(1, 2).flatten(2))
        return x + self.narrow(F.gelu(self.wide(self.wide_norm(x))))


class WhisperEncoder(nn.Module):
    """Sound to features: B x n samples of 16 kHz in about [-1, 1] -> B x n / 320 x dim.

    Column k belongs to the moment 0.02 k seconds after the first sample.
    """

    def __init__(self, config: WhisperConfig) -> None:
        super().__init__()
        self.config = config
        self.first = nn.Conv1d(BINS, config.dim, 3, padding=1)
        self.second = nn.Conv1d(config.dim, config.dim, 3, stride=2, padding=1)
        self.places = nn.Parameter(torch.zeros(PLACES, config.dim))
        self.blocks = nn.ModuleList(Block(config.dim, config.heads) for _ in range(config.blocks))

    def forward(self, sound: Tensor) -> Tensor:
        """Returns the features. Raises ValueError for more than 30 s, and for samples that make no whole column."""
        count = sound.shape[-1]
        if count % HOP or not 0 < count <= PLACES * HOP:
            raise ValueError(f"the encoder takes a multiple of {HOP} samples up to {PLACES * HOP}, not {count}")
        x = F.gelu(self.second(F.gelu(self.first(log_mel(sound))))).transpose(1, 2)
        x = x + self.places[: x.shape[1]]
        for block in self.blocks:
            x = block(x)
        return x


def log_mel(sound: Tensor) -> Tensor:
    """Whisper's spectrogram, B x n -> B x 80 x n / 160: decadic logarithms of mel power, (x + 4) / 4, from a floor."""
    window = torch.hann_window(_WINDOW, device=sound.device)
    spectrum = torch.stft(sound, _WINDOW, _SPECTRUM_HOP, window=window, return_complex=True)[..., :-1]
    power = mel_filters().to(sound.device) @ spectrum.abs().square()
    return (torch.clamp(power, min=10.0 ** (_LOUDEST - 8)).log10() + 4) / 4


@cache
def mel_filters() -> Tensor:
    """Triangular filters of equal area from 0 to 8 kHz, 80 x 201 (Slaney's scale: linear below 1 kHz)."""
    step = np.log(6.4) / 27
    top = 15 + np.log(RATE / 2 / 1000) / step
    marks = np.linspace(0, top, BINS + 2)
    edges = np.where(marks < 15, marks * 200 / 3, 1000 * np.exp(step * (marks - 15)))
    hertz = np.linspace(0, RATE / 2, _WINDOW // 2 + 1)
    rising = (hertz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hertz) / np.diff(edges)[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    return torch.from_numpy((np.clip(np.minimum(rising, falling), 0, None) * area[:, None]).astype(np.float32))
