"""Which values the settings of a dub may have."""

from __future__ import annotations

import math
from collections.abc import Collection
from fractions import Fraction
from typing import TypeVar

from msgspec import UNSET, UnsetType

from app.core.errors import UserError

N = TypeVar("N", Fraction, float)

FEATHER = (0.25, 3.0)
"""Least and greatest `Segment.feather`."""
STRENGTH = (0.0, 1.0)
"""Least and greatest `Segment.strength`."""
GAIN_DB = (-60.0, 12.0)
"""Least and greatest `Mix.gain_db`."""


def clamp(value: N, low: N, high: N) -> N:
    """`value`, or the nearest to it from `low` to `high`; `low` where they cross."""
    return max(low, min(value, high))


def bounded(value: float, bounds: tuple[float, float], name: str) -> float:
    """`value` brought into `bounds`. Raises UserError for NaN; `name` says what it is."""
    if math.isnan(value):
        raise UserError(f"The {name} is no number: give one from {bounds[0]:g} to {bounds[1]:g}.")
    return clamp(value, *bounds)


def check_face(face: int | UnsetType) -> None:
    """Raises UserError for a face before the first one."""
    if face is not UNSET and face < 0:
        raise UserError(f"There is no face number {face}: the most prominent one is 0, the next 1.")


def check_reference(reference: Fraction | UnsetType | None) -> None:
    """Raises UserError for a time before the clip."""
    if isinstance(reference, Fraction) and reference < 0:
        raise UserError("The reference frame cannot lie before the clip begins: choose a time of the clip.")


def check_choice(value: str, choices: Collection[str], subject: str) -> None:
    """Raises UserError where `value` is none of `choices`."""
    if value not in choices:
        raise UserError(f'There is no choice "{value}" for {subject}: there are {", ".join(choices)}.')
