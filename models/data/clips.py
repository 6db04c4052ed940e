"""Clips as `prepare` leaves them: aligned crops, mel windows and landmarks, memory-mapped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError

FORMAT = 3
"""Version of the folder layout; `prepare` writes the same number."""
CANVAS = 1.25
"""Side of the stored picture over the side of the crop: the margin that augmentation draws on."""


@dataclass(frozen=True)
class PreparedClip:
    """One prepared clip of N frames."""

    name: str
    speaker: str
    held_out: bool
    """Whether the whole clip is kept from training."""
    train_frames: int
    """How many frames from the start may be trained on; the rest is held out."""
    pictures: NDArray[np.uint8]
    """N x C x C x 3, RGB; the middle C / 1.25 is the `face` crop."""
    mels: NDArray[np.float16]
    """N x 80 x 32 in [-4, 4]: 0.4 s around each frame, of which networks hear the `middle`."""
    points: NDArray[np.float32]
    """N x 68 x 2 landmarks as shares of the crop's side."""
    licence: str
    source: str
    lag: int = 0
    """Frames by which the clip's sound comes late; picture and sound are paired with that taken out."""
    dropped: bool = False
    """Whether nobody knows if sound and picture are in step: then it is not trained on."""
    speech: NDArray[np.float16] | None = None
    """N x dim x columns: what a speech encoder hears around each frame; None where `prepare` was not asked for it."""

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def crop_size(self) -> int:
        """Side of the `face` crop in pixels."""
        return round(self.pictures.shape[1] / CANVAS)

    def crop(self, index: int) -> NDArray[np.uint8]:
        """The `face` crop of one frame, without margin: S x S x 3."""
        size = self.crop_size
        edge = (self.pictures.shape[1] - size) // 2
        return self.pictures[index, edge : edge + size, edge : edge + size]


def load_clips(root: Path) -> list[PreparedClip]:
    """All prepared clips below `root`, by name. Raises ModelError where there are none, or of another format."""
    clips = [_load(meta) for meta in sorted(root.glob("*/meta.json"))]
    if not clips:
        raise ModelError(f"{root} holds no prepared clips; run `python main.py prepare` first.")
    return clips


def _load(meta_file: Path) -> PreparedClip:
    """One clip from its folder."""
    meta: dict[str, Any] = json.loads(meta_file.read_text())
    folder = meta_file.parent
    if meta["format"] != FORMAT:
        raise ModelError(f"{folder} was prepared by another version of Redub; delete it and run `prepare` again.")
    mels = np.load(folder / "mels.npy", mmap_mode="r")
    lag: int = meta.get("lag") or 0
    seen, heard = in_step(len(mels), lag)
    return PreparedClip(
        name=folder.name,
        speaker=meta["speaker"],
        held_out=meta["held_out"],
        train_frames=min(max(meta["train_frames"] - abs(lag), 0), seen.stop - seen.start),
        pictures=np.load(folder / "pictures.npy", mmap_mode="r")[seen],
        mels=mels[heard],
        points=np.load(folder / "points.npy")[seen],
        speech=speech[heard] if (speech := _speech(folder)) is not None else None,
        licence=meta["licence"],
        source=meta["source"],
        lag=lag,
        dropped=meta.get("dropped", False),
    )


def _speech(folder: Path) -> NDArray[np.float16] | None:
    """The speech features of a clip, of all its frames."""
    file = folder / "speech.npy"
    return np.load(file, mmap_mode="r") if file.exists() else None


def middle(mels: NDArray[np.float16], columns: int) -> NDArray[np.float16]:
    """The middle `columns` of windows, (N x) 80 x C -> (N x) 80 x columns. Raises ModelError where there are fewer."""
    spare = mels.shape[-1] - columns
    if spare < 0 or spare % 2:
        raise ModelError(f"the prepared windows have {mels.shape[-1]} columns, from which {columns} cannot be cut.")
    return mels[..., spare // 2 : spare // 2 + columns]


def in_step(count: int, lag: int) -> tuple[slice, slice]:
    """Which of `count` pictures and which of as many sounds belong together where the sound comes `lag` frames late.

    The k-th picture of the first slice was taken when the k-th sound of the second was made. What has no counterpart,
    at the ends, is left out.
    """
    if lag >= 0:
        return slice(0, max(count - lag, 0)), slice(min(lag, count), count)
    heard, seen = in_step(count, -lag)
    return seen, heard


def lip_offsets(clip: PreparedClip) -> NDArray[np.float32]:
    """The mouth's 20 landmarks against their mean over the frames to train on, in tenths of the crop: N x 40."""
    lips = clip.points[:, 48:68]
    return ((lips - lips[: clip.train_frames or None].mean(axis=0)) * 10).reshape(len(lips), 40).astype(np.float32)
