"""The sizes of RADIO: the paper's, and the small one that lives in the repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.whisper.encoder import WINDOW

ARCHITECTURE = 2
"""Version of the network's sums: weights of another one fit by shape and draw nonsense."""
MEL_BINS = 80
LAYERS = 6
"""Decoder layers (supplement, D)."""
TOKENS_PER_SIDE = 16
"""Patches along each side of the attention's grids, whatever the picture's size."""


@dataclass(frozen=True)
class RadioConfig:
    """What fixes RADIO's shapes. `width` scales every channel count of the paper's network."""

    name: str = "radio-192"
    size: int = 192
    """Height and width of the crops in pixels; a multiple of 32 and at least 64."""
    width: float = 1.0
    vit_blocks: int = 2
    """n of ViT(n, m): how many of the last decoder layers attend to the reference (0 to 2)."""
    vit_layers: int = 2
    """m of ViT(n, m): attention layers in each of them."""
    heads: int = 4
    audio_channels: tuple[int, int, int, int] = (16, 32, 64, 128)
    """Channels of the audio encoder's four stages (the thin ResNet of its paper)."""
    mel_columns: int = 16
    """Columns of a mel window, 12.5 ms each: 16 are the paper's 0.2 s."""
    speech: str = ""
    """The frozen speech encoder whose features it hears, by name; a mel window where there is none, as in the paper."""
    speech_dim: int = 512
    """Length of a column of these features."""
    speech_columns: int = WINDOW
    """Columns of a window of them, 20 ms each."""
    warp: bool = False
    """Whether pixels are fetched from the references (`WarpHead`) where that beats drawing them; off in the paper."""
    references: int = 1
    """How many references of a face the network was taught to fuse; one in the paper."""

    def __post_init__(self) -> None:
        if self.size % 32 or self.size < 64:
            raise ValueError(f"the crop size must be a multiple of 32 and at least 64, not {self.size}")
        if not 0 <= self.vit_blocks <= 2 or self.vit_layers < 1:
            raise ValueError(f"ViT({self.vit_blocks}, {self.vit_layers}) is not one that RADIO knows")
        if self.mel_columns % 8 or self.mel_columns < 8:
            raise ValueError(f"a mel window has a multiple of 8 columns, not {self.mel_columns}")
        if self.references < 1:
            raise ValueError("the network needs at least one reference")

    def scaled(self, channels: int) -> int:
        """`channels` of the full network at this width, rounded to a multiple of 8."""
        return max(8, round(channels * self.width / 8) * 8)

    @property
    def network(self) -> str:
        """As weights files name it."""
        return "radio"

    @property
    def patches(self) -> int:
        """Patches along each side of the attention's maps."""
        return TOKENS_PER_SIDE if self.attention_layers else 0

    @property
    def sound_shape(self) -> tuple[int, int]:
        """Rows and columns of a window of sound."""
        return (self.speech_dim, self.speech_columns) if self.speech else (MEL_BINS, self.mel_columns)

    @property
    def encoder_channels(self) -> tuple[int, int, int, int]:
        """Channels after each of the four residual-down blocks; the last is f_c's (512 in full)."""
        return self.scaled(64), self.scaled(128), self.scaled(256), self.scaled(512)

    @property
    def feature(self) -> int:
        """Length of f_s and f_a (512 in full)."""
        return self.scaled(512)

    @property
    def decoder_channels(self) -> tuple[int, ...]:
        """Channels after each of the six decoder layers."""
        return tuple(self.scaled(c) for c in (512, 512, 512, 256, 128, 64))

    @property
    def decoder_sizes(self) -> tuple[int, ...]:
        """Pixels a side after each of the six decoder layers: two without upsampling, four with."""
        base = self.size // 16
        return base, base, 2 * base, 4 * base, 8 * base, 16 * base

    @property
    def attention_dim(self) -> int:
        """Length of the attention's tokens."""
        step = 32 * self.heads
        return max(step, round(256 * self.width / step) * step)

    @property
    def attention_layers(self) -> tuple[str, ...]:
        """The names of the attention layers, "5.1" to "6.2" for ViT(2, 2)."""
        first = LAYERS - self.vit_blocks + 1
        return tuple(
            f"{layer}.{depth}" for layer in range(first, LAYERS + 1) for depth in range(1, self.vit_layers + 1)
        )


def read_fields(fields: Mapping[str, Any]) -> RadioConfig:
    """The config that a weights file holds. Raises KeyError, TypeError or ValueError for the fields of another."""
    changed: dict[str, Any] = {**fields, "audio_channels": tuple(fields["audio_channels"])}
    return RadioConfig(**changed)


RADIO_192 = RadioConfig()
RADIO_STARTER = RadioConfig(
    name="radio-starter", size=128, width=0.25, mel_columns=32, speech="whisper-base", warp=True, references=4
)
CONFIGS = {config.name: config for config in (RADIO_192, RADIO_STARTER)}
