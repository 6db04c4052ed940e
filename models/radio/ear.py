"""How far a mouth is open, as a generator's landmarks tell it from sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.data.clips import PreparedClip, middle
from models.errors import ModelError
from models.points import inner_gap
from models.radio.dubber import load_net
from models.training.lag import Ear
from models.weights import resolve


def load_ear(file: Path) -> Ear:
    """The landmarks that a generator is told to draw. Raises ModelError where it tells none."""
    net = load_net(resolve(str(file))).eval()
    head, config = net.decoder.landmarks, net.config
    if head is None:
        raise ModelError(f"{file} tells no landmarks; give weights with a warp head.")

    @torch.no_grad()
    def hear(clip: PreparedClip) -> NDArray[np.float32]:
        if config.speech and clip.speech is None:
            raise ModelError(
                f"{clip.name} holds no features of speech; run `prepare` again with `--hear {config.speech}`."
            )
        windows = clip.speech if config.speech else middle(clip.mels, config.mel_columns)
        points = torch.from_numpy(clip.points.astype(np.float32))
        usual = points.mean(dim=0).expand_as(points)
        return inner_gap(head(points, net.audio(torch.from_numpy(np.asarray(windows, np.float32))), usual).numpy())

    return hear
