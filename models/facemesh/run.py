"""Numpy in, numpy out: the networks as the engine's port has them."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.facemesh.detectors import FULL_SIDE, SHORT_SIDE, ShortRangeDetector
from models.facemesh.fast_networks import FastMesh, FastShortRange
from models.facemesh.mesh import SIDE, FaceMesh
from models.facemesh.networks import load_networks

Numbers = tuple[NDArray[np.float32], NDArray[np.float32]]
Net = Callable[[Tensor], tuple[Tensor, Tensor]]
"""B x S x S x 3 levels, 0 to 255 -> (numbers, logits)."""


class FaceNetworks:
    """The networks of a weights file on a device. Raises ModelError where the file is missing, damaged or another."""

    def __init__(self, file: Path, device: str = "cpu") -> None:
        self._device = torch.device(device)
        nets = {name: net.to(self._device) for name, net in load_networks(file).items()}
        full = nets["full_range"].to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] - a stub's gap
        self._short = self._recorded(FastShortRange(cast("ShortRangeDetector", nets["short_range"])), SHORT_SIDE)
        self._full = self._recorded(lambda levels: full(levels.permute(0, 3, 1, 2) * (2 / 255) - 1), FULL_SIDE)
        self._mesh = self._recorded(FastMesh(cast("FaceMesh", nets["mesh"])), SIDE)
        self.version = hashlib.sha256(file.read_bytes()).hexdigest()[:8]

    def short_range(self, pictures: NDArray[np.uint8]) -> Numbers:
        """N x 128 x 128 x 3 -> (N x 896 x 16 in pixels, N x 896 in [0, 1])."""
        return self._run(self._short, pictures)

    def full_range(self, pictures: NDArray[np.uint8]) -> Numbers:
        """N x 192 x 192 x 3 -> (N x 2304 x 16 in pixels, N x 2304 in [0, 1])."""
        return self._run(self._full, pictures)

    def mesh(self, pictures: NDArray[np.uint8]) -> Numbers:
        """N x 192 x 192 x 3 -> (N x 478 x 3 in pixels, N in [0, 1])."""
        return self._run(self._mesh, pictures)

    def _run(self, net: Net, pictures: NDArray[np.uint8]) -> Numbers:
        with torch.inference_mode(), _one_thread():
            numbers, logits = net(torch.from_numpy(pictures).to(self._device).float())
            return _array(numbers), _array(torch.sigmoid(logits))

    def _recorded(self, net: Net, side: int) -> Net:
        """`net`; on a processor its operators for a single picture are recorded, and run without Python.

        That saves a third of the time. TorchScript is not developed any further, but what has taken its place needs a
        compiler on the user's machine.
        """
        if self._device.type != "cpu":
            return net
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            traced: Any = torch.jit.trace(_Module(net).eval(), torch.zeros(1, side, side, 3), check_trace=False)
            single: Net = torch.jit.freeze(traced)
        return lambda levels: single(levels) if len(levels) == 1 else net(levels)


class _Module(nn.Module):
    """What can be recorded."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self._net = net

    def forward(self, levels: Tensor) -> tuple[Tensor, Tensor]:
        """See `Net`."""
        return self._net(levels)


@contextmanager
def _one_thread() -> Generator[None]:
    """These networks are too small to share: two threads wait for one another longer than they work.

    On a machine that is busy otherwise they take three times as long.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _array(values: Tensor) -> NDArray[np.float32]:
    return values.float().cpu().numpy()
