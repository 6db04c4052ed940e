"""What the program may ask of RADIO."""

from __future__ import annotations

from models.networks import Network
from models.radio.config import ARCHITECTURE, read_fields
from models.radio.dubber import RadioDubber

SPEC = Network(
    name="radio",
    title="RADIO",
    architecture=ARCHITECTURE,
    config=read_fields,
    dubber=RadioDubber,
    trainings={"radio": "models.radio.training:TRAINING", "audio": "models.radio.audio_training:TRAINING"},
    ear="models.radio.ear:load_ear",
    personal="models.radio.personal:learn",
)
