"""Sync discriminator (supplement, A): an audio encoder like E_a and a picture encoder of the same family.

The picture encoder looks at a tightly zoomed grey face and gates its features by channel and by place
(Woo et al., CBAM, ECCV 2018) instead of pooling by self-attention: what matters is the mouth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.audio_encoder import SLOPE, AudioEncoder, SqueezeExcite, residual_stages
from models.points import LIP_POINTS

FACE_SIZE = 144
"""Height and width of the zoomed grey face in pixels."""
ZOOM = (0.2, 0.4, 0.8, 1.0)
"""Left, top, right and bottom of the zoomed face in the `face` crop, as shares of its side."""
ARCHITECTURE = 2
"""Version of the network's sums, as `models.radio.config.ARCHITECTURE` is of the generator's."""


@dataclass(frozen=True)
class SyncConfig:
    """What fixes the sync discriminator's shapes."""

    feature: int = 128
    """Length of the embeddings; the generator's f_a if its audio encoder is to start from this one."""
    audio_channels: tuple[int, int, int, int] = (16, 32, 64, 128)
    face_channels: tuple[int, int, int, int] = (16, 32, 64, 128)
    mel_columns: int = 32
    """Columns of the mel windows that it hears, 12.5 ms each."""
    phones: int = 40
    """How many phones the audio encoder tells apart (`prepare --speech` lists them)."""


class ChannelSpatialGate(nn.Module):
    """Gates by channel, then by place: B x c x h x w -> the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channel = SqueezeExcite(channels)
        self.place = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        """Returns x scaled by both gates."""
        x = self.channel(x)
        summary = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
        return x * torch.sigmoid(self.place(summary))


class FaceReading(NamedTuple):
    """What the picture encoder reads off a face."""

    embedding: Tensor
    """B x feature, length 1."""
    lips: Tensor
    """B x 40, see `SyncNet`."""
    features: list[Tensor]
    """Maps of the stem and of the first block at each size (fine to coarse), for the perceptual loss."""


class FaceEncoder(nn.Module):
    """B x 1 x 144 x 144 in [-1, 1] -> `FaceReading`."""

    def __init__(self, channels: tuple[int, int, int, int], feature: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, channels[0], 7, stride=2, padding=3),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(channels[0], channels[0], 3, stride=2, padding=1),
            nn.LeakyReLU(SLOPE),
        )
        self.stages = residual_stages(channels, ChannelSpatialGate)
        self.squeeze = nn.Conv2d(channels[-1], channels[-1], 3, stride=2, padding=1)
        self.linear = nn.Linear(channels[-1] * 25, feature)
        self.lips = nn.Linear(feature, 2 * LIP_POINTS)

    def forward(self, face: Tensor) -> FaceReading:
        """Returns what the face tells. Raises ValueError for another size."""
        if face.shape[1:] != (1, FACE_SIZE, FACE_SIZE):
            raise ValueError(f"a zoomed face is 1 x {FACE_SIZE} x {FACE_SIZE}, not {tuple(face.shape[1:])}")
        x = self.stem(face)  # B x c1 x 36 x 36
        features = [x]
        for block in self.stages:
            y = block(x)
            if y.shape != x.shape:
                features.append(y)
            x = y
        x = F.leaky_relu(self.squeeze(x), SLOPE)  # B x c4 x 5 x 5
        read = self.linear(x.flatten(1))
        return FaceReading(F.normalize(read, dim=1), self.lips(F.leaky_relu(read, SLOPE)), features)


class SyncNet(nn.Module):
    """Both encoders; each also tells the shape of the lips.

    `lips` are the 20 mouth landmarks' offsets (x, y) from their mean over the clip, in tenths of the
    crop's side, in the crop's own axes: what the mouth does, without whose it is. Telling them from sound
    gives the audio encoder its start, telling them from a picture gives the generator's mouth a
    gradient.
    """

    def __init__(self, config: SyncConfig) -> None:
        super().__init__()
        self.config = config
        self.audio = AudioEncoder(config.audio_channels, config.feature, config.mel_columns)
        self.audio_lips = nn.Linear(config.feature, 2 * LIP_POINTS)
        self.audio_phones = nn.Linear(config.feature, config.phones)
        self.face = FaceEncoder(config.face_channels, config.feature)
        self.log_temperature = nn.Parameter(torch.tensor(2.3))

    def hear(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """B x 80 x columns -> (embedding, B x feature, length 1; lips, B x 40)."""
        heard = self.audio(mel)
        return F.normalize(heard, dim=1), self.audio_lips(F.leaky_relu(heard, SLOPE))

    def phones(self, mel: Tensor) -> Tensor:
        """B x 80 x columns -> logits of the phone at the window's middle, B x phones."""
        return self.audio_phones(F.leaky_relu(self.audio(mel), SLOPE))

    def see(self, crops: Tensor) -> FaceReading:
        """`face` crops, B x 3 x S x S in [-1, 1] -> what the faces tell."""
        return self.face(zoomed_grey(crops))


def zoomed_grey(crops: Tensor) -> Tensor:
    """The lower face of `face` crops in grey: B x 3 x S x S -> B x 1 x 144 x 144 (BT.601 luma)."""
    size = crops.shape[-1]
    left, top, right, bottom = (round(edge * size) for edge in ZOOM)
    red, green, blue = crops[:, :, top:bottom, left:right].unbind(1)
    grey = (0.299 * red + 0.587 * green + 0.114 * blue)[:, None]
    return F.interpolate(grey, (FACE_SIZE, FACE_SIZE), mode="bilinear", align_corners=False)
