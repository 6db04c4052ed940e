"""Prepared clips made up for tests, in the layout that `prepare` writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data.clips import FORMAT

SIZE = 64
CANVAS = 80


@dataclass(frozen=True)
class ClipRecipe:
    """One made-up clip."""

    name: str
    speaker: str = "someone"
    frames: int = 20
    train_frames: int | None = None
    held_out: bool = False
    code: int = 0
    """Number of the clip, 0 to 255: the blue of every picture of `write_coded_clip`."""


def write_coded_clip(root: Path, recipe: ClipRecipe) -> None:
    """A clip whose frame i is plain (i, 255 - i, code), whose sound is i / 100 and whose lips are those of i."""
    pictures = np.zeros((recipe.frames, CANVAS, CANVAS, 3), np.uint8)
    for index in range(recipe.frames):
        pictures[index] = index, 255 - index, recipe.code
    mels = np.broadcast_to(np.arange(recipe.frames)[:, None, None] / 100, (recipe.frames, 80, 32))
    points = np.random.default_rng(recipe.code).uniform(0.3, 0.7, (recipe.frames, 68, 2))
    write(root, recipe, pictures, mels, points)


def write_talking_clip(
    root: Path, recipe: ClipRecipe, opening: NDArray[np.float64] | None = None, late: int = 0
) -> None:
    """A clip with something to learn: an oval mouth as open as the sound is loud, on a face of its own.

    `opening` (a value from 0 to 1 for each frame) is a wave unless it is given; the sound comes `late` frames late.
    """
    rng = np.random.default_rng(recipe.code)
    patches = rng.uniform(80, 200, (5, 5, 3)).astype(np.float32)
    skin = cv2.resize(patches, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC)
    wave = 0.5 + 0.5 * np.sin(np.arange(recipe.frames) * rng.uniform(0.5, 1.2) + rng.uniform(0, 6))
    opening = wave if opening is None else opening
    pictures = np.stack([_face(skin, share) for share in opening])
    tone = np.exp(-(((np.arange(80) - 20) / 8) ** 2))[:, None]
    mels = -3.5 + 6 * np.roll(opening, late)[:, None, None] * tone[None] + rng.normal(0, 0.05, (recipe.frames, 80, 32))
    points = np.full((recipe.frames, 68, 2), 0.5)
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    points[:, 48:68, 0] = 0.5 + 0.12 * np.cos(turn)
    points[:, 48:68, 1] = 0.66 + 0.1 * opening[:, None] * np.sin(turn)
    write(root, recipe, pictures, mels, points)


def _face(skin: NDArray[np.float32], share: float) -> NDArray[np.uint8]:
    """The face with its mouth open by `share`."""
    picture = np.clip(skin, 0, 255).astype(np.uint8).copy()
    centre = (CANVAS // 2, (CANVAS - SIZE) // 2 + round(0.66 * SIZE))
    cv2.ellipse(picture, centre, (8, round(1 + 6 * share)), 0, 0, 360, (60, 10, 20), -1, cv2.LINE_AA)
    return picture


def write(
    root: Path,
    recipe: ClipRecipe,
    pictures: NDArray[np.uint8],
    mels: NDArray[np.floating],
    points: NDArray[np.floating],
) -> None:
    """The folder of one clip."""
    folder = root / recipe.name
    folder.mkdir(parents=True)
    np.save(folder / "pictures.npy", pictures)
    np.save(folder / "mels.npy", np.clip(mels, -4, 4).astype(np.float16))
    np.save(folder / "points.npy", points.astype(np.float32))
    trained = recipe.frames if recipe.train_frames is None else recipe.train_frames
    meta = {
        "format": FORMAT,
        "speaker": recipe.speaker,
        "licence": "CC0",
        "source": f"{recipe.name}.mp4",
        "held_out": recipe.held_out,
        "train_frames": 0 if recipe.held_out else trained,
    }
    (folder / "meta.json").write_text(json.dumps(meta))
