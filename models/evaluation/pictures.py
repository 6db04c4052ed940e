"""Picture metrics of generated crops against real ones, by torchmetrics."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics.image import PeakSignalNoiseRatio, StructuralSimilarityIndexMeasure

Crops = NDArray[np.uint8]

HIGHEST_PSNR = 100.0
"""dB that two equal pictures are given; they differ by infinitely few."""


def picture_figures(real: Crops, generated: Crops) -> dict[str, float]:
    """PSNR in dB, SSIM and the texture ratio of N x H x W x 3 crops against the real ones; see `PictureSums`."""
    sums = PictureSums()
    sums.add(real, generated)
    return sums.figures()


class PictureSums:
    """PSNR, SSIM and texture ratio of as many crops as there are, some at a time.

    Texture ratio: energy of the finest Laplacian band, generated over real; 1 is as sharp as life, less is
    softer.
    """

    def __init__(self) -> None:
        self._psnr = PeakSignalNoiseRatio(data_range=1.0)
        self._ssim = StructuralSimilarityIndexMeasure(data_range=1.0)
        self._count, self._fine, self._fine_real = 0, 0.0, 0.0

    def add(self, real: Crops, generated: Crops, detail: tuple[slice, slice] | None = None) -> None:
        """N x H x W x 3 crops of one size; texture is asked of the rows and columns of `detail` alone."""
        a, b = as_tensor(generated), as_tensor(real)
        self._psnr.update(a, b)
        self._ssim.update(a, b)
        rows, columns = detail or (slice(None), slice(None))
        self._count += len(a)
        self._fine += len(a) * float(_fine_energy(a[..., rows, columns]))
        self._fine_real += len(a) * float(_fine_energy(b[..., rows, columns]))

    def figures(self) -> dict[str, float]:
        """`psnr` in dB, at most `HIGHEST_PSNR`; `ssim`; `texture`. Nothing where no crop was added."""
        if not self._count:
            return {}
        return {
            "psnr": min(float(self._psnr.compute()), HIGHEST_PSNR),
            "ssim": float(torch.as_tensor(self._ssim.compute())),
            "texture": self._fine / max(self._fine_real, 1e-9 * self._count),
        }


def as_tensor(crops: Crops) -> Tensor:
    """N x H x W x 3, 8 bits -> N x 3 x H x W in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2).float() / 255


def _fine_energy(pictures: Tensor) -> Tensor:
    """Mean absolute difference from the 3 x 3 mean."""
    return (pictures - torch.nn.functional.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)).abs().mean()
