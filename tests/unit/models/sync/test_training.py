"""Whole runs of `train sync` on made-up clips with tiny networks: they learn, they resume, they start from others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.errors import ModelError
from models.sync.sync import ARCHITECTURE
from models.sync.training import load_sync, train_sync
from models.training.config import overridden
from models.training.run import load_checkpoint, save_checkpoint
from tests.unit.models.prepared import ClipRecipe, write_talking_clip
from tests.unit.models.runs import CPU, SYNC, interrupted, read_log, same, silent


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips of two speakers."""
    root = tmp_path_factory.mktemp("talking")
    for code, speaker in enumerate("aab"):
        write_talking_clip(root, ClipRecipe(f"clip{code}", speaker, 24, code=code))
    return root


@pytest.fixture(scope="module")
def whole_sync(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole sync")
    assert train_sync(SYNC, data, folder, CPU, silent) == folder / "sync.pt"
    return folder


def test_sync_learns(data: Path, tmp_path: Path) -> None:
    """The lips it tells from sound, and the pairs."""
    changes = ["run.steps=40", "run.learning_rate=0.004", "ear_steps=25"]
    train_sync(overridden(SYNC, changes), data, tmp_path, CPU, silent)
    log = read_log(tmp_path)
    heard = [line["lips heard"] for line in log]
    assert np.mean(heard[20:25]) < 0.7 * np.mean(heard[:5])
    assert [set(line) for line in log[:25]] == [{"step", "lips heard", "skipped"}] * 25
    total = [line["sync"] + SYNC.lips * line["lips seen"] for line in log[25:]]
    assert log[-1]["skipped"] == 0  # the pictures' gradients are no outliers when they join
    assert np.mean(total[-5:]) < 0.9 * np.mean(total[:5])


def test_a_resumed_sync_run_is_the_same_run(data: Path, whole_sync: Path, tmp_path: Path) -> None:
    """The same log and the same weights, to the bit."""
    interrupted(train_sync, SYNC, data, tmp_path, 3)  # before the pictures join
    assert read_log(tmp_path) == read_log(whole_sync)
    assert same(load_checkpoint(tmp_path / "sync.pt"), load_checkpoint(whole_sync / "sync.pt"))


def test_a_sync_run_cannot_start_from_another_size(whole_sync: Path, data: Path, tmp_path: Path) -> None:
    """From one alike it can; see `start` in the config."""
    checkpoint = whole_sync / "sync.pt"
    wider = overridden(SYNC, [f"start={checkpoint}", "net.feature=32"])
    with pytest.raises(ModelError, match=r"sync\.pt is of another size than this network; start from one alike"):
        train_sync(wider, data, tmp_path, CPU, silent)
    started = train_sync(overridden(SYNC, [f"start={checkpoint}", "run.steps=0"]), data, tmp_path / "b", CPU, silent)
    assert same(load_checkpoint(started)["net"], load_checkpoint(checkpoint)["net"])


@pytest.mark.parametrize("content", [{"a": 1}, {"config": {}}, {"net": {}}, [1, 2], torch.zeros(3)])
def test_what_is_no_checkpoint_of_train_sync_is_said(content: object, tmp_path: Path) -> None:
    """Whatever else torch can read."""
    file = tmp_path / "other.pt"
    torch.save(content, file)
    with pytest.raises(ModelError, match=r"other\.pt is no checkpoint of `train sync`; give the sync\.pt"):
        load_sync(file)


def test_a_sync_discriminator_of_another_version_is_said(sync_file: str, tmp_path: Path) -> None:
    """It is to be trained again."""
    older = tmp_path / "older.pt"
    save_checkpoint(older, load_checkpoint(Path(sync_file)) | {"architecture": ARCHITECTURE - 1})
    with pytest.raises(ModelError, match=r"older\.pt is of an earlier version of the sync discriminator; run"):
        load_sync(older)


def test_a_resumed_run_has_the_same_means(data: Path, tmp_path: Path) -> None:
    """Also where a log line spans the checkpoint: the curve has no kink where the run was stopped."""
    config = overridden(SYNC, ["run.log_every=3", "ear_steps=99"])
    train_sync(config, data, tmp_path / "whole", CPU, silent)
    interrupted(train_sync, config, data, tmp_path / "parts", 3)
    assert read_log(tmp_path / "parts") == read_log(tmp_path / "whole")
