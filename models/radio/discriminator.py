"""The image discriminator: is this crop a photograph? Its features also serve the perceptual loss."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from models.audio_encoder import SLOPE
from models.radio.config import RadioConfig
from models.radio.encoders import ResidualDown


class ImageDiscriminator(nn.Module):
    """Residual-down blocks like the encoders' and a score for each of the last 8 x 8 or 12 x 12 places.

    B x 3 x S x S in [-1, 1] -> B x 1 x S/16 x S/16. A score a place (a patch discriminator) asks for
    sharp texture everywhere and learns from few pictures.
    """

    def __init__(self, config: RadioConfig) -> None:
        super().__init__()
        channels = config.encoder_channels
        self.down = nn.ModuleList(ResidualDown(i, o) for i, o in zip((3, *channels[:-1]), channels, strict=True))
        self.score = nn.Conv2d(channels[-1], 1, 3, padding=1)

    def features(self, x: Tensor) -> list[Tensor]:
        """The output of each of the four blocks, fine to coarse."""
        found = []
        for block in self.down:
            x = block(x)
            found.append(x)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Returns the scores: above 0 for real, below for generated."""
        return self.score(F.leaky_relu(self.features(x)[-1], SLOPE))
