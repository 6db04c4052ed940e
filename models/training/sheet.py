"""Contact sheets: references, generated frames and real frames of one batch, row under row."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models.data.batches import RadioBatch


def as_image(pictures: Tensor) -> NDArray[np.uint8]:
    """B x 3 x S x S in [-1, 1] -> one row, S x (B S) x 3, 8 bits."""
    pixels = ((pictures.detach().cpu().float() + 1) * 127.5).round().clamp(0, 255).byte()
    return np.concatenate(list(pixels.permute(0, 2, 3, 1).numpy()), axis=1)


def save_sheet(file: Path, batch: RadioBatch, generated: Tensor) -> None:
    """Writes real above generated above the first reference, as PNG."""
    first = batch.references[:, 0].repeat_interleave(len(batch.target) // len(batch.references), dim=0)
    rows = [as_image(batch.target), as_image(generated), as_image(first)]
    cv2.imwrite(str(file), np.concatenate(rows)[..., ::-1])
