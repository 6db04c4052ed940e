"""RADIO, whole: hidden target frame, mel window and reference frame in, re-lipped frame out."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from models.radio.audio_encoder import AudioEncoder
from models.radio.config import RadioConfig
from models.radio.decoder import Decoder, joined_style
from models.radio.encoders import ContentEncoder, ReferenceEncoder


class Reference(NamedTuple):
    """What a reference frame gives; computed once for all frames that use it."""

    picture: Tensor
    """B x 3 x S x S in [-1, 1]."""
    feature: Tensor
    """f_s, B x 512w."""
    fine: Tensor
    """B x 64w x S/2 x S/2, what layer 5 attends to."""

    def expanded(self, count: int) -> Reference:
        """The same reference for `count` frames."""
        return Reference(*(part.expand(count, *part.shape[1:]) for part in self))


class Radio(nn.Module):
    """The generator with its three encoders."""

    def __init__(self, config: RadioConfig) -> None:
        super().__init__()
        self.config = config
        self.content = ContentEncoder(config)
        self.style = ReferenceEncoder(config)
        self.audio = AudioEncoder(config.audio_channels, config.feature)
        self.decoder = Decoder(config)

    def encode_reference(self, reference: Tensor) -> Reference:
        """B x 3 x S x S in [-1, 1] -> what `generate` needs of it. Raises ValueError for another size."""
        self._check_size(reference)
        feature, fine = self.style(reference)
        return Reference(reference, feature, fine)

    def generate(
        self, hidden: Tensor, mel: Tensor, reference: Reference, need_weights: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        """Returns (frames, B x 3 x S x S; maps, one B x heads x 256 x 256 an attention layer if wanted).

        hidden: B x 3 x S x S in [-1, 1], the lower face set to 0; mel: B x 80 x 16.
        Raises ValueError for a picture of another size.
        """
        self._check_size(hidden)
        style = joined_style(reference.feature, self.audio(mel))
        return self.decoder(self.content(hidden), style, reference.fine, reference.picture, need_weights)

    def _check_size(self, picture: Tensor) -> None:
        """Raises ValueError for pictures of another size than the network's."""
        size = self.config.size
        if picture.shape[1:] != (3, size, size):
            raise ValueError(f"{self.config.name} takes 3 x {size} x {size} pictures, not {tuple(picture.shape[1:])}")

    def forward(self, hidden: Tensor, mel: Tensor, reference: Tensor) -> Tensor:
        """Re-lipped frames, B x 3 x S x S in about [-1, 1]."""
        return self.generate(hidden, mel, self.encode_reference(reference))[0]
