"""What the program may ask of the sync discriminator."""

from __future__ import annotations

from models.networks import Network
from models.sync.sync import ARCHITECTURE

SPEC = Network(
    name="sync",
    title="the sync discriminator",
    architecture=ARCHITECTURE,
    trainings={"sync": "models.sync.training:TRAINING"},
    ear="models.sync.ear:load_ear",
)
