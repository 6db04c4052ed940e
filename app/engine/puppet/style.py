"""What differs between two puppets: how they move, how they are lit and how the camera sees them."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class PuppetStyle(msgspec.Struct, frozen=True):
    """A look, drawn from one number. Seed 0 is the demo's: a fixed, flattering choice."""

    seed: int = 0

    def look(self) -> Look:
        """Everything the seed decides except the motion."""
        if self.seed == 0:
            return Look()
        draw = np.random.default_rng([self.seed, 1])
        view = float(draw.uniform(165, 285))
        y = max(121 + float(draw.uniform(-12, 14)), 0.52 * view)  # above the portrait there is only its mirror image
        return Look(
            view=view,
            centre=(225 + float(draw.uniform(-9, 9)), y),
            tilt=float(draw.uniform(-0.05, 0.05)),
            gain=tuple(float(value) for value in draw.uniform(0.92, 1.08, 3) * draw.uniform(0.85, 1.08)),
            gamma=float(draw.uniform(0.8, 1.3)),
            saturation=float(draw.uniform(0.55, 1.25)),
            light=(float(draw.uniform(-0.28, 0.28)), float(draw.uniform(-0.2, 0.2))),
            sharpness=float(draw.uniform(0.0, 0.5)),
            energy=float(draw.uniform(0.6, 1.5)),
            articulation=float(draw.uniform(0.8, 1.1)),
        )

    def generator(self, stream: int) -> np.random.Generator:
        """Random numbers of this style's own; `stream` tells independent uses apart (2 and up)."""
        return np.random.default_rng([self.seed, stream])


class Look(msgspec.Struct, frozen=True):
    """Camera, colour and temper."""

    view: float = 216.0
    """Portrait pixels across the picture's width."""
    centre: tuple[float, float] = (226.0, 118.0)
    """The portrait pixel in the middle of the picture."""
    tilt: float = 0.0
    """Roll of the camera in radians."""
    gain: tuple[float, ...] = (1.0, 1.0, 1.0)
    """Factor on red, green and blue."""
    gamma: float = 1.0
    saturation: float = 1.0
    light: tuple[float, float] = (0.0, 0.0)
    """Change of brightness from left to right and from top to bottom over the face, as a fraction."""
    sharpness: float = 0.3
    """Strength of the unsharp mask on the enlarged portrait."""
    energy: float = 1.0
    """Factor on the head's motion."""
    articulation: float = 1.0
    """Factor on the mouth's opening: some people mumble."""


class Wander:
    """A smooth, aimless motion in about [-1, 1]: four sines whose periods share no measure."""

    def __init__(self, draw: np.random.Generator, period: float) -> None:
        """`period` is the slowest sine's, in seconds, give or take a fifth."""
        periods = period * draw.uniform(0.8, 1.2) / np.array([1.0, 1.73, 2.9, 4.7])
        self._speeds = 2 * math.pi / periods
        self._phases = draw.uniform(0, 2 * math.pi, 4)
        self._sizes = np.array([0.5, 0.28, 0.15, 0.07])

    def at(self, time: float) -> float:
        """The value at `time` seconds."""
        return float(np.sum(self._sizes * np.sin(self._speeds * time + self._phases)))


class HeadPose(msgspec.Struct, frozen=True):
    """Where the head is, relative to the portrait."""

    yaw: float
    """Radians about the vertical; positive turns the nose to the picture's right."""
    pitch: float
    """Radians about the horizontal; positive nods."""
    roll: float
    """Radians in the picture's plane."""
    x: float
    """Shift in portrait pixels."""
    y: float


class Blinks:
    """When the eyes close: every few seconds, for a quarter of a second, seeded."""

    def __init__(self, draw: np.random.Generator, duration: float) -> None:
        times: list[float] = []
        time = float(draw.uniform(0.9, 2.0))
        while time < duration + 3:
            times.append(time)
            time += float(draw.uniform(1.8, 4.5))
        self._times = np.array(times)

    def at(self, time: float) -> float:
        """How far the lids are down at `time`, 0 to 1: down in 80 ms, up in 160."""
        since = time - self._times
        down = np.clip(since / 0.08 + 1, 0, 1) * (since <= 0)
        up = np.clip(1 - since / 0.16, 0, 1) * (since > 0)
        part = float(np.max(down + up, initial=0.0))
        return part * part * (3 - 2 * part)


class Motion:
    """Head and camera over time, for one style and one sentence."""

    def __init__(self, style: PuppetStyle, duration: float) -> None:
        look, draw = style.look(), style.generator(2)
        self._energy = look.energy
        self._wanders = {name: Wander(draw, period) for name, period in _PERIODS.items()}
        self._blinks = Blinks(style.generator(3), duration)

    def _at(self, name: str, time: float) -> float:
        return self._wanders[name].at(time)

    def head(self, time: float, stress: float) -> HeadPose:
        """The head at `time`; `stress` (0 to 1) is how loud the sentence is there: people nod to it."""
        size = self._energy
        return HeadPose(
            yaw=0.085 * size * self._at("yaw", time),
            pitch=size * (0.040 * self._at("pitch", time) + 0.045 * (stress - 0.35)),
            roll=0.045 * size * self._at("roll", time),
            x=2.2 * size * self._at("x", time),
            y=size * (1.2 * self._at("y", time) + 1.4 * (stress - 0.35)),
        )

    def brow(self, time: float, stress: float) -> float:
        """Raised brows, 0 to 1."""
        return max(0.0, min(1.0, 0.25 + 0.6 * self._at("brow", time) + 0.5 * (stress - 0.35)))

    def blink(self, time: float) -> float:
        """How far the lids are down, 0 to 1."""
        return self._blinks.at(time)

    def camera(self, time: float) -> tuple[float, float, float]:
        """(shift in x, shift in y, zoom factor) of the camera: portrait pixels, about 1."""
        zoom = 1 + 0.03 * self._at("zoom", time)
        return 3.0 * self._at("pan", time), 2.0 * self._at("rise", time), zoom


_PERIODS = {
    "yaw": 5.1, "pitch": 4.3, "roll": 6.2, "x": 5.7, "y": 3.9, "brow": 3.4, "pan": 17.0, "rise": 13.0, "zoom": 19.0
}  # fmt: skip
"""Seconds of each motion's slowest part."""
