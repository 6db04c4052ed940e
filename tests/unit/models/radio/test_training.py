"""Whole runs of `train radio` with tiny networks: they learn, they resume, their terms can be switched off."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from models.data.augment import AugmentConfig
from models.data.batches import SampleConfig, Sampler
from models.data.clips import load_clips
from models.errors import ModelError
from models.radio.config import ARCHITECTURE
from models.radio.spec import SPEC
from models.radio.training import RadioTrainer, train_radio
from models.radio.training_config import LossWeights, RadioTraining
from models.sync.training import load_sync
from models.training.config import overridden
from models.training.run import load_checkpoint
from models.training.sheet import as_image
from models.weights import load_tensors, read_config, save_weights
from tests.unit.models.prepared import SIZE, ClipRecipe, write_talking_clip
from tests.unit.models.runs import CPU, RADIO, interrupted, read_log, same, silent, stop_at


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips of two speakers."""
    root = tmp_path_factory.mktemp("talking")
    for code, speaker in enumerate("aab"):
        write_talking_clip(root, ClipRecipe(f"clip{code}", speaker, 24, code=code))
    return root


def test_radio_learns(data: Path, tmp_path: Path) -> None:
    """Without augmentation, in thirty steps."""
    plain = AugmentConfig(identity=0, jitter=0, mirror=False)
    config = dataclasses.replace(
        overridden(RADIO, ["run.steps=30", "loss.adversarial=0", "run.sheet_every=99"]),
        sample=SampleConfig(batch=4, augment=plain),
    )
    train_radio(config, data, tmp_path, CPU, silent)
    losses = [line["pixel"] for line in read_log(tmp_path)]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


@pytest.fixture(scope="module")
def whole_radio(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole radio")
    assert train_radio(RADIO, data, folder, CPU, silent) == folder / "tiny.safetensors"
    return folder


@pytest.mark.parametrize("last", [2, 5])  # before and after the discriminator joins
def test_a_resumed_radio_run_is_the_same_run(last: int, data: Path, whole_radio: Path, tmp_path: Path) -> None:
    """The same log and the same networks, optimisers and averages, to the bit."""
    interrupted(train_radio, RADIO, data, tmp_path, last)
    assert read_log(tmp_path) == read_log(whole_radio)
    assert [line["step"] for line in read_log(whole_radio)] == list(range(6))
    assert same(load_checkpoint(tmp_path / "checkpoint.pt"), load_checkpoint(whole_radio / "checkpoint.pt"))
    for name in ("tiny.safetensors", "sheet-000003.png", "sheet-000006.png"):
        assert (tmp_path / name).read_bytes() == (whole_radio / name).read_bytes()


def test_a_finished_run_stays_finished(data: Path, whole_radio: Path) -> None:
    """Started again it does no step and gives the same weights."""
    weights = whole_radio / "tiny.safetensors"
    before, log = weights.read_bytes(), read_log(whole_radio)
    train_radio(RADIO, data, whole_radio, CPU, stop_at(0))
    assert weights.read_bytes() == before
    assert read_log(whole_radio) == log


def test_what_a_run_leaves(whole_radio: Path) -> None:
    """Weights in halves with their config, a checkpoint, the run's config, a log, sheets; nothing else."""
    assert {file.name for file in whole_radio.iterdir()} == {
        "tiny.safetensors", "checkpoint.pt", "config.json", "log.jsonl", "sheet-000003.png", "sheet-000006.png",
    }  # fmt: skip
    weights = whole_radio / "tiny.safetensors"
    assert read_config(weights) == RADIO.net
    average = load_checkpoint(whole_radio / "checkpoint.pt")["ema"]["weights"]
    for name, tensor in load_tensors(weights).items():
        assert torch.equal(tensor, average[name].half().float())
    assert json.loads((whole_radio / "config.json").read_text())["run"]["steps"] == 6


def test_the_sheet_shows_real_generated_and_reference(data: Path, whole_radio: Path) -> None:
    """Row under row, the generated one in its real surroundings."""
    sheet = cv2.imread(str(whole_radio / "sheet-000006.png"))
    assert sheet is not None
    assert sheet.shape == (3 * SIZE, RADIO.sample.batch * SIZE, 3)
    shown = Sampler(load_clips(data), RADIO.sample, RADIO.net.mel_columns, RADIO.run.seed + 1).radio_batch(0)
    real, drawn, reference = np.split(sheet[..., ::-1], 3)
    assert np.array_equal(real, as_image(shown.target))
    assert np.array_equal(reference, as_image(shown.references[:, 0].repeat_interleave(2, dim=0)))
    assert np.array_equal(drawn[: SIZE // 3], real[: SIZE // 3])
    assert not np.array_equal(drawn[SIZE // 2 :], real[SIZE // 2 :])


TERMS = ("pixel", "detail", "motion", "perceptual", "lips", "sync", "adversarial")
WARP_TERMS = ("drawn", "fetched", "places", "landmarks", "drawing", "smooth")


def losses_at(config: RadioTraining, data: Path, step: int = 0) -> dict[str, float]:
    """The losses of one step of networks that have not moved yet."""
    batch = Sampler(load_clips(data), config.sample, config.net.mel_columns, config.run.seed).radio_batch(0)
    return {name: float(value.detach()) for name, value in RadioTrainer(config, CPU).step(step, batch).items()}


def test_each_term_can_be_switched_off(data: Path, sync_file: str) -> None:
    """The total is the weighted sum of what is left, and the others stay as they are."""
    full = dataclasses.replace(RADIO, sync=sync_file, loss=LossWeights(adversarial_from=0))
    weights = dataclasses.asdict(full.loss)
    losses = losses_at(full, data)
    parts = {term: weights[term] * losses[term] for term in TERMS}
    for term in ("perceptual", "lips", "sync"):  # taken every few steps and weighted up by as much
        parts[term] *= full.loss.sync_every
    features = weights["perceptual"] * losses["critic features"]
    assert losses["total"] == pytest.approx(sum(parts.values()) + features, rel=1e-5)
    for term, part in parts.items():
        less = losses_at(overridden(full, [f"loss.{term}=0"]), data)
        gone = part + features if term in ("perceptual", "adversarial") else part  # they go with either
        assert less["total"] == pytest.approx(losses["total"] - gone, rel=1e-4), term
        assert less["pixel"] == losses["pixel"]


def test_the_warp_heads_terms_can_be_switched_off_too(data: Path) -> None:
    """They are there with a head alone."""
    full = overridden(RADIO, ["net.warp=true", "net.references=3", "loss.adversarial=0"])
    losses, weights = losses_at(full, data), dataclasses.asdict(full.loss)
    parts = {term: weights[term] * losses[term] for term in (*TERMS[:3], *WARP_TERMS)}
    assert losses["total"] == pytest.approx(sum(parts.values()), rel=1e-5)
    for term in WARP_TERMS:
        less = losses_at(overridden(full, [f"loss.{term}=0"]), data)
        assert less["total"] == pytest.approx(losses["total"] - parts[term], rel=1e-4), term
    assert set(WARP_TERMS).isdisjoint(losses_at(overridden(full, ["net.warp=false"]), data))


def test_terms_switched_off_cost_nothing(data: Path, sync_file: str) -> None:
    """They do not even appear among the losses."""
    full = dataclasses.replace(RADIO, sync=sync_file, loss=LossWeights(adversarial_from=0))
    assert "r1" not in losses_at(overridden(full, ["loss.r1=0"]), data)
    bare = overridden(full, ["loss.adversarial=0", "loss.perceptual=0", "loss.lips=0", "loss.sync=0"])
    assert set(losses_at(bare, data)) == {"pixel", "detail", "motion", "total", "skipped"}
    assert set(losses_at(dataclasses.replace(bare, sync=""), data)) == {"pixel", "detail", "motion", "total", "skipped"}


@pytest.mark.parametrize("step", range(4))
def test_dear_terms_are_taken_every_so_many_steps(step: int, data: Path, sync_file: str) -> None:
    """Sync's and R1's, each by its own count."""
    config = overridden(dataclasses.replace(RADIO, sync=sync_file), ["loss.adversarial_from=0", "loss.r1_every=3"])
    found = losses_at(config, data, step)
    assert {"lips", "sync", "perceptual"}.isdisjoint(found) == (step % config.loss.sync_every != 0)
    assert ("r1" in found) == (step % 3 == 0)


def copied(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors as they are now."""
    return {name: tensor.clone() for name, tensor in state.items()}


def moved(before: dict[str, Tensor], after: dict[str, Tensor]) -> bool:
    """Whether anything has changed."""
    return any(not torch.equal(before[name], after[name]) for name in before)


def test_the_discriminator_joins_when_it_is_told_to(data: Path) -> None:
    """Before that and where it is switched off it stands still; the sync discriminator is never trained."""
    config = overridden(RADIO, ["run.steps=10", "loss.adversarial_from=0.5"])
    batch = Sampler(load_clips(data), config.sample, config.net.mel_columns, 1).radio_batch(0)
    trainer = RadioTrainer(config, CPU)
    before = copied(trainer.critic.state_dict())
    assert "critic" not in trainer.step(4, batch)
    assert not moved(before, trainer.critic.state_dict())
    assert "critic" in trainer.step(5, batch)
    assert moved(before, trainer.critic.state_dict())


def test_without_any_term_nothing_moves(data: Path) -> None:
    """No hidden term is left."""
    config = overridden(
        RADIO, ["loss.pixel=0", "loss.detail=0", "loss.motion=0", "loss.adversarial=0", "loss.perceptual=0"]
    )
    trainer = RadioTrainer(config, CPU)
    before = copied(trainer.net.state_dict())
    losses = trainer.step(0, Sampler(load_clips(data), config.sample, config.net.mel_columns, 1).radio_batch(0))
    assert float(losses["total"].detach()) == 0
    assert not moved(before, trainer.net.state_dict())


def test_the_ear_starts_from_the_sync_discriminators(sync_file: str) -> None:
    """Where the channels are the same; what has another length starts anew. The sync net is frozen."""
    config = overridden(RADIO, [f"sync={sync_file}", "net.audio_channels=[16, 32, 64, 128]"])
    trainer = RadioTrainer(config, CPU)
    assert trainer.sync is not None
    assert not any(parameter.requires_grad for parameter in trainer.sync.parameters())
    learned, own = trainer.sync.audio.state_dict(), trainer.net.audio.state_dict()
    assert all(torch.equal(own[name], learned[name]) for name in own if own[name].shape == learned[name].shape)
    assert {name for name in own if own[name].shape != learned[name].shape} == {"linear.weight", "linear.bias"}


def test_the_ear_is_brought_to_scale(data: Path, sync_file: str) -> None:
    """f_a then modulates by something, whatever the sync discriminator's own scale was."""
    trainer = RadioTrainer(overridden(RADIO, [f"sync={sync_file}"]), CPU)
    mels = Sampler(load_clips(data), RADIO.sample, RADIO.net.mel_columns, 1).ear_batch(0, 32)[0]
    trainer.scale_ear(mels)
    with torch.no_grad():
        told = trainer.net.audio(mels)
    assert told.mean(dim=0).abs().max() < 1e-4
    assert float(told.var(dim=0).mean()) == pytest.approx(1, abs=1e-3)
    assert all(torch.equal(trainer.ema.weights[name], tensor) for name, tensor in trainer.net.state_dict().items())


def test_a_taught_ear_moves_less(data: Path, sync_file: str) -> None:
    """By `ear_share` of the others' learning rate, at every step; without a sync net by all of it."""
    batch = Sampler(load_clips(data), RADIO.sample, RADIO.net.mel_columns, 1).radio_batch(0)
    for sync, share in ((sync_file, 0.1), ("", 1.0)):
        trainer = RadioTrainer(overridden(RADIO, [f"sync={sync}"]), CPU)
        trainer.step(5, batch)
        others, ear = trainer.optimizer.param_groups
        assert ear["lr"] == pytest.approx(share * others["lr"])
        count = sum(len(group["params"]) for group in trainer.optimizer.param_groups)
        assert count == len(list(trainer.net.parameters()))


def test_it_can_start_from_earlier_weights(whole_radio: Path) -> None:
    """The averaged ones of another run."""
    weights = whole_radio / "tiny.safetensors"
    trainer = RadioTrainer(overridden(RADIO, [f"start={weights}"]), CPU)
    expected = load_tensors(weights)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in trainer.net.state_dict().items())


def test_it_cannot_start_from_weights_of_another_version(
    whole_radio: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They fit by shape and would draw nonsense."""
    older = tmp_path / "older.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr("models.radio.spec.SPEC", dataclasses.replace(SPEC, architecture=ARCHITECTURE - 1))
        save_weights(older, load_tensors(whole_radio / "tiny.safetensors"), RADIO.net)
    with pytest.raises(ModelError, match=r"older\.safetensors holds weights of another version of RADIO; give"):
        RadioTrainer(overridden(RADIO, [f"start={older}"]), CPU)


@pytest.mark.parametrize("change", ["net.width=0.1", "net.vit_layers=2", "net.warp=true"])
def test_it_cannot_start_from_weights_of_another_network(whole_radio: Path, change: str) -> None:
    """Wider, deeper or with a head that the weights lack."""
    weights = whole_radio / "tiny.safetensors"
    with pytest.raises(
        ModelError, match=r"tiny\.safetensors holds weights of another size; start from weights of this"
    ):
        RadioTrainer(overridden(RADIO, [f"start={weights}", change]), CPU)


def test_it_cannot_start_from_weights_that_are_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.safetensors are missing"):
        RadioTrainer(overridden(RADIO, [f"start={tmp_path / 'none.safetensors'}"]), CPU)


def test_a_radio_checkpoint_is_no_sync_discriminator(whole_radio: Path) -> None:
    with pytest.raises(ModelError, match=r"checkpoint\.pt is no checkpoint of `train sync`"):
        load_sync(whole_radio / "checkpoint.pt")


def test_a_missing_sync_discriminator_is_said(data: Path, tmp_path: Path) -> None:
    """With the command that makes one."""
    with pytest.raises(ModelError, match="train sync"):
        train_radio(overridden(RADIO, ["sync=nowhere.pt"]), data, tmp_path, CPU, silent)
