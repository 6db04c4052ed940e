"""Training batches: any step's batch is drawn from the seed and the step alone, so that a run can be resumed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.data.augment import AugmentConfig, draw_look, dressed, revoiced
from models.data.clips import PreparedClip, lip_offsets
from models.errors import ModelError

T = TypeVar("T")
Crop = NDArray[np.uint8]
"""S x S x 3, RGB."""
Mel = NDArray[np.float32]
"""80 x 16."""


@dataclass(frozen=True)
class SampleConfig:
    """How batches are drawn."""

    batch: int = 8
    balance: float = 0.5
    """A speaker with n frames is drawn as often as n ** balance: 0 treats all speakers alike, 1 all frames."""
    reference_gap: int = 5
    """Least distance between a target and its reference, in frames."""
    moved: float = 0.5
    """Share of targets drawn by how far their lips are from rest. Drawn evenly, most mouths are nearly shut, and
    a network that opens none of them loses little."""
    unlike: float = 0.5
    """Share of references that, of four drawn, are the one whose lips are least like the target's: where both
    mouths are alike, copying is already right and listening teaches nothing."""
    augment: AugmentConfig = field(default_factory=AugmentConfig)


class RadioBatch(NamedTuple):
    """One step's pictures and sound for the generator."""

    target: Tensor
    """B x 3 x S x S in [-1, 1]."""
    reference: Tensor
    """B x 3 x S x S in [-1, 1]: the same face at another time."""
    mel: Tensor
    """B x 80 x 16: the target's sound."""


class SyncBatch(NamedTuple):
    """One step's pictures and sound for the sync discriminator: K clips of M frames each."""

    crops: Tensor
    """(K M) x 3 x S x S in [-1, 1]."""
    mel: Tensor
    """(K M) x 80 x 16."""
    lips: Tensor
    """(K M) x 40, see `SyncNet`."""


MIRRORED_LIPS = np.array([6, 5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 16, 15, 14, 13, 12, 19, 18, 17])
"""Where each of the landmarks 48 to 67 comes from when a face is mirrored."""


class Sampler:
    """Draws clips and frames, speakers balanced. Raises ModelError where no clip may be trained on."""

    def __init__(self, clips: list[PreparedClip], config: SampleConfig, seed: int) -> None:
        self.config, self.seed = config, seed
        least = 2 * config.reference_gap + 2
        self.clips = [clip for clip in clips if not clip.held_out and clip.train_frames >= least]
        if not self.clips:
            raise ModelError("every prepared clip is held out or too short to train on; prepare more clips.")
        self.size = self.clips[0].crop_size
        if any(clip.crop_size != self.size for clip in self.clips):
            raise ModelError("the prepared clips are of different sizes; prepare them anew with one --size.")
        self._lips = [lip_offsets(clip) for clip in self.clips]
        self._moved = [moved_odds(lips[: clip.train_frames]) for lips, clip in zip(self._lips, self.clips, strict=True)]
        self._odds = speaker_odds(self.clips, config.balance)

    def radio_batch(self, step: int) -> RadioBatch:
        """The generator's batch for one step."""
        rng = np.random.default_rng((self.seed, step))
        samples = [self._radio_sample(rng) for _ in range(self.config.batch)]
        target, reference, mel = zip(*samples, strict=True)
        return RadioBatch(
            as_pictures(np.stack(target)), as_pictures(np.stack(reference)), torch.from_numpy(np.stack(mel))
        )

    def _radio_sample(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]:
        """(target, reference, mel) of one frame."""
        which = rng.choice(len(self.clips), p=self._odds)
        clip, augment = self.clips[which], self.config.augment
        index, other = self._target_and_reference(rng, which)
        look = draw_look(rng, augment)
        target = dressed(clip.pictures[index], self.size, look, rng, augment.jitter)
        reference = dressed(clip.pictures[other], self.size, look, rng, augment.jitter)
        return target, reference, revoiced(clip.mels[index], rng, augment)

    def _target_and_reference(self, rng: np.random.Generator, which: int) -> tuple[int, int]:
        """Two frames of one clip, see `SampleConfig`."""
        config, lips, count = self.config, self._lips[which], self.clips[which].train_frames
        odds = self._moved[which] if rng.random() < config.moved else None
        index = int(rng.choice(count, p=odds))
        tries = 4 if rng.random() < config.unlike else 1
        others = [draw_apart(rng, count, index, config.reference_gap) for _ in range(tries)]
        return index, max(others, key=lambda other: float(np.abs(lips[other] - lips[index]).sum()))

    def ear_batch(self, step: int, size: int) -> tuple[Tensor, Tensor]:
        """Sound alone for one step: (mels, size x 80 x 16; lips, size x 40)."""
        rng = np.random.default_rng((self.seed, step, 2))
        mels, lips = [], []
        for which in rng.choice(len(self.clips), size, p=self._odds):
            clip = self.clips[which]
            index = int(rng.integers(clip.train_frames))
            mels.append(revoiced(clip.mels[index], rng, self.config.augment))
            lips.append(self._lips[which][index])
        return torch.from_numpy(np.stack(mels)), torch.from_numpy(np.stack(lips))

    def sync_batch(self, step: int, clips: int) -> SyncBatch:
        """The sync discriminator's batch for one step: `batch / clips` frames out of each of `clips` clips."""
        rng = np.random.default_rng((self.seed, step, 1))
        samples = []
        # no clip twice: one frame paired with itself would count as a mismatch
        for which in rng.choice(len(self.clips), clips, p=self._odds, replace=len(self.clips) < clips):
            samples += self._sync_samples(rng, int(which), self.config.batch // clips)
        crops, mel, lips = zip(*samples, strict=True)
        return SyncBatch(
            as_pictures(np.stack(crops)), torch.from_numpy(np.stack(mel)), torch.from_numpy(np.stack(lips))
        )

    def _sync_samples(
        self, rng: np.random.Generator, which: int, count: int
    ) -> list[tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]]:
        """`count` (crop, mel, lips) of one clip under one look."""
        clip, lips, augment = self.clips[which], self._lips[which], self.config.augment
        look = draw_look(rng, augment)
        found = []
        for index in rng.permutation(clip.train_frames)[:count]:
            crop = dressed(clip.pictures[index], self.size, look, rng, augment.jitter)
            shape = mirrored_lips(lips[index]) if look.mirror else lips[index]
            found.append((crop, revoiced(clip.mels[index], rng, augment), shape))
        return found


def mirrored_lips(lips: NDArray[np.float32]) -> NDArray[np.float32]:
    """The 40 lip offsets of a mirrored face."""
    swapped = lips.reshape(20, 2)[MIRRORED_LIPS].copy()
    swapped[:, 0] *= -1
    return swapped.reshape(40)


def moved_odds(lips: NDArray[np.float32]) -> NDArray[np.float64]:
    """How often each frame is drawn by its lips' distance from their median: N x 40 -> N, summing to 1."""
    distance = np.abs(lips - np.median(lips, axis=0)).sum(axis=1).astype(np.float64) + 1e-6
    return distance / distance.sum()


def speaker_odds(clips: list[PreparedClip], balance: float) -> NDArray[np.float64]:
    """How often each clip is drawn: speakers by frames ** balance, a speaker's clips by their frames."""
    frames: dict[str, int] = {}
    for clip in clips:
        frames[clip.speaker] = frames.get(clip.speaker, 0) + clip.train_frames
    odds = np.array([clip.train_frames * frames[clip.speaker] ** (balance - 1) for clip in clips], np.float64)
    return odds / odds.sum()


def draw_apart(rng: np.random.Generator, count: int, index: int, gap: int) -> int:
    """A number below `count` at least `gap` away from `index`."""
    low, high = max(0, index - gap + 1), min(count, index + gap)
    drawn = int(rng.integers(count - (high - low)))
    return drawn if drawn < low else drawn + high - low


def as_pictures(crops: NDArray[np.uint8]) -> Tensor:
    """N x S x S x 3, 8 bits -> N x 3 x S x S in [-1, 1], channels last in memory."""
    return torch.from_numpy(crops).permute(0, 3, 1, 2).float().mul_(2 / 255).sub_(1)


def prefetched(make: Callable[[int], T], first: int, last: int, ahead: int = 3) -> Iterator[tuple[int, T]]:
    """(step, make(step)) for steps first to last - 1, made by a thread of its own a few steps ahead.

    An error in the thread is raised here. The thread ends when the iterator is closed.
    """
    ready: queue.Queue[tuple[int, T] | BaseException | None] = queue.Queue(maxsize=ahead)
    stop = threading.Event()

    def offer(item: tuple[int, T] | BaseException | None) -> None:
        while not stop.is_set():
            try:
                ready.put(item, timeout=0.2)
            except queue.Full:
                continue
            return

    def work() -> None:
        try:
            for step in range(first, last):
                if stop.is_set():
                    return
                offer((step, make(step)))
            offer(None)
        except BaseException as error:
            offer(error)

    thread = threading.Thread(target=work, name="batches", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        thread.join()
