"""`train radio`: the generator learns to draw the mouth that the sound asks for, on the reference's face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.data.batches import RadioBatch, Sampler
from models.data.clips import load_clips
from models.data.portraits import load_portraits
from models.data.synthetic import MouthPainter, SyntheticSpeakers
from models.errors import ModelError
from models.radio.config import ARCHITECTURE
from models.radio.discriminator import ImageDiscriminator
from models.radio.hidden import hidden_mask
from models.radio.losses import (
    detail_l1,
    discriminator_loss,
    feature_distance,
    generator_loss,
    pixel_weights,
    r1_penalty,
    weighted_l1,
)
from models.radio.motion_losses import landmark_weights, misplaced, mistold, moved_l1, roughness
from models.radio.radio import Frames, Inputs, Radio
from models.radio.training_config import LossWeights, RadioTraining
from models.sync.losses import cosine_gap
from models.sync.sync import SyncNet
from models.sync.training import load_sync
from models.training.config import save_config
from models.training.device import Machine
from models.training.loop import OnStep, Records, run_steps
from models.training.run import (
    Ema,
    Means,
    StepGuard,
    learning_rate,
    load_checkpoint,
    optimizer_for,
    save_checkpoint,
    set_learning_rate,
)
from models.training.sheet import save_sheet
from models.training.start import Training
from models.weights import load_tensors, read_config, save_weights


class RadioTrainer:
    """All that a run of `train radio` moves: networks, optimisers, average."""

    def __init__(self, config: RadioTraining, machine: Machine) -> None:
        self.config, self.machine = config, machine
        torch.manual_seed(config.run.seed)
        place: dict[str, Any] = {"device": machine.device, "memory_format": torch.channels_last}
        self.net = Radio(config.net).to(**place)
        self.critic = ImageDiscriminator(config.net).to(**place)
        self.sync = load_sync(Path(config.sync)).to(machine.device) if config.sync else None
        self._start_weights()
        self.optimizer = optimizer_for(self._groups(), config.run, (0.9, 0.99))
        self.critic_optimizer = optimizer_for(self.critic.parameters(), config.run, (0.0, 0.99))
        self.ema = Ema(self.net, config.ema)
        self.means, self.guard = Means(), StepGuard()
        self.landmarks = landmark_weights().to(machine.device)
        self.weights = pixel_weights(config.net.size, config.loss.mouth).to(machine.device)
        self.hidden = torch.from_numpy(hidden_mask(config.net.size)).to(machine.device)

    def _start_weights(self) -> None:
        """From an earlier run's weights where the config names them, else the audio encoder from the sync's."""
        if self.config.start:
            self._start_from(Path(self.config.start))
        elif self.sync is not None and self.sync.config.audio_channels == self.config.net.audio_channels:
            own = self.net.audio.state_dict()
            learned = {k: v for k, v in self.sync.audio.state_dict().items() if own[k].shape == v.shape}
            self.net.audio.load_state_dict(own | learned)

    def _start_from(self, file: Path) -> None:
        """Raises ModelError for weights of another version or size."""
        read_config(file)  # which checks the version
        try:
            self.net.load_state_dict(load_tensors(file))
        except RuntimeError as error:
            raise ModelError(f"{file} holds weights of another size; start from weights of this network.") from error

    def _groups(self) -> list[dict[str, Any]]:
        """The generator's parameters; the audio encoder's apart where it was taught before."""
        ear = list(self.net.audio.parameters())
        known = {id(parameter) for parameter in ear}
        others = [parameter for parameter in self.net.parameters() if id(parameter) not in known]
        taught = self.sync is not None or bool(self.config.start)
        return [{"params": others}, {"params": ear, "share": self.config.ear_share if taught else 1.0}]

    @torch.no_grad()
    def scale_ear(self, sounds: Tensor) -> None:
        """Brings f_a to mean 0 and deviation 1 over N x rows x columns windows.

        What tells lips apart comes out of `train sync` with a deviation of a tenth; modulating by so little, the
        decoder hardly heard it for a thousand steps. To be called before the first step.
        """
        told = self.net.audio(sounds.to(self.machine.device))
        gain = 1 / told.std(dim=0).square().mean().sqrt()
        linear = self.net.audio.linear
        linear.bias.copy_((linear.bias - told.mean(dim=0)) * gain)
        linear.weight.mul_(gain)
        self.ema = Ema(self.net, self.config.ema)

    def step(self, step: int, batch: RadioBatch) -> dict[str, Tensor]:
        """One optimisation step of the generator and, once it has joined, of the discriminator."""
        run = self.config.run
        for optimizer in (self.optimizer, self.critic_optimizer):
            set_learning_rate(optimizer, learning_rate(step, run))
        batch = RadioBatch(*(part.to(self.machine.device, non_blocking=True) for part in batch))
        critic_on = self.config.loss.adversarial > 0 and step >= self.config.loss.adversarial_from * run.steps
        with self.machine.autocast():
            frames = _generated(self.net, batch, self.hidden)
            losses = self._generator_losses(step, frames, batch, critic_on)
        self.optimizer.zero_grad(set_to_none=True)
        losses["total"].backward()
        if self.guard.admit(self.net.parameters()):
            self.optimizer.step()
        losses["skipped"] = torch.tensor(float(self.guard.skipped))
        target = batch.target
        generated = frames.frame.float()
        if critic_on:
            losses |= self._critic_step(step, self._pasted(generated.detach(), target), target)
        if (step + 1) % self.config.ema_every == 0:
            self.ema.update(self.net)
        return losses

    def _pasted(self, generated: Tensor, target: Tensor) -> Tensor:
        """The generated lower face in the target's own surroundings: what a viewer will see."""
        return torch.lerp(target, generated, self.hidden)

    def _generator_losses(self, step: int, frames: Frames, batch: RadioBatch, critic_on: bool) -> dict[str, Tensor]:
        """All terms that are switched on, and their weighted total."""
        weight, generated, target = self.config.loss, frames.frame.float(), batch.target
        losses = {
            "pixel": weighted_l1(generated, target, self.weights),
            "detail": detail_l1(generated, target, self.weights),
            "motion": moved_l1(generated, target, self.weights, self.config.sample.frames),
        }
        total = _weighted(losses, weight)
        for more, part in (self._warp_losses(frames, batch), self._read_losses(step, generated, batch, critic_on)):
            losses, total = losses | more, total + part
        return losses | {"total": total}

    def _warp_losses(self, frames: Frames, batch: RadioBatch) -> tuple[dict[str, Tensor], Tensor]:
        """What concerns the warp head, and the weighted sum; nothing without one."""
        composed, warp = frames.composition, frames.drawn.warp
        if composed is None or warp is None:
            return {}, batch.target.new_zeros(())
        known = batch.reference_points.repeat_interleave(self.config.sample.frames, dim=0)
        losses = {
            "drawn": self._likeness(frames.drawn.rgb.float(), batch.target),
            "fetched": self._likeness(composed.fetched, batch.target),
            "places": misplaced(warp, batch.points, known, self.landmarks),
            "landmarks": mistold(warp.points, batch.points, self.landmarks, self.config.sample.frames),
            "drawing": torch.mean((1 - composed.mask) * self.weights),
            "smooth": roughness(warp),
        }
        return losses, _weighted(losses, self.config.loss)

    def _likeness(self, picture: Tensor, target: Tensor) -> Tensor:
        """Pixel and detail terms together."""
        weight = self.config.loss
        pixel, detail = weighted_l1(picture, target, self.weights), detail_l1(picture, target, self.weights)
        return weight.pixel * pixel + weight.detail * detail

    def _read_losses(
        self, step: int, generated: Tensor, batch: RadioBatch, critic_on: bool
    ) -> tuple[dict[str, Tensor], Tensor]:
        """What other networks read off the pasted faces, and the weighted sum."""
        weight, pasted = self.config.loss, self._pasted(generated, batch.target)
        losses: dict[str, Tensor] = {}
        part = generated.new_zeros(())
        wanted = weight.perceptual or weight.lips or weight.sync
        if self.sync is not None and wanted and step % weight.sync_every == 0:
            losses = self._sync_losses(self.sync, pasted, batch.target, batch.mel)
            read = weight.lips * losses["lips"] + weight.sync * losses["sync"]
            part = part + weight.sync_every * (read + weight.perceptual * losses["perceptual"])
        if critic_on:
            real, drawn = self.critic.features(batch.target), self.critic.features(pasted)
            losses["critic features"] = feature_distance(drawn, real)
            losses["adversarial"] = generator_loss(self.critic(pasted))
            part = part + weight.perceptual * losses["critic features"]
            part = part + weight.adversarial * losses["adversarial"]
        return losses, part

    def _sync_losses(self, sync: SyncNet, pasted: Tensor, target: Tensor, mel: Tensor) -> dict[str, Tensor]:
        """What the sync discriminator reads off the generated face against the real one and the sound."""
        with torch.no_grad():
            real, heard = sync.see(target), sync.hear(mel)[0]
        drawn = sync.see(pasted)
        return {
            "perceptual": feature_distance(drawn.features, real.features),
            "lips": (drawn.lips - real.lips).abs().mean(),
            "sync": cosine_gap(drawn.embedding, heard),
        }

    def _critic_step(self, step: int, generated: Tensor, target: Tensor) -> dict[str, Tensor]:
        """One step of the image discriminator."""
        weight = self.config.loss
        with self.machine.autocast():
            losses = {"critic": discriminator_loss(self.critic(target), self.critic(generated))}
        total = losses["critic"]
        if weight.r1 and step % weight.r1_every == 0:
            losses["r1"] = r1_penalty(self.critic, target)
            total = total + weight.r1 * weight.r1_every * losses["r1"]
        self.critic_optimizer.zero_grad(set_to_none=True)
        total.backward()
        self.critic_optimizer.step()
        return losses

    def state(self, step: int) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {
            "step": step,
            "net": self.net.state_dict(),
            "critic": self.critic.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "critic_optimizer": self.critic_optimizer.state_dict(),
            "ema": self.ema.state(),
            "means": self.means.state(),
            "guard": self.guard.state(),
            "architecture": ARCHITECTURE,
        }

    def load(self, state: dict[str, Any]) -> int:
        """From a checkpoint; returns the first step to do. Raises ModelError for one of another network."""
        if state.get("architecture") != ARCHITECTURE:
            raise ModelError(
                "the run's checkpoint is of an earlier version of RADIO, whose weights mean something else now; "
                "give another folder (--run) to start anew."
            )
        for name in ("net", "critic", "optimizer", "critic_optimizer"):
            getattr(self, name).load_state_dict(state[name])
        self.ema.load(state["ema"])
        self.means, self.guard = Means(state["means"]), StepGuard(state["guard"])
        return int(state["step"])

    @torch.no_grad()
    def draw(self, batch: RadioBatch) -> Tensor:
        """Frames by the averaged weights, pasted into their surroundings."""
        average = Radio(self.config.net).to(self.machine.device)
        average.load_state_dict(self.ema.weights)
        batch = RadioBatch(*(part.to(self.machine.device) for part in batch))
        return self._pasted(_generated(average.eval(), batch, self.hidden).frame, batch.target)


def _weighted(losses: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """The sum of losses, each times the weight of its name."""
    return torch.stack([getattr(weights, name) * loss for name, loss in losses.items()]).sum()


def _generated(net: Radio, batch: RadioBatch, hidden: Tensor) -> Frames:
    """The batch's frames; a draw's references are encoded once for all its frames."""
    frames = len(batch.target) // len(batch.references)
    encoded = net.encode_references(batch.references, batch.reference_points, batch.shares)
    references = encoded.map(lambda part: part.repeat_interleave(frames, dim=0))
    return net.generate(Inputs(batch.target * (1 - hidden), batch.sound, batch.points), references)


def _speakers(config: RadioTraining, painter: MouthPainter | None) -> SyntheticSpeakers | None:
    """The portraits that some samples are made of. Raises ModelError where they are wanted and not there."""
    if config.sample.synthetic == 0:
        return None
    if not config.portraits or painter is None:
        raise ModelError("synthetic speakers need portraits: name the folder of `prepare --portraits` (portraits=DIR).")
    return SyntheticSpeakers(load_portraits(Path(config.portraits)), painter)


def train_radio(
    config: RadioTraining,
    data: Path,
    folder: Path,
    machine: Machine,
    on_step: OnStep,
    painter: MouthPainter | None = None,
) -> Path:
    """Trains, or goes on where `folder` left off; returns the averaged weights, `folder/<name>.safetensors`.

    `painter` paints the inside of synthetic speakers' mouths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trainer, run = RadioTrainer(config, machine), config.run
    checkpoint, weights = folder / "checkpoint.pt", folder / f"{config.net.name}.safetensors"
    first = trainer.load(load_checkpoint(checkpoint)) if checkpoint.exists() else 0
    save_config(config, folder / "config.json")
    clips, columns, speakers = load_clips(data), config.net.mel_columns, _speakers(config, painter)
    speech = bool(config.net.speech)
    sampler = Sampler(clips, config.sample, columns, run.seed, speakers, speech)
    shown = Sampler(clips, config.sample, columns, run.seed + 1, speakers, speech).radio_batch(0)
    if first == 0 and not config.start:
        trainer.scale_ear(sampler.ear_batch(0, 256)[0])

    def save(step: int) -> None:
        save_checkpoint(checkpoint, trainer.state(step))
        save_weights(weights, trainer.ema.weights, config.net)

    def take(step: int, batch: RadioBatch) -> dict[str, Tensor]:
        losses = trainer.step(step, batch)
        if (step + 1) % run.sheet_every == 0:
            save_sheet(folder / f"sheet-{step + 1:06d}.png", shown, trainer.draw(shown))
        return losses

    run_steps(run, first, sampler.radio_batch, take, Records(folder, trainer.means, on_step, save))
    return weights


def _advice(config: RadioTraining) -> str:
    """What a run lacks, if anything."""
    if config.sync:
        return ""
    return "no sync discriminator (--set sync=FILE): the perceptual, lips and sync terms are off"


TRAINING = Training(
    RadioTraining(),
    lambda config, at: train_radio(config, at.data, at.folder, at.machine, at.on_step, at.painter),
    _advice,
)
