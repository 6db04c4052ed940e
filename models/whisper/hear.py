"""Numpy in, numpy out: what a frozen encoder hears."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from models.whisper.encoder import WhisperEncoder


@torch.inference_mode()
def hear(encoder: WhisperEncoder, sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features of n samples of 16 kHz, n / 320 x dim. Raises ValueError as `WhisperEncoder` does."""
    samples = torch.tensor(sound, dtype=torch.float32, device=encoder.places.device)
    return encoder(samples[None])[0].float().cpu().numpy()
