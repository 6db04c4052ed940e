"""How this person speaks: a generator's audio encoder and landmark head learn on from one clip and its own voice.

Everything else stays as it is. What is drawn is fetched from the clip's own frames anyway; what a network that has
never met a face cannot know is how far and how wide its mouth opens at a sound. That is a matter of landmarks: no
picture is drawn, and a minute on a processor is enough. What was learned is taken only if seconds of the clip that
were kept apart are told better, another voice opens the mouth about as far as before, and silence opens it no further.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.data.clips import in_step
from models.errors import ModelError
from models.networks import Weights
from models.points import inner_gap
from models.radio.dubber import load_net
from models.radio.motion_losses import landmark_weights, mistold
from models.radio.radio import Radio
from models.training.lag import BETTER, CERTAIN, REACH, correlation, correlations

Floats = NDArray[np.float32]
OnStep = Callable[[int, int], None]
"""(steps done, steps in all); may raise to stop."""
LEAST_FRAMES = 125
"""Five seconds at 25 pictures a second: less teaches a face, not a way of speaking."""
REFERENCES = 3
CORRELATION_LOST = 0.01
"""What the opening's correlation may lose where all landmarks together come nearer to the true ones."""
LEAST_OPENING = 0.7
"""How far another voice must still open the mouth, over how far it did."""
SILENT_OPENING = 0.01
"""By how much silence may open the mouth further, in shares of the side."""


@dataclass(frozen=True)
class PersonalConfig:
    """A run of `personalize`."""

    steps: int = 300
    learning_rate: float = 3e-4
    draws: int = 32
    """Pairs of frames in a step, up to `apart` frames from each other."""
    silences: int = 16
    """Frames in a step at which there is silence: these are to stay as the network told them before."""
    apart: int = 3
    held_out: float = 0.2
    """Share of the clip, at its end, that is not learned from and decides."""
    judged_every: int = 25
    seed: int = 1


class Spoken(NamedTuple):
    """A clip of one person who speaks: N frames in their order."""

    points: Floats
    """N x 68 x 2, landmarks as shares of the crop's side."""
    sounds: Floats
    """N x rows x columns: what the network hears at them."""

    def part(self, frames: slice) -> Spoken:
        """Some of the frames."""
        return Spoken(self.points[frames], self.sounds[frames])


@dataclass(frozen=True)
class Told:
    """How well the mouth is told from the sound alone."""

    correlation: float
    """Of the opening with the true one."""
    amplitude: float
    """Deviation of the opening over the true one's."""
    distance: float
    """Mean distance of the mouth's landmarks from the true ones, in thousandths of the crop's side."""


@dataclass(frozen=True)
class Personal:
    """What came of it."""

    tensors: dict[str, Tensor] | None
    """The generator's weights; None where the ones that it started from are as good."""
    late: int
    """Frames by which the clip's sound comes late; it was learned in step."""
    before: Told
    after: Told
    """On what was kept apart, with what was learned, whether that was taken or not."""
    reason: str
    """In a sentence, what decided."""


def personalise(
    weights: Weights,
    spoken: Spoken,
    another: Floats,
    silence: Floats,
    config: PersonalConfig | None = None,
    on_step: OnStep = lambda _done, _all: None,
) -> Personal:
    """Learns from `spoken` and judges on its end.

    another: M x rows x columns, windows of a voice that is not the clip's; silence: 1 x rows x columns. Raises
    ModelError for weights without a warp head, and for a clip that is too short.
    """
    config = config or PersonalConfig()
    torch.manual_seed(config.seed)
    student = _Student(load_net(weights), config)
    late = student.late(spoken)
    seen, heard = in_step(len(spoken.points), late)
    spoken = Spoken(spoken.points[seen], spoken.sounds[heard])
    if len(spoken.points) < LEAST_FRAMES:
        raise ModelError(
            f"the clip shows this face in {len(spoken.points)} frames with sound, and {LEAST_FRAMES} are needed to "
            "learn from; choose a longer clip."
        )
    cut = round(len(spoken.points) * (1 - config.held_out))
    lesson, exam = spoken.part(slice(cut)), spoken.part(slice(cut, None))
    usual = lesson.points.mean(axis=0)
    before, opening = student.told(exam, usual), student.openings(another, silence, usual)
    after = student.learn(lesson, exam, silence, on_step)
    reason = _against(before, after, opening, student.openings(another, silence, usual))
    tensors = None if reason else student.tensors()
    return Personal(tensors, late, before, after, reason or _praise(before, after))


def learn(
    weights: Weights,
    points: Floats,
    sounds: Floats,
    another: Floats,
    silence: Floats,
    steps: int,
    on_step: OnStep,
) -> Personal:
    """`personalise` as the program asks for it; points and sounds: see `Spoken`."""
    return personalise(weights, Spoken(points, sounds), another, silence, PersonalConfig(steps=steps), on_step)


class _Student:
    """A generator's audio encoder and landmark head, learning."""

    def __init__(self, net: Radio, config: PersonalConfig) -> None:
        head = net.decoder.landmarks
        if head is None:
            raise ModelError("these weights tell no landmarks; choose weights with a warp head.")
        self.net, self.config, self.head = net.eval(), config, head
        self.learning = nn.ModuleList([net.audio, head])
        self.audio_before, self.head_before = copy.deepcopy(net.audio), copy.deepcopy(head)
        self.rng = np.random.default_rng(config.seed)
        self.weights = landmark_weights()

    @torch.no_grad()
    def landmarks(self, spoken: Spoken, usual: Floats) -> Floats:
        """What is told of each frame, N x 68 x 2."""
        points = torch.from_numpy(spoken.points)
        told = self.head(points, self.net.audio(torch.from_numpy(spoken.sounds)), _repeated(usual, len(points)))
        return told.numpy()

    def told(self, spoken: Spoken, usual: Floats) -> Told:
        """How well that is."""
        told = self.landmarks(spoken, usual)
        opening, true = inner_gap(told), inner_gap(spoken.points)
        distance = np.linalg.norm(told[:, 48:] - spoken.points[:, 48:], axis=-1).mean()
        return Told(correlation(opening, true), float(opening.std() / max(true.std(), 1e-6)), 1000 * float(distance))

    def late(self, spoken: Spoken) -> int:
        """Frames by which the sound comes late, where the network as it is can tell; 0 where it cannot."""
        opening = inner_gap(self.landmarks(spoken, spoken.points.mean(axis=0)))
        found = correlations(inner_gap(spoken.points), opening)
        best = int(found.argmax())
        sure = found[best] >= CERTAIN / len(opening) ** 0.5 and found[best] - found[REACH] >= BETTER
        return best - REACH if sure else 0

    def openings(self, another: Floats, silence: Floats, usual: Floats) -> tuple[float, float]:
        """(How much another voice opens and shuts the mouth, how far silence opens it), in shares of the side."""
        still = np.repeat(usual[None], len(another), axis=0)
        moved = inner_gap(self.landmarks(Spoken(still, another), usual)).std()
        return float(moved), float(inner_gap(self.landmarks(Spoken(usual[None], silence), usual))[0])

    def learn(self, lesson: Spoken, exam: Spoken, silence: Floats, on_step: OnStep) -> Told:
        """Learns, and keeps the state that tells the exam best; returns how well."""
        config, usual = self.config, lesson.points.mean(axis=0)
        best = self.told(exam, usual)
        least = best.correlation - CORRELATION_LOST
        kept = {name: tensor.clone() for name, tensor in self.learning.state_dict().items()}
        optimizer = torch.optim.Adam(self.learning.parameters(), config.learning_rate, betas=(0.9, 0.99))
        points, sounds, nothing = (torch.from_numpy(part) for part in (*lesson, silence))
        for step in range(config.steps):
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * _share(step, config.steps)
            self.learning.train()
            loss = self._taught(points, sounds) + self._silent(points, nothing)
            self.learning.eval()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if (step + 1) % config.judged_every == 0:
                found = self.told(exam, usual)
                if found.distance < best.distance and found.correlation >= least:
                    best, kept = found, {name: tensor.clone() for name, tensor in self.learning.state_dict().items()}
            on_step(step + 1, config.steps)
        self.learning.load_state_dict(kept)
        return best

    def _taught(self, points: Tensor, sounds: Tensor) -> Tensor:
        """The loss on pairs of frames, each pair with the mean of a few others, as references are chosen."""
        config, rng = self.config, self.rng
        first = rng.integers(0, len(points) - config.apart, config.draws)
        pairs = torch.from_numpy(np.stack([first, first + rng.integers(1, config.apart + 1, config.draws)], 1).ravel())
        usual = self._usual(points, config.draws).repeat_interleave(2, dim=0)
        told = self.head(points[pairs], self.net.audio(sounds[pairs]), usual)
        return mistold(told, points[pairs], self.weights, 2)

    def _silent(self, points: Tensor, silence: Tensor) -> Tensor:
        """How far what silence tells has moved.

        Few clips are ever silent; from one that talks all the time a mouth would learn to stand open.
        """
        count = self.config.silences
        frames = points[torch.from_numpy(self.rng.integers(0, len(points), count))]
        usual, sounds = self._usual(points, count), silence.expand(count, -1, -1)
        with torch.no_grad():
            before = self.head_before(frames, self.audio_before(sounds), usual)
        return mistold(self.head(frames, self.net.audio(sounds), usual), before, self.weights, 1)

    def _usual(self, points: Tensor, count: int) -> Tensor:
        """Means of a few frames' landmarks, count x 68 x 2."""
        others = torch.from_numpy(self.rng.integers(0, len(points), (count, REFERENCES)))
        return points[others].mean(dim=1)

    def tensors(self) -> dict[str, Tensor]:
        """The whole generator's weights."""
        return self.net.state_dict()


def _share(step: int, steps: int) -> float:
    """Of the learning rate: up over 20 steps, down over the second half."""
    return min(1.0, (step + 1) / 20, 2 * (steps - step) / steps)


def _repeated(usual: Floats, count: int) -> Tensor:
    """68 x 2 -> count x 68 x 2."""
    return torch.from_numpy(usual).expand(count, *usual.shape)


def _against(before: Told, after: Told, was: tuple[float, float], becomes: tuple[float, float]) -> str:
    """Why what was learned is not taken, in a sentence; empty where nothing speaks against it."""
    if after.distance >= before.distance:
        return "What it learned tells the end of the clip no better."
    if becomes[0] < LEAST_OPENING * was[0]:
        return "With what it learned another voice would hardly open the mouth."
    if becomes[1] > was[1] + SILENT_OPENING:
        return "With what it learned silence would open the mouth."
    return ""


def _praise(before: Told, after: Told) -> str:
    """What was gained."""
    share = 100 * (1 - after.distance / before.distance)
    return f"At the end of the clip, kept apart, it tells the mouth {share:.0f} % nearer to the true one."
