"""What several runs are tested with."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from models.sync.sync import ARCHITECTURE, SyncConfig, SyncNet
from models.training.run import save_checkpoint
from tests.unit.models.prepared import ClipRecipe, write_talking_clip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of two speakers."""
    root = tmp_path_factory.mktemp("talking")
    for code, speaker in enumerate("ab"):
        write_talking_clip(root, ClipRecipe(f"clip{code}", speaker, 24, code=code))
    return root


@pytest.fixture(scope="module")
def sync_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A sync discriminator of the size that `train radio` expects, untrained."""
    torch.manual_seed(5)
    file = tmp_path_factory.mktemp("sync") / "sync.pt"
    config = SyncConfig()
    save_checkpoint(
        file,
        {
            "step": 0,
            "config": dataclasses.asdict(config),
            "net": SyncNet(config).state_dict(),
            "architecture": ARCHITECTURE,
        },
    )
    return str(file)
