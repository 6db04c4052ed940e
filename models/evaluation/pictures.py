"""Picture metrics of generated crops against real ones, by torchmetrics."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

Crops = NDArray[np.uint8]


def picture_figures(real: Crops, generated: Crops) -> dict[str, float]:
    """PSNR in dB, SSIM and the texture ratio of N x H x W x 3 crops against the real ones.

    Texture ratio: energy of the finest Laplacian band, generated over real; 1 is as sharp as life, less is
    softer.
    """
    a, b = _tensor(generated), _tensor(real)
    return {
        "psnr": float(peak_signal_noise_ratio(a, b, data_range=1.0)),
        "ssim": float(structural_similarity_index_measure(a, b, data_range=1.0)),  # type: ignore[arg-type]
        "texture": float(_fine_energy(a) / _fine_energy(b).clamp(min=1e-9)),
    }


def _tensor(crops: Crops) -> Tensor:
    """N x H x W x 3, 8 bits -> N x 3 x H x W in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2).float() / 255


def _fine_energy(pictures: Tensor) -> Tensor:
    """Mean absolute difference from the 3 x 3 mean."""
    return (pictures - torch.nn.functional.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)).abs().mean()
