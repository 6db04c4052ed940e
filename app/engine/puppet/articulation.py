"""From timed phonemes to the motion of a mouth: smooth in time, with coarticulation.

Each phoneme pulls every channel towards a target with a strength that falls off exponentially in time before and
after it, and the channel is their weighted mean: the dominance functions of Cohen and Massaro, "Modeling
coarticulation in synthetic visual speech", 1993. What must happen for a sound to be that sound (lips shut for
p/b/m, lip on teeth for f/v, shut in silence) is laid over it as short plateaus.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from app.engine.puppet.speech import TimedPhoneme

Floats = NDArray[np.float64]

CHANNELS = ("gap", "jaw", "width", "round", "lift", "tongue")
"""What a target holds. All in [0, 1] but `width`, which runs from -1 (pursed) to 1 (spread).

gap: opening between the inner lips; jaw: drop of the chin; round: lips pushed out and thick; lift: upper lip raised
off the teeth; tongue: tip raised.
"""

_GRID = 1 / 250
"""Seconds between the nodes of the trajectory."""
_SMOOTH = 0.014
"""Standard deviation of the smoothing over time, in seconds: lips have mass."""
_FALL = {"gap": 0.055, "jaw": 0.075, "width": 0.090, "round": 0.110, "lift": 0.070, "tongue": 0.045}
"""Time constants of the dominance functions, in seconds: rounding starts early, the tongue tip late."""


class Pose(msgspec.Struct, frozen=True):
    """A mouth at one instant; channels as in `CHANNELS`, and `tuck`, the lower lip under the upper teeth (0 to 1)."""

    gap: float = 0.0
    jaw: float = 0.0
    width: float = 0.0
    round: float = 0.0
    lift: float = 0.0
    tongue: float = 0.0
    tuck: float = 0.0


class _Target(msgspec.Struct, frozen=True):
    values: tuple[float, float, float, float, float, float]
    strength: float = 1.0


#                     gap   jaw  width round lift tongue
_REST = _Target((0.00, 0.00, 0.00, 0.0, 0.00, 0.0), 1.0)
_TARGETS: dict[str, _Target] = {
    "aa": _Target((1.00, 1.00, -0.10, 0.0, 0.15, 0.0), 1.3),
    "ae": _Target((0.90, 0.85, 0.30, 0.0, 0.30, 0.0), 1.2),
    "uh": _Target((0.72, 0.68, 0.00, 0.0, 0.15, 0.1), 1.1),
    "eh": _Target((0.64, 0.55, 0.30, 0.0, 0.25, 0.2), 1.1),
    "ih": _Target((0.46, 0.32, 0.40, 0.0, 0.25, 0.3), 0.9),
    "ee": _Target((0.42, 0.20, 0.95, 0.0, 0.45, 0.3), 1.2),
    "schwa": _Target((0.42, 0.36, 0.00, 0.0, 0.10, 0.2), 0.5),
    "er": _Target((0.40, 0.34, -0.35, 0.4, 0.15, 0.3), 0.9),
    "aw": _Target((0.80, 0.78, -0.60, 0.6, 0.05, 0.0), 1.3),
    "oh": _Target((0.52, 0.50, -0.80, 0.8, 0.00, 0.0), 1.6),
    "oo": _Target((0.26, 0.26, -1.00, 1.0, 0.00, 0.0), 2.2),
    "book": _Target((0.34, 0.32, -0.60, 0.7, 0.05, 0.0), 1.0),
    "w": _Target((0.14, 0.18, -1.00, 1.0, 0.00, 0.0), 2.2),
    "r": _Target((0.27, 0.22, -0.50, 0.6, 0.10, 0.4), 0.8),
    "y": _Target((0.30, 0.16, 0.50, 0.0, 0.25, 0.3), 0.8),
    "sh": _Target((0.36, 0.10, -0.55, 0.7, 0.35, 0.2), 1.5),
    "s": _Target((0.28, 0.06, 0.40, 0.0, 0.35, 0.3), 1.0),
    "t": _Target((0.30, 0.18, 0.15, 0.0, 0.20, 0.9), 0.7),
    "l": _Target((0.44, 0.36, 0.15, 0.0, 0.15, 1.0), 0.8),
    "th": _Target((0.32, 0.20, 0.10, 0.0, 0.25, 1.0), 0.9),
    "k": _Target((0.40, 0.36, 0.10, 0.0, 0.15, 0.1), 0.5),
    "h": _Target((0.48, 0.42, 0.00, 0.0, 0.10, 0.1), 0.3),
    "f": _Target((0.18, 0.14, 0.10, 0.0, 0.35, 0.0), 1.0),
    "p": _Target((0.00, 0.12, -0.05, 0.1, 0.00, 0.0), 0.8),
    "sil": _REST,
}

_SHAPES: dict[str, tuple[str, ...]] = {
    "aI": ("aa", "ih"), "aI@": ("aa", "ih", "schwa"), "aI3": ("aa", "ih", "er"), "aU": ("aa", "oo"),
    "aU@": ("aa", "oo", "schwa"), "eI": ("eh", "ee"), "OI": ("aw", "ih"), "oU": ("oh", "oo"), "@U": ("uh", "oo"),
    "e@": ("eh", "schwa"), "i@": ("ee", "schwa"), "i@3": ("ee", "er"), "U@": ("book", "schwa"),
    "A@": ("aa", "er"), "O@": ("aw", "er"), "o@": ("aw", "er"), "IR": ("ih", "er"), "VR": ("uh", "er"),
    "@L": ("schwa", "l"), "tS": ("t", "sh"), "dZ": ("t", "sh"), "ju:": ("y", "oo"),
    "A:": ("aa",), "A": ("aa",), "aa": ("ae",), "a": ("ae",), "a#": ("schwa",), "V": ("uh",), "0": ("aw",),
    "O:": ("aw",), "O": ("aw",), "E": ("eh",), "e": ("eh",), "I": ("ih",), "I2": ("ih",), "I#": ("ih",),
    "i": ("ee",), "i:": ("ee",), "@": ("schwa",), "@2": ("schwa",), "@5": ("schwa",), "3": ("er",), "3:": ("er",),
    "U": ("book",), "u": ("oo",), "u:": ("oo",), "w": ("w",), "r": ("r",), "r-": ("r",), "j": ("y",),
    "S": ("sh",), "Z": ("sh",), "s": ("s",), "z": ("s",), "t": ("t",), "t#": ("t",), "d": ("t",), "n": ("t",),
    "n-": ("t",), "l": ("l",), "l#": ("l",), "T": ("th",), "D": ("th",), "k": ("k",), "g": ("k",), "N": ("k",),
    "h": ("h",), "?": ("h",), "f": ("f",), "v": ("f",), "p": ("p",), "b": ("p",), "m": ("p",), "_": ("sil",),
}  # fmt: skip
_FIRST_LETTERS: dict[str, str] = {
    "a": "ae", "A": "aa", "E": "eh", "e": "eh", "i": "ee", "I": "ih", "o": "oh", "O": "aw", "u": "oo", "U": "book",
    "V": "uh", "@": "schwa", "3": "er", "0": "aw", "Q": "aw",
}  # fmt: skip
_TUCK_GAP, _TUCK_LIFT = 0.20, 0.45
"""The lower lip's edge is then just over the tips of the upper teeth."""


def visemes(phoneme: str) -> tuple[str, ...]:
    """The mouth shapes of an espeak mnemonic, one after another (two or three for a diphthong).

    A mnemonic of another accent that the table lacks takes the shape of its first letter, or the neutral one.
    """
    shapes = _SHAPES.get(phoneme) or _SHAPES.get(phoneme.rstrip("#-:2345;"))
    return shapes or (_FIRST_LETTERS.get(phoneme[:1], "schwa"),)


class _Pull(msgspec.Struct, frozen=True):
    """One target and the core of the time that is its own."""

    begin: float
    end: float
    target: _Target


def _pulls(phonemes: Sequence[TimedPhoneme]) -> list[_Pull]:
    pulls: list[_Pull] = []
    for item in phonemes:
        shapes = visemes(item.phoneme)
        step = item.duration / len(shapes)
        for index, shape in enumerate(shapes):
            begin = item.start + index * step
            target = _TARGETS[shape]
            if shape == "sil":  # a short pause hardly moves the mouth
                target = _Target(target.values, min(1.0, item.duration / 0.15))
            pulls.append(_Pull(begin + 0.3 * step, begin + 0.7 * step, target))
    return pulls


def _ramp(times: Floats, begin: float, end: float, rise: float, fall: float) -> Floats:
    """1 from begin to end, down to 0 over `rise` seconds before and `fall` after, with a smooth step."""
    up = np.clip((times - begin) / rise + 1, 0, 1)
    down = np.clip((end - times) / fall + 1, 0, 1)
    part = np.minimum(up, down)
    return (part * part * (3 - 2 * part)).astype(np.float64)


class Trajectory:
    """The mouth's motion through a sentence; any instant may be asked for."""

    def __init__(self, phonemes: Sequence[TimedPhoneme], duration: float) -> None:
        """`phonemes` in order of time; `duration` of the whole sound in seconds."""
        self.duration = duration
        self._phonemes = _with_silence_around(phonemes, duration)
        times = np.arange(-0.5, duration + 0.5 + _GRID, _GRID)
        table = _dominated(times, _pulls(self._phonemes))
        tuck, shut = self._plateaus(times)
        table["gap"] = (table["gap"] * (1 - tuck) + _TUCK_GAP * tuck) * (1 - shut)
        table["lift"] = (table["lift"] * (1 - tuck) + _TUCK_LIFT * tuck) * (1 - shut)
        table["tuck"] = tuck * (1 - shut)
        stacked = np.stack([table[name] for name in (*CHANNELS, "tuck")], axis=1)
        stacked = cast("Floats", gaussian_filter1d(stacked, _SMOOTH / 2 / _GRID, axis=0))
        self._limits = float(times[0]), float(times[-1])
        self._spline = CubicSpline(times, stacked, axis=0)

    def _plateaus(self, times: Floats) -> tuple[Floats, Floats]:
        """(lip on teeth, lips shut), each in [0, 1] over `times`."""
        tuck, shut = np.zeros_like(times), np.zeros_like(times)
        for item in self._phonemes:
            shape = visemes(item.phoneme)[0]
            if shape == "f":
                tuck = np.maximum(tuck, _ramp(times, item.start + 0.01, item.end - 0.02, 0.06, 0.06))
            elif shape == "p":
                begin, end = closure(item)
                shut = np.maximum(shut, _ramp(times, begin, end, 0.055, 0.065))
            elif shape == "sil" and item.duration > 0.18:
                shut = np.maximum(shut, _ramp(times, item.start + 0.09, item.end - 0.06, 0.10, 0.07))
        return tuck, shut

    def pose(self, time: float) -> Pose:
        """The mouth at `time` (seconds); before and after the sentence it is shut."""
        low, high = self._limits
        if not low <= time <= high:
            return Pose()
        values = [float(value) for value in self._spline(time)]
        gap, jaw, width, rounding, lift, tongue, tuck = values
        clip = _unit
        return Pose(
            clip(gap), clip(jaw), max(-1.0, min(1.0, width)), clip(rounding), clip(lift), clip(tongue), clip(tuck)
        )


def closure(item: TimedPhoneme) -> tuple[float, float]:
    """When the lips are shut for a p, b or m: (first, last) second.

    espeak's short stops begin at the burst, so the closure reaches back a little into the sound before.
    """
    return item.start - 0.012, item.start + max(0.03, 0.6 * item.duration)


def _unit(value: float) -> float:
    return 0.0 if value < 1e-4 else min(1.0, value)


def _with_silence_around(phonemes: Sequence[TimedPhoneme], duration: float) -> list[TimedPhoneme]:
    last = max((item.end for item in phonemes), default=0.0)
    tail = max(last, duration)
    inner = list(phonemes)
    while inner and inner[-1].phoneme == "_":
        tail = inner.pop().start
    begin = 0.0
    while inner and inner[0].phoneme == "_":
        begin = inner.pop(0).end
    return [TimedPhoneme(begin - 2.0, 2.0, "_"), *inner, TimedPhoneme(tail, 2.0 + max(0.0, duration - tail), "_")]


def _dominated(times: Floats, pulls: Sequence[_Pull]) -> dict[str, Floats]:
    begins = np.array([pull.begin for pull in pulls])[:, None]
    ends = np.array([pull.end for pull in pulls])[:, None]
    strengths = np.array([pull.target.strength for pull in pulls])[:, None]
    distance = np.maximum(0, np.maximum(begins - times, times - ends))
    table: dict[str, Floats] = {}
    for index, name in enumerate(CHANNELS):
        targets = np.array([pull.target.values[index] for pull in pulls])[:, None]
        weight = strengths * np.exp(-distance / _FALL[name]) + 1e-12
        table[name] = (weight * targets).sum(0) / weight.sum(0)
    return table
