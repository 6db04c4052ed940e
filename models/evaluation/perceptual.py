"""LPIPS and DISTS by torchmetrics, which ships their own weights; those of the networks beneath have to be brought.

Both stand on networks that were trained on ImageNet and that torchvision downloads when they are first used. Nothing is
downloaded here: where torchvision or its files are missing, one sentence says which.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch

from models.errors import ModelError
from models.evaluation.pictures import Crops, as_tensor

BACKBONES = ("alexnet-owt-7be5be79.pth", "vgg16-397923af.pth")
"""Files of torchvision beneath LPIPS and DISTS, as it names them."""


def check_perceptual() -> None:
    """Raises ModelError with one sentence where LPIPS and DISTS cannot be had without a download."""
    if find_spec("torchvision") is None:
        raise ModelError("LPIPS and DISTS are left out: they need torchvision, which is not installed.")
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    missing = [name for name in BACKBONES if not (folder / name).is_file()]
    if missing:
        raise ModelError(
            f'LPIPS and DISTS are left out: put the weights {" and ".join(missing)} of torchvision into "{folder}".'
        )


class PerceptualSums:
    """LPIPS (AlexNet) and DISTS of as many crops as there are, some at a time; 0 is the same picture."""

    def __init__(self) -> None:
        """Raises ModelError as `check_perceptual` does."""
        check_perceptual()
        from torchmetrics.functional.image.dists import DISTSNetwork
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

        self._lpips = LearnedPerceptualImagePatchSimilarity(net_type="alex", normalize=True)
        self._dists = DISTSNetwork()
        self._count, self._sum_lpips, self._sum_dists = 0, 0.0, 0.0

    def add(self, real: Crops, generated: Crops, _detail: tuple[slice, slice] | None = None) -> None:
        """N x H x W x 3 crops of one size."""
        a, b = as_tensor(generated), as_tensor(real)
        with torch.inference_mode():
            self._sum_lpips += len(a) * float(self._lpips(a, b))
            self._sum_dists += float(self._dists(a, b).sum())
        self._count += len(a)

    def figures(self) -> dict[str, float]:
        """`lpips` and `dists`. Nothing where no crop was added."""
        if not self._count:
            return {}
        return {"lpips": self._sum_lpips / self._count, "dists": self._sum_dists / self._count}
