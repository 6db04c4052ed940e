"""Changes of whose face it is and how it was filmed, that leave what the mouth says alone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MIRRORED_LIPS = np.array([6, 5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 16, 15, 14, 13, 12, 19, 18, 17])
"""Where each of the landmarks 48 to 67 comes from when a face is mirrored."""
SILENT = -4.0
"""Mel value of digital silence."""
_TO_BELS = 1.25
"""Bels of power in a normalised unit: 8 of them are 100 dB."""
_EYES = (45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40)
MIRRORED_68 = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1), *_EYES, *(MIRRORED_LIPS + 48)]
)
"""The same for all 68."""


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
    heavy: float = 0.3
    """How often each of four things is done to a voice: another throat, a room, noise, a narrow line."""
    throat: float = 0.08
    """Standard deviation of the logarithm of the factor by which formants and pitch are moved."""
    room: tuple[float, float] = (0.15, 0.6)
    """Bounds of the fall of reverberation in normalised units a column (0.08 is one decibel, a column 12.5 ms)."""
    noise: tuple[float, float] = (1.2, 4.0)
    """Bounds of the level of noise under the loudest bin, in normalised units."""
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


@dataclass(frozen=True)
class Move:
    """Where one crop lies against its smoothed place: what alignment leaves."""

    shift: tuple[float, float]
    """In shares of the crop's side."""
    turn: float
    """Radians."""
    scale: float


def draw_move(rng: np.random.Generator, jitter: float) -> Move:
    """A random move; `jitter` as in `AugmentConfig`."""
    x, y, turn, size = rng.normal(0, jitter, 4)
    return Move((float(x), float(y)), float(turn), float(np.exp(size)))


def dressed(
    picture: NDArray[np.uint8], points: NDArray[np.float32], size: int, look: Look, move: Move
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The size x size crop of a stored picture (C x C x 3, with margin) under `look` and `move`, and its landmarks.

    points: 68 x 2, as shares of the side of the crop without either; so are those that come back.
    """
    map_x, map_y = _maps(picture.shape[0], size, look, move)
    crop = cv2.remap(np.asarray(picture), map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    crop = cv2.LUT(cv2.transform(crop, look.colour), look.table).astype(np.uint8, copy=False)
    edge = (picture.shape[0] - size) / 2
    moved = ((_followed(points * size - 0.5 + edge, map_x, map_y) + 0.5) / size).astype(np.float32, copy=False)
    if look.mirror:
        return np.ascontiguousarray(crop[:, ::-1]), mirrored(moved)
    return crop, moved


def _maps(side: int, size: int, look: Look, move: Move) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each pixel of the crop, the place in the stored picture of `side` pixels: x and y."""
    centres = np.arange(size, dtype=np.float32) - (size - 1) / 2
    x, y = np.meshgrid(centres, centres)
    middle = (side - 1) / 2
    cos, sin = move.scale * np.cos(move.turn), move.scale * np.sin(move.turn)
    warp = cv2.resize(look.grid, (size, size), interpolation=cv2.INTER_CUBIC) * size
    map_x = (cos * x - sin * y + warp[..., 0] + middle + move.shift[0] * size).astype(np.float32)
    map_y = (sin * x + cos * y + warp[..., 1] + middle + move.shift[1] * size).astype(np.float32)
    return map_x, map_y


def _followed(
    places: NDArray[np.float32], map_x: NDArray[np.float32], map_y: NDArray[np.float32], rounds: int = 4
) -> NDArray[np.float32]:
    """Where in the crop places of the stored picture (N x 2, pixels) come to lie: the maps inverted, by fixed point.

    The maps differ from a shift by far less than a pixel a pixel, so that each round takes most of the error away.
    """
    found = places - (np.array([map_x.mean(), map_y.mean()], np.float32) - (map_x.shape[0] - 1) / 2)
    for _ in range(rounds):
        # beyond the edge the maps go on as a shift
        inside = np.clip(found, 0, map_x.shape[0] - 1)
        x, y = inside.astype(np.float32).T[..., None]
        here = np.stack([cv2.remap(m, x, y, cv2.INTER_LINEAR)[:, 0] for m in (map_x, map_y)], axis=1)
        found = found + (places - here - (found - inside))
    return found.astype(np.float32)


def mirrored(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """The 68 landmarks of a mirrored face: 68 x 2, shares of the side."""
    swapped = points[MIRRORED_68].copy()
    swapped[:, 0] = 1 - swapped[:, 0]
    return swapped.astype(np.float32)


def revoiced(
    mel: NDArray[np.float16] | NDArray[np.float32], rng: np.random.Generator, config: AugmentConfig
) -> NDArray[np.float32]:
    """A mel window (80 x columns) as another throat, room, line and microphone would have given it."""
    change = rng.random(4) < config.heavy
    silent = mel <= SILENT  # digital silence stays silent, however loud the microphone
    heard = np.where(silent, SILENT, mel.astype(np.float32))
    if change[0]:
        heard = _other_throat(heard, float(np.exp(rng.normal(0, config.throat))))
    if change[1]:
        heard = _in_a_room(heard, float(rng.uniform(*config.room)), float(rng.uniform(0.1, 0.6)))
    across = np.linspace(-1, 1, mel.shape[0], dtype=np.float32)[:, None]
    level, tilt, bend = rng.normal(0, 1, 3)
    heard = heard + config.loudness * level + config.tilt * (tilt * across + bend * (across**2 - 1 / 3))
    heard = np.where(silent, SILENT, heard)
    if change[2]:
        heard = _with_noise(heard, rng, config.noise)
    if change[3]:
        heard = _through_a_line(heard, rng)
    return np.clip(heard, -4, 4).astype(np.float32)


def _other_throat(mel: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Formants and pitch moved by a factor: the bins' axis stretched (Jaitly and Hinton 2013, on the mel scale)."""
    bins = len(mel)
    at = np.clip(np.arange(bins) * factor, 0, bins - 1)
    low = np.minimum(at.astype(int), bins - 2)
    share = (at - low)[:, None].astype(np.float32)
    return (mel[low] * (1 - share) + mel[low + 1] * share).astype(np.float32, copy=False)


def _in_a_room(mel: NDArray[np.float32], decay: float, wet: float) -> NDArray[np.float32]:
    """Reverberation: the power of earlier columns, falling by `decay` normalised units a column, added by `wet`."""
    power = 10 ** (mel * _TO_BELS)
    tail = np.zeros_like(power)
    for column in range(1, mel.shape[1]):
        tail[:, column] = (tail[:, column - 1] + power[:, column - 1]) * 10 ** (-decay * _TO_BELS)
    return (np.log10(power + wet * tail) / _TO_BELS).astype(np.float32)


def _with_noise(mel: NDArray[np.float32], rng: np.random.Generator, levels: tuple[float, float]) -> NDArray[np.float32]:
    """Steady noise of a random colour added; its level under the window's loudest bin is drawn from `levels`."""
    across = np.linspace(-1, 1, len(mel), dtype=np.float32)[:, None]
    colour = rng.normal(0, 0.6) * across + rng.normal(0, 0.4) * across**2
    flicker = rng.normal(0, 0.25, mel.shape)
    floor = float(mel.max()) - rng.uniform(*levels) + colour + flicker
    return (np.log10(10 ** (mel * _TO_BELS) + 10 ** (floor * _TO_BELS)) / _TO_BELS).astype(np.float32)


def _through_a_line(mel: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """What a telephone or a codec leaves: bins below and above a limit fall away."""
    bins = np.arange(len(mel))[:, None]
    low, high = (rng.integers(0, 8) if rng.random() < 0.5 else 0), rng.integers(len(mel) * 5 // 8, len(mel))
    lost = np.maximum(low - bins, 0) + np.maximum(bins - high, 0)
    return np.maximum(mel - 1.5 * lost, SILENT).astype(np.float32)
