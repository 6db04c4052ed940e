"""Everything that fixes a run of `train radio` or `train audio`."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.data.batches import SampleConfig
from models.radio.config import RADIO_STARTER, RadioConfig
from models.training.config import RunConfig


@dataclass(frozen=True)
class AudioTraining:
    """A run of `train audio`."""

    run: RunConfig = field(default_factory=lambda: RunConfig(steps=3000, learning_rate=5e-4, decay=0.5))
    sample: SampleConfig = field(default_factory=lambda: SampleConfig(batch=64))
    start: str = ""
    """The generator's weights, with a warp head, whose audio encoder learns on."""
    encoder: str = ""
    """The speech encoder through which a new audio encoder hears; where empty, that of `start` goes on as it is."""
    head: bool = False
    """Whether the landmark head learns too; with a new audio encoder it does in any case."""
    silence: float = 0.08
    """Share of draws at which silence is heard and the mouth is as shut as it ever is in the clip. Film is rarely
    silent while a face is seen, and where it is the mouth is often open already. Only for features of speech."""
    speech: str = ""
    """The folder of `prepare --speech`, as in `SyncTraining`."""
    phones: float = 0.01
    """Weight of telling phones beside telling landmarks, in shares of the side."""
    speech_batch: int = 64
    ema: float = 0.99
    """Decay of the averaged weights at each update."""
    ema_every: int = 10


@dataclass(frozen=True)
class LossWeights:
    """The generator's terms; 0 switches a term off."""

    pixel: float = 1.0
    mouth: float = 4.0
    """How much more the mouth's middle counts in the pixel terms."""
    detail: float = 2.0
    drawn: float = 0.2
    """Pixel and detail terms on what was drawn alone: with a warp head it hides behind what is fetched."""
    fetched: float = 0.3
    """The same on what was fetched alone: the warp learns also where the mask does not use it yet."""
    places: float = 5.0
    """Weight of the distance between where landmarks are fetched from and where they are in the references."""
    landmarks: float = 20.0
    """Weight of the distance of the landmarks that the sound is told to want from the true ones."""
    drawing: float = 0.25
    """What a pixel that is drawn costs where it could be fetched: where a mouth is not known for certain, an L1 likes a
    blur better than lips a little out of place, and an editor does not."""
    smooth: float = 0.05
    """Weight of the warp's total variation."""
    motion: float = 0.5
    """Weight of what changes between the frames of a draw."""
    perceptual: float = 0.15
    """Features of the sync discriminator's picture encoder and, where it trains, of the image discriminator."""
    lips: float = 0.05
    """Distance of the lips' shape as the sync discriminator reads it off both pictures."""
    sync: float = 0.02
    sync_every: int = 2
    """The terms that need the sync discriminator are taken every so many steps and weighted up by as much: at
    every step they cost a quarter of the time."""
    adversarial: float = 0.01
    r1: float = 1.0
    r1_every: int = 16
    """The penalty is taken every so many steps and weighted up by as much."""
    adversarial_from: float = 0.6
    """Share of the steps after which the image discriminator joins."""


@dataclass(frozen=True)
class RadioTraining:
    """A run of `train radio`."""

    net: RadioConfig = RADIO_STARTER
    run: RunConfig = field(default_factory=RunConfig)
    sample: SampleConfig = field(default_factory=SampleConfig)
    loss: LossWeights = field(default_factory=LossWeights)
    ear_share: float = 0.1
    """The audio encoder's learning rate over the others': from batches of eight it forgets what it learned of lips
    from batches of 64."""
    ema: float = 0.99
    """Decay of the averaged weights at each update."""
    ema_every: int = 10
    sync: str = ""
    """The sync discriminator's checkpoint, for the audio encoder's start and the terms that need it."""
    start: str = ""
    """Weights to start from instead of random ones: a file of an earlier run's averaged weights."""
    portraits: str = ""
    """The folder of `prepare --portraits`, for the samples that are synthetic speakers."""
