"""Everything that fixes a training run, saved beside it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.data.augment import AugmentConfig
from models.data.batches import SampleConfig
from models.radio.config import RADIO_STARTER, RadioConfig
from models.sync.sync import SyncConfig


@dataclass(frozen=True)
class RunConfig:
    """What every run has."""

    steps: int = 4000
    seed: int = 1
    learning_rate: float = 3e-4
    warmup: int = 100
    decay: float = 0.3
    """Share of the steps, at the end, over which the learning rate falls to a twentieth."""
    checkpoint_minutes: float = 10.0
    log_every: int = 10
    sheet_every: int = 250
    """Steps between contact sheets."""
    threads: int = 0
    """Processor threads; 0 leaves the choice to torch."""
    compile: bool = False
    """Whether torch compiles the audio encoder of `train sync` first: a minute or two, and a C++ compiler, for steps in
    half the time. All of the generator takes longer to compile than it saves."""


@dataclass(frozen=True)
class SyncTraining:
    """A run of `train sync`."""

    net: SyncConfig = field(default_factory=SyncConfig)
    run: RunConfig = field(default_factory=lambda: RunConfig(steps=3200, learning_rate=1e-3))
    sample: SampleConfig = field(
        default_factory=lambda: SampleConfig(batch=40, augment=AugmentConfig(identity=0.4, warp=0.02))
    )
    speakers: tuple[str, ...] = ()
    """How the names of the speakers begin that are learned from; all speakers where there is none. An ear that is to
    tell whether sound and picture are in step must not have learned from the clips that it is asked about."""
    clips: int = 5
    """Clips in a batch; the others of a clip's frames are each frame's hard negatives."""
    lips: float = 60.0
    """Weight of telling the lips' shape."""
    contrast: float = 0.05
    """Weight of the contrastive term. From few clips it learns slowly, and at full weight it undoes in fifty
    steps what the encoders know of lips (lips heard .017 before, .024 after)."""
    ear_steps: int = 3000
    """Steps at the start in which the audio encoder alone learns to tell the lips: a tenth of the cost."""
    ear_batch: int = 64
    speech: str = ""
    """The folder of `prepare --speech`: the audio encoder learns its phones beside the lips. Lips are known of few
    people who say few words; phones of hundreds who read books, and a mouth mostly does what a phone asks for."""
    phones: float = 0.02
    """Weight of telling phones beside telling lips (whose loss is about a fiftieth of it)."""
    speech_batch: int = 64
    opening: float = 0.5
    """Weight of telling how far the lips are apart, beside each point's place."""
    start: str = ""
    """A checkpoint to start from instead of random weights."""


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


def save_config(config: SyncTraining | AudioTraining | RadioTraining, file: Path) -> None:
    """Writes the config as JSON."""
    file.write_text(json.dumps(dataclasses.asdict(config), indent=1) + "\n")


def overridden(config: Any, changes: list[str]) -> Any:
    """The config with changes like "run.steps=2000" applied.

    Raises ValueError naming the change for unknown names and for values of another type.
    """
    for change in changes:
        path, _, text = change.partition("=")
        config = _replaced(config, path.split("."), text, change)
    return config


def _replaced(config: Any, path: list[str], text: str, change: str) -> Any:
    """`config` with the field at `path` set to what `text` says."""
    names: set[str] = set(getattr(config, "__dataclass_fields__", ()))
    if path[0] not in names:
        there = f"there are {', '.join(sorted(names))}" if names else "it has no options of its own"
        raise ValueError(f"{change!r} names no option at {path[0]!r}; {there}")
    old = getattr(config, path[0])
    if len(path) > 1:
        return dataclasses.replace(config, **{path[0]: _replaced(old, path[1:], text, change)})
    try:
        value = text if isinstance(old, str) else json.loads(text)
    except json.JSONDecodeError:
        raise ValueError(f"{change!r} has no value that reads as {type(old).__name__}") from None
    if isinstance(old, tuple) and isinstance(value, list):
        value = tuple(value)
    if isinstance(old, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(old):
        raise ValueError(f"{change!r} wants a {type(old).__name__}")
    return dataclasses.replace(config, **{path[0]: value})
