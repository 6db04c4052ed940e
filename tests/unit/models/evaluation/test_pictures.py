"""Picture figures, some crops at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.filters import gaussian
from skimage.metrics import peak_signal_noise_ratio

pytest.importorskip("torchmetrics")
from models.errors import ModelError
from models.evaluation import perceptual
from models.evaluation.pictures import HIGHEST_PSNR, PictureSums, picture_figures


@pytest.fixture
def crops() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 48, 48, 3), np.uint8)


def blurred(crops: np.ndarray) -> np.ndarray:
    return np.stack([gaussian(crop, 1.0, channel_axis=2, preserve_range=True) for crop in crops]).astype(np.uint8)


def test_equal_crops_are_perfect(crops: np.ndarray) -> None:
    assert picture_figures(crops, crops) == pytest.approx({"psnr": HIGHEST_PSNR, "ssim": 1, "texture": 1})


def test_figures_of_chunks_are_those_of_all(crops: np.ndarray) -> None:
    soft = blurred(crops)
    sums = PictureSums()
    for rows in (slice(0, 1), slice(1, 4), slice(4, 6)):
        sums.add(crops[rows], soft[rows])
    assert sums.figures() == pytest.approx(picture_figures(crops, soft), rel=1e-4)
    assert sums.figures()["psnr"] == pytest.approx(peak_signal_noise_ratio(crops, soft), rel=1e-4)
    assert 0 < sums.figures()["texture"] < 0.5
    assert PictureSums().figures() == {}


def test_texture_is_asked_where_it_is_told(crops: np.ndarray) -> None:
    half = crops.copy()
    half[:, 24:] = blurred(crops)[:, 24:]
    above, below = PictureSums(), PictureSums()
    above.add(crops, half, (slice(0, 20), slice(4, 40)))
    below.add(crops, half, (slice(28, 48), slice(4, 40)))
    assert above.figures()["texture"] == 1
    assert below.figures()["texture"] < 0.5


def test_what_is_missing_for_lpips_and_dists_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perceptual, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="need torchvision"):
        perceptual.check_perceptual()
    monkeypatch.setattr(perceptual, "find_spec", lambda name: object())
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(ModelError, match="vgg16"):
        perceptual.check_perceptual()
    (tmp_path / "checkpoints").mkdir()
    for name in perceptual.BACKBONES:
        (tmp_path / "checkpoints" / name).touch()
    perceptual.check_perceptual()
