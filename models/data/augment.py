"""Changes of whose face it is and how it was filmed, that leave what the mouth says alone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class AugmentConfig:
    """How far augmentation goes; all lengths as shares of the crop's side."""

    identity: float = 0.5
    """Share of samples whose face is bent and recoloured, target and reference alike."""
    warp: float = 0.035
    """Standard deviation of the smooth warp's grid."""
    colour: float = 0.12
    """Standard deviation of the colour matrix's entries."""
    gamma: float = 0.2
    """Standard deviation of the logarithm of gamma."""
    jitter: float = 0.003
    """Standard deviation of shift, scale and (in radians) turn of each picture by itself.

    Small, as smoothed alignment is: at 0.01 target and reference lie pixels apart (the pasted reference is off
    by .112 and not .088), and the network learns to blur instead of to fetch."""
    loudness: float = 0.2
    """Standard deviation of the mel's level, in its normalised units (0.08 is one decibel)."""
    tilt: float = 0.2
    """Standard deviation of the mel's tilt and bend across the bins, likewise."""
    mirror: bool = True


@dataclass(frozen=True)
class Look:
    """One draw of identity: shared by a target and its reference."""

    grid: NDArray[np.float32]
    """4 x 4 x 2 offsets of the warp, in shares of the crop's side."""
    colour: NDArray[np.float32]
    """3 x 3 matrix on RGB."""
    table: NDArray[np.uint8]
    """Gamma as a look-up table of 256 levels."""
    mirror: bool


def draw_look(rng: np.random.Generator, config: AugmentConfig) -> Look:
    """A random identity, or (often) the one the clip has."""
    changed = rng.random() < config.identity
    strength = 1.0 if changed else 0.0
    grid = rng.normal(0, config.warp * strength, (4, 4, 2)).astype(np.float32)
    colour = (np.eye(3) + rng.normal(0, config.colour * strength, (3, 3)) * (np.eye(3) * 0.7 + 0.3)).astype(np.float32)
    gamma = float(np.exp(rng.normal(0, config.gamma * strength)))
    table = np.clip(np.linspace(0, 1, 256) ** gamma * 255 + 0.5, 0, 255).astype(np.uint8)
    return Look(grid, colour, table, bool(config.mirror and rng.random() < 0.5))


def dressed(
    picture: NDArray[np.uint8], size: int, look: Look, rng: np.random.Generator, jitter: float
) -> NDArray[np.uint8]:
    """The size x size crop of a stored picture (C x C x 3, with margin) under `look` and a jitter of its own."""
    shift = rng.normal(0, jitter, 2) * size
    turn, scale = rng.normal(0, jitter), np.exp(rng.normal(0, jitter))
    centres = np.arange(size, dtype=np.float32) - (size - 1) / 2
    x, y = np.meshgrid(centres, centres)
    middle = (picture.shape[0] - 1) / 2
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    warp = cv2.resize(look.grid, (size, size), interpolation=cv2.INTER_CUBIC) * size
    map_x = (cos * x - sin * y + warp[..., 0] + middle + shift[0]).astype(np.float32)
    map_y = (sin * x + cos * y + warp[..., 1] + middle + shift[1]).astype(np.float32)
    crop = cv2.remap(np.asarray(picture), map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    crop = cv2.LUT(cv2.transform(crop, look.colour), look.table).astype(np.uint8, copy=False)
    return np.ascontiguousarray(crop[:, ::-1]) if look.mirror else crop


def revoiced(mel: NDArray[np.float16], rng: np.random.Generator, config: AugmentConfig) -> NDArray[np.float32]:
    """A mel window (80 x 16) as another microphone and level would have given it."""
    across = np.linspace(-1, 1, mel.shape[0], dtype=np.float32)[:, None]
    level, tilt, bend = rng.normal(0, 1, 3)
    change = config.loudness * level + config.tilt * (tilt * across + bend * (across**2 - 1 / 3))
    silent = mel <= -3.99  # digital silence stays silent, however loud the microphone
    return np.where(silent, mel, np.clip(mel.astype(np.float32) + change, -4, 4)).astype(np.float32)
