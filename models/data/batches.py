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

from models.data.augment import MIRRORED_LIPS, AugmentConfig, draw_look, draw_move, dressed, mirrored, revoiced
from models.data.clips import PreparedClip, lip_offsets, middle
from models.data.synthetic import SyntheticSpeakers, neutral_lips
from models.errors import ModelError
from models.points import inner_gap

T = TypeVar("T")
LEAST_SHARE = 0.02
"""What a reference may give least in training; any ratio up to its inverse is as likely."""


@dataclass(frozen=True)
class SampleConfig:
    """How batches are drawn."""

    batch: int = 8
    """Target frames of a step; a multiple of `frames`."""
    frames: int = 2
    """Target frames of each draw: close together in one clip, under one look and with the same references, so that
    what moves between them can be asked for and references are encoded once."""
    apart: int = 4
    """Most frames between two of them."""
    references: int = 3
    """Most references of a draw; as many as the network fuses, or a random number below."""
    chosen: float = 0.6
    """Share of draws with several references whose first shows an open mouth and whose second a shut one, as the
    editor chooses them."""
    synthetic: float = 0.0
    """Share of draws whose face is a portrait moved by the clip's lips. Real mouths are seen in real clips only."""
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

    def __post_init__(self) -> None:
        if self.batch % self.frames:
            raise ValueError(f"a batch of {self.batch} is not made of draws of {self.frames} frames")


class RadioBatch(NamedTuple):
    """One step's pictures and sound for the generator: B targets, G = B / frames draws of K references each."""

    target: Tensor
    """B x 3 x S x S in [-1, 1], the frames of a draw one after another."""
    sound: Tensor
    """B x rows x columns: what the generator hears of the targets."""
    mel: Tensor
    """B x 80 x columns: what the sync discriminator hears of them."""
    points: Tensor
    """B x 68 x 2: the targets' landmarks, as shares of the side."""
    references: Tensor
    """G x K x 3 x S x S in [-1, 1]: the same face at other times."""
    reference_points: Tensor
    """G x K x 68 x 2."""
    shares: Tensor
    """G x K in (0, 1]: how much each reference may give."""


class Drawing(NamedTuple):
    """The pictures of one draw before they are made into crops: first the targets, then the references."""

    pictures: NDArray[np.uint8]
    """M x C x C x 3, with margin."""
    points: NDArray[np.float32]
    """M x 68 x 2, shares of the crop's side."""


class LandmarkBatch(NamedTuple):
    """One step's sound and landmarks for the generator's audio encoder, in the order of `RadioBatch`."""

    sound: Tensor
    """B x rows x columns."""
    points: Tensor
    """B x 68 x 2, shares of the side."""
    references: Tensor
    """B x K x 68 x 2: the same face at other times."""


class SyncBatch(NamedTuple):
    """One step's pictures and sound for the sync discriminator: K clips of M frames each."""

    crops: Tensor
    """(K M) x 3 x S x S in [-1, 1]."""
    mel: Tensor
    """(K M) x 80 x columns."""
    lips: Tensor
    """(K M) x 40, see `SyncNet`."""


class Sampler:
    """Draws clips and frames, speakers balanced. Raises ModelError where no clip may be trained on."""

    def __init__(
        self,
        clips: list[PreparedClip],
        config: SampleConfig,
        columns: int,
        seed: int,
        speakers: SyntheticSpeakers | None = None,
        speech: bool = False,
    ) -> None:
        """`columns` of the mel windows; `speakers` where some faces are to be portraits.

        `speech`: whether features of speech are heard instead of mel windows.
        """
        self.config, self.seed, self.columns, self.speech = config, seed, columns, speech
        self.speakers = speakers
        least = 2 * (config.reference_gap + config.apart) + 2
        usable = [clip for clip in clips if not clip.held_out and not clip.dropped]
        self.clips = [clip for clip in usable if clip.train_frames >= least]
        if not self.clips:
            raise ModelError("every prepared clip is held out or too short to train on; prepare more clips.")
        self.size = self.clips[0].crop_size
        if any(clip.crop_size != self.size for clip in self.clips):
            raise ModelError("the prepared clips are of different sizes; prepare them anew with one --size.")
        if speakers is not None and speakers.crop_size != self.size:
            raise ModelError(
                "the portraits are of another size than the clips; prepare them anew with the same --size."
            )
        if speech and any(clip.speech is None for clip in self.clips):
            raise ModelError("the prepared clips hold no features of speech; run `prepare` again with `--hear NAME`.")
        self._lips = [lip_offsets(clip) for clip in self.clips]
        self._moved = [moved_odds(lips[: clip.train_frames]) for lips, clip in zip(self._lips, self.clips, strict=True)]
        self._odds = speaker_odds(self.clips, config.balance)
        self._gaps = [inner_gap(clip.points[: clip.train_frames]) for clip in self.clips]
        self._silent_share, self._silences = 0.0, np.zeros((0, 0, 0), np.float32)
        self._shut = [neutral_lips(clip.points[: clip.train_frames]) for clip in self.clips]

    def teach_silence(self, share: float, silences: NDArray[np.float32]) -> None:
        """From now on this share of landmark draws hears one of `silences` (K x rows x columns) at a shut mouth."""
        self._silent_share, self._silences = share, silences

    def radio_batch(self, step: int) -> RadioBatch:
        """The generator's batch for one step."""
        rng = np.random.default_rng((self.seed, step))
        most = self.config.references
        count = most if rng.random() < 0.5 else int(rng.integers(1, most + 1))
        draws = [self._radio_draw(rng, count) for _ in range(self.config.batch // self.config.frames)]
        crops, points, sounds, mels, shares = (np.stack(parts) for parts in zip(*draws, strict=True))
        targets = self.config.frames
        return RadioBatch(
            target=as_pictures(crops[:, :targets].reshape(-1, *crops.shape[2:])),
            sound=torch.from_numpy(sounds.reshape(-1, *sounds.shape[2:])),
            mel=torch.from_numpy(mels.reshape(-1, *mels.shape[2:])),
            points=torch.from_numpy(points[:, :targets].reshape(-1, *points.shape[2:])),
            references=as_pictures(crops[:, targets:].reshape(-1, *crops.shape[2:])).unflatten(0, (len(draws), count)),
            reference_points=torch.from_numpy(points[:, targets:].copy()),
            shares=torch.from_numpy(shares),
        )

    def _radio_draw(
        self, rng: np.random.Generator, count: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Targets and then `count` references: crops M x S x S x 3, landmarks M x 68 x 2.

        Then the targets' sound as the generator hears it and as mel windows, and the references' shares.
        """
        which = int(rng.choice(len(self.clips), p=self._odds))
        clip, augment = self.clips[which], self.config.augment
        targets, others = self._moments(rng, which, count)
        drawing = self._drawing(rng, which, [*targets, *others])
        look, move = draw_look(rng, augment), draw_move(rng, augment.jitter)
        moves = [move] * len(targets) + [draw_move(rng, augment.jitter) for _ in others]
        dressed_ones = [
            dressed(picture, points, self.size, look, one)
            for picture, points, one in zip(drawing.pictures, drawing.points, moves, strict=True)
        ]
        crops, points = (np.stack(parts) for parts in zip(*dressed_ones, strict=True))
        mels = np.stack([self._mel(rng, clip, index) for index in targets])
        sounds = np.stack([self._sound(rng, clip, index) for index in targets]) if self.speech else mels
        return crops, points, sounds, mels, np.exp(rng.uniform(np.log(LEAST_SHARE), 0, count)).astype(np.float32)

    def _mel(self, rng: np.random.Generator, clip: PreparedClip, index: int) -> NDArray[np.float32]:
        """The mel window at a frame, 80 x columns, as another voice and room would have given it."""
        return revoiced(middle(clip.mels[index], self.columns), rng, self.config.augment)

    def _sound(self, rng: np.random.Generator, clip: PreparedClip, index: int) -> NDArray[np.float32]:
        """What is heard at a frame: features of speech, or its mel window."""
        if not self.speech or clip.speech is None:
            return self._mel(rng, clip, index)
        return clip.speech[index].astype(np.float32)

    def _drawing(self, rng: np.random.Generator, which: int, moments: list[int]) -> Drawing:
        """The clip's own face at these moments, or a portrait moved as the clip's is."""
        clip = self.clips[which]
        if self.speakers is not None and rng.random() < self.config.synthetic:
            return Drawing(*self.speakers.speak(rng, clip.points[moments], self._shut[which], self.config.frames))
        return Drawing(clip.pictures[moments], clip.points[moments])

    def _moments(self, rng: np.random.Generator, which: int, count: int) -> tuple[list[int], list[int]]:
        """Target frames and `count` reference frames of one clip, see `SampleConfig`."""
        config, lips, frames = self.config, self._lips[which], self.clips[which].train_frames
        odds = self._moved[which] if rng.random() < config.moved else None
        first = int(rng.choice(frames, p=odds))
        more = [first + int(rng.integers(-config.apart, config.apart + 1)) for _ in range(config.frames - 1)]
        targets = [first, *(min(max(index, 0), frames - 1) for index in more)]
        references = [self._reference(rng, lips, frames, first) for _ in range(count)]
        if count > 1 and rng.random() < config.chosen:
            references[:2] = self._open_and_shut(rng, which, first)
        return targets, references

    def _open_and_shut(self, rng: np.random.Generator, which: int, target: int) -> list[int]:
        """Of a dozen frames away from the target's neighbourhood the one whose mouth is most open, and the least."""
        gap, gaps = self.config.reference_gap + self.config.apart, self._gaps[which]
        others = [draw_apart(rng, len(gaps), target, gap) for _ in range(12)]
        return [max(others, key=lambda other: gaps[other]), min(others, key=lambda other: gaps[other])]

    def _reference(self, rng: np.random.Generator, lips: NDArray[np.float32], frames: int, target: int) -> int:
        """A frame away from the target's neighbourhood."""
        config = self.config
        tries = 4 if rng.random() < config.unlike else 1
        gap = config.reference_gap + config.apart  # apart from the draw's other targets too
        others = [draw_apart(rng, frames, target, gap) for _ in range(tries)]
        return max(others, key=lambda other: float(np.abs(lips[other] - lips[target]).sum()))

    def ear_batch(self, step: int, size: int) -> tuple[Tensor, Tensor]:
        """Sound alone for one step: (windows, size x rows x columns; lips, size x 40)."""
        rng = np.random.default_rng((self.seed, step, 2))
        sounds, lips = [], []
        for which in rng.choice(len(self.clips), size, p=self._odds):
            clip = self.clips[which]
            index = int(rng.integers(clip.train_frames))
            sounds.append(self._sound(rng, clip, index))
            lips.append(self._lips[which][index])
        return torch.from_numpy(np.stack(sounds)), torch.from_numpy(np.stack(lips))

    def landmark_batch(self, step: int) -> LandmarkBatch:
        """Sound and landmarks of the frames that the generator's batch might show, and no picture."""
        rng = np.random.default_rng((self.seed, step, 4))
        draws = [self._landmark_draw(rng) for _ in range(self.config.batch // self.config.frames)]
        sounds, points, references = (np.concatenate(parts) for parts in zip(*draws, strict=True))
        return LandmarkBatch(*(torch.from_numpy(part) for part in (sounds, points, references)))

    def _landmark_draw(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """The sound of a draw's targets, their landmarks and, for each of them, those of `references` references."""
        which, count = int(rng.choice(len(self.clips), p=self._odds)), self.config.references
        clip = self.clips[which]
        targets, others = self._moments(rng, which, count)
        silent = rng.random() < self._silent_share
        if silent:
            targets = [int(index) for index in rng.choice(shut_frames(self._gaps[which]), len(targets))]
        points = clip.points[[*targets, *others]].astype(np.float32)
        if self.config.augment.mirror and rng.random() < 0.5:
            points = np.stack([mirrored(one) for one in points])
        if silent:
            sounds = self._silences[rng.integers(0, len(self._silences), len(targets))]
        else:
            sounds = np.stack([self._sound(rng, clip, index) for index in targets])
        return sounds, points[: len(targets)], np.stack([points[len(targets) :]] * len(targets))

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
            move = draw_move(rng, augment.jitter)
            crop, _ = dressed(clip.pictures[index], clip.points[index], self.size, look, move)
            shape = mirrored_lips(lips[index]) if look.mirror else lips[index]
            found.append((crop, self._mel(rng, clip, int(index)), shape))
        return found


def shut_frames(gaps: NDArray[np.float32]) -> NDArray[np.intp]:
    """The twentieth of a clip's frames, and at least three, in which the mouth is least open; gaps: N."""
    return np.argsort(gaps, kind="stable")[: max(3, len(gaps) // 20)]


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
