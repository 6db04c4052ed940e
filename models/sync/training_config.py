"""Everything that fixes a run of `train sync`."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.data.augment import AugmentConfig
from models.data.batches import SampleConfig
from models.sync.sync import SyncConfig
from models.training.config import RunConfig


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
