"""RADIO, whole: hidden target frame, window of sound and reference frame in, re-lipped frame out."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from models.audio_encoder import AudioEncoder
from models.radio.config import RadioConfig
from models.radio.decoder import Decoder, Drawn, joined_style
from models.radio.encoders import ContentEncoder, ReferenceEncoder
from models.radio.references import References, gathered
from models.radio.speech_encoder import SpeechAudioEncoder
from models.radio.warp import Composition, compose


class Inputs(NamedTuple):
    """B frames to re-lip."""

    hidden: Tensor
    """B x 3 x S x S in [-1, 1], the lower face set to 0."""
    sound: Tensor
    """B x rows x columns, see `RadioConfig.sound_shape`."""
    points: Tensor
    """B x 68 x 2: the frames' landmarks, in shares of the side. Those of mouth and chin are not looked at."""
    articulation: Tensor | None = None
    """B: how far mouths open, 1 as far as the sound asks for, as they do without it."""


class Frames(NamedTuple):
    """Re-lipped frames and how they came about."""

    frame: Tensor
    """B x 3 x R x R in about [-1, 1]."""
    drawn: Drawn
    composition: Composition | None
    """None without a warp head: then all of the frame is drawn."""


def make_audio_encoder(config: RadioConfig) -> AudioEncoder | SpeechAudioEncoder:
    """E_a: windows of sound, B x rows x columns -> f_a, B x feature."""
    if config.speech:
        return SpeechAudioEncoder(config.speech_dim, config.speech_columns, config.feature)
    return AudioEncoder(config.audio_channels, config.feature, config.mel_columns)


class Radio(nn.Module):
    """The generator with its three encoders."""

    def __init__(self, config: RadioConfig) -> None:
        super().__init__()
        self.config = config
        self.content = ContentEncoder(config)
        self.style = ReferenceEncoder(config)
        self.audio = make_audio_encoder(config)
        self.decoder = Decoder(config)

    def encode_references(self, pictures: Tensor, points: Tensor, shares: Tensor | None = None) -> References:
        """B x K x 3 x S x S in [-1, 1] -> what `generate` needs of them; without shares (B x K) all give alike.

        points: B x K x 68 x 2, their landmarks, in shares of the side. Raises ValueError for another size.
        """
        self._check_size(pictures.flatten(0, 1))
        batch, count = pictures.shape[:2]
        flat = pictures.flatten(0, 1)
        feature, fine, middle = self.style(flat)
        looks = tuple(look.unflatten(0, (batch, count)) for look in self.decoder.look_at(flat, fine))
        feature, offered = (part.unflatten(0, (batch, count)) for part in (feature, self.decoder.offer(middle)))
        shares = pictures.new_ones(batch, count) if shares is None else shares
        return References(pictures, feature, looks, offered, points, shares)

    def draw(self, frames: Inputs, references: References, need_weights: bool = False) -> Drawn:
        """What the decoder draws at the network's own size, and where it would fetch.

        Raises ValueError for a picture of another size.
        """
        self._check_size(frames.hidden)
        style = joined_style(references.style(), self.audio(frames.sound))
        landmarks = self.decoder.wanted(style, frames.points, references, frames.articulation)
        return self.decoder(self.content(frames.hidden), style, landmarks, references, need_weights)

    def generate(
        self, frames: Inputs, references: References, natives: Tensor | None = None, need_weights: bool = False
    ) -> Frames:
        """Re-lipped frames, composed at the size of `natives`: the same references, B x K x 3 x R x R.

        Without them R is the network's size. Raises ValueError as `draw`.
        """
        drawn = self.draw(frames, references, need_weights)
        if drawn.warp is None or drawn.mask is None:
            return Frames(drawn.rgb, drawn, None)
        natives, shares = references.pictures if natives is None else natives, references.shares
        if drawn.kept is not None:
            natives, shares = gathered(natives, drawn.kept), gathered(shares, drawn.kept)
        composed = compose(drawn.rgb, drawn.mask, drawn.warp, natives, shares)
        return Frames(composed.frame, drawn, composed)

    def _check_size(self, picture: Tensor) -> None:
        """Raises ValueError for pictures of another size than the network's."""
        size = self.config.size
        if picture.shape[1:] != (3, size, size):
            raise ValueError(f"{self.config.name} takes 3 x {size} x {size} pictures, not {tuple(picture.shape[1:])}")

    def forward(self, frames: Inputs, references: Tensor, points: Tensor, shares: Tensor | None = None) -> Frames:
        """Re-lipped frames at the network's size; references: B x K x 3 x S x S, points: B x K x 68 x 2."""
        return self.generate(frames, self.encode_references(references, points, shares))


__all__ = ["Frames", "Inputs", "Radio", "References"]
