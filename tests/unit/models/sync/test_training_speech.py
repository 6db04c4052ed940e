"""The ear's part of `train sync`: phones of read speech, the mouth's opening, starts from other runs, bad steps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from models.errors import ModelError
from models.sync.losses import gap, lips_loss
from models.sync.training import train_sync
from models.training.config import overridden
from models.training.run import StepGuard, load_checkpoint
from tests.unit.models.runs import CPU, SYNC, interrupted, read_log, same, silent


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two phones, one low, one high; each a second long, in turn."""
    root = tmp_path_factory.mktemp("speech")
    phones = np.tile(np.repeat(np.array([1, 2], np.uint8), 80), 10)
    bins = np.arange(80)
    low, high = (np.exp(-(((bins - place) / 8) ** 2)) * 6 - 3.5 for place in (20, 60))
    np.where((phones == 1)[:, None], low, high).astype(np.float16).tofile(root / "mels.f16")
    phones.tofile(root / "phones.u8")
    spoken = [{"speaker": "s", "first": 0, "columns": len(phones)}]
    (root / "speech.json").write_text(json.dumps({"format": 1, "phones": ["SIL", "AA", "S"], "utterances": spoken}))
    return root


def test_the_ear_learns_phones_beside_the_lips(data: Path, speech: Path, tmp_path: Path) -> None:
    """Which of the two it is, better than by chance; the lips' loss is there as well."""
    changes = ["run.steps=40", "run.learning_rate=0.004", "ear_steps=40", "net.phones=3", "phones=0.5"]
    config = overridden(SYNC, [*changes, f"speech={speech}", "speech_batch=24"])
    train_sync(config, data, tmp_path, CPU, silent)
    log = read_log(tmp_path)
    assert np.mean([line["phones right"] for line in log[-8:]]) > 0.85
    assert np.mean([line["phones"] for line in log[-8:]]) < 0.6 * np.mean([line["phones"] for line in log[:4]])
    assert all("lips heard" in line for line in log)


def test_a_resumed_run_hears_the_same_speech(data: Path, speech: Path, tmp_path: Path) -> None:
    """To the bit."""
    config = overridden(SYNC, [f"speech={speech}", "net.phones=3", "ear_steps=6"])
    train_sync(config, data, tmp_path / "whole", CPU, silent)
    interrupted(train_sync, config, data, tmp_path / "parts", 3)
    assert read_log(tmp_path / "parts") == read_log(tmp_path / "whole")


def test_speech_with_other_phones_is_refused(data: Path, speech: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="3 phones, the network 40"):
        train_sync(overridden(SYNC, [f"speech={speech}"]), data, tmp_path, CPU, silent)


def test_a_sync_run_can_start_from_another(data: Path, tmp_path: Path) -> None:
    """With its weights, but steps, rates and log of its own."""
    first = train_sync(overridden(SYNC, ["run.steps=3"]), data, tmp_path / "first", CPU, silent)
    config = overridden(SYNC, [f"start={first}", "run.steps=0"])
    ours, theirs = (load_checkpoint(file) for file in (train_sync(config, data, tmp_path / "next", CPU, silent), first))
    assert same(ours["net"], theirs["net"])
    assert (ours["step"], theirs["step"]) == (0, 3)


def test_only_the_named_speakers_are_learned_from(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="held out or too short"):
        train_sync(overridden(SYNC, ['speakers=["nobody"]']), data, tmp_path, CPU, silent)
    train_sync(overridden(SYNC, ['speakers=["b"]', "run.steps=1", "clips=1"]), data, tmp_path, CPU, silent)


@pytest.mark.parametrize("opening", [0.0, 1.0])
def test_the_opening_counts_by_its_weight(opening: float) -> None:
    """A mouth told half as open as it is: each point is off by little, the gap by all of it."""
    true = torch.zeros(1, 20, 2)
    true[:, 13:16, 1], true[:, 17:20, 1] = -0.4, 0.4
    told, true = (true / 2).flatten(1), true.flatten(1)
    assert gap(true).tolist() == pytest.approx([0.8])
    plain = lips_loss(told, true, 0)
    assert float(lips_loss(told, true, opening) - plain) == pytest.approx(opening * 0.1 * 0.4)
    assert float(lips_loss(true, true, opening)) == 0


def test_a_step_that_is_no_number_is_left_out(tmp_path: Path) -> None:
    """And counted, across a checkpoint; what is merely large is scaled down."""
    guard = StepGuard()
    weight = torch.nn.Parameter(torch.zeros(3))

    def admitted(*gradient: float) -> bool:
        weight.grad = torch.tensor(gradient, dtype=torch.float32)
        return guard.admit([weight])

    assert admitted(1, 0, 0)
    assert admitted(0, 10, 0)
    assert weight.grad is not None
    assert float(weight.grad.norm()) < 3
    assert not admitted(float("nan"), 0, 0)
    assert not admitted(0, 1e6, 0)
    guard = StepGuard(guard.state())
    assert guard.skipped == 2
    assert admitted(1, 0, 0)
