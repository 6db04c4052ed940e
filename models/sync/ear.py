"""How far a mouth is open, as the sync discriminator hears it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.data.clips import PreparedClip, middle
from models.sync.sync import SyncNet
from models.sync.training import load_sync
from models.training.lag import Ear, opening


def load_ear(file: Path) -> Ear:
    """The ear in a checkpoint of `train sync`. Raises ModelError where the file is missing, damaged or another."""
    return sync_ear(load_sync(file))


def sync_ear(net: SyncNet) -> Ear:
    """The sync discriminator's."""

    @torch.no_grad()
    def hear(clip: PreparedClip) -> NDArray[np.float32]:
        _, heard = net.hear(torch.from_numpy(middle(clip.mels, net.config.mel_columns).astype(np.float32)))
        return opening(heard.numpy())

    return hear
