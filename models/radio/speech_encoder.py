"""E_a for features of speech: what lips need of what a frozen speech encoder heard."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from models.audio_encoder import SLOPE

CHANNELS, WIDE = 128, 256
BLOCKS = 3
DROPPED_COLUMNS, DROPPED = 0.2, 0.3
"""Shares dropped in training. People who move their lips before a camera are few here; a network that leans on
single features learns these people's voices."""


class SpeechAudioEncoder(nn.Module):
    """E_a: windows of features, B x dim x columns -> f_a, B x feature.

    The features know their phones and lie in time, so there is nothing to pool: each column is made small, seen with
    its neighbours, and all of them are read in their order.
    """

    def __init__(self, dim: int, columns: int, feature: int) -> None:
        super().__init__()
        self.shape = dim, columns
        self.small = nn.Conv1d(dim, CHANNELS, 1)
        self.blocks = nn.ModuleList(nn.Conv1d(CHANNELS, CHANNELS, 3, padding=1) for _ in range(BLOCKS))
        self.wide = nn.Linear(CHANNELS * columns, WIDE)
        self.linear = nn.Linear(WIDE, feature)

    def forward(self, sound: Tensor) -> Tensor:
        """Returns f_a. Raises ValueError for windows of another shape."""
        if sound.shape[1:] != self.shape:
            raise ValueError(f"a window of speech features is {self.shape}, not {tuple(sound.shape[1:])}")
        even = F.layer_norm(sound.transpose(1, 2), self.shape[:1]).transpose(1, 2)
        x = F.dropout(F.leaky_relu(self.small(even), SLOPE), DROPPED_COLUMNS, self.training)
        for block in self.blocks:
            x = x + F.leaky_relu(block(x), SLOPE)
        x = F.dropout(x.flatten(1), DROPPED, self.training)
        return self.linear(F.dropout(F.leaky_relu(self.wide(x), SLOPE), DROPPED, self.training))
