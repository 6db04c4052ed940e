"""Pictures that a person looked at and accepted, and the comparison of new ones with them.

`REDUB_ACCEPT=1 pytest ...` writes the pictures in place of comparing them; look at them before they are committed.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QFont, QImage, QPixmap
from PySide6.QtWidgets import QWidget

FOLDER = Path(__file__).resolve().parents[1] / "golden"
MEAN = 2.0
"""Greatest mean difference of a channel, of 255."""
MOST = 70.0
"""Greatest difference of a block's mean: letters may be drawn a little differently, a missing thing may not."""
BLOCK = 8
"""Pixels of a block's side."""


def use_font(widget: QWidget) -> None:
    """The font that goldens are drawn with, so far as the machine has it."""
    widget.setFont(QFont("DejaVu Sans", 9))


def check_golden(picture: QPixmap | QImage, name: str, mean: float = MEAN, most: float = MOST) -> None:
    """Fails unless `picture` is like tests/golden/`name`.png; then the picture and the difference lie in a folder."""
    image = picture.toImage() if isinstance(picture, QPixmap) else picture
    file = FOLDER / f"{name}.png"
    if os.environ.get("REDUB_ACCEPT") == "1":
        file.parent.mkdir(parents=True, exist_ok=True)
        assert image.save(str(file)), f"{file} could not be written"
        return
    assert file.exists(), f"{file} is missing: run with REDUB_ACCEPT=1, look at it, commit it"
    told = difference(image, QImage(str(file)), mean, most)
    assert not told, f"{name} {told}; see {_keep(image, QImage(str(file)), name)}"


def difference(new: QImage, golden: QImage, mean: float = MEAN, most: float = MOST) -> str:
    """In words, how `new` differs; empty where it is like `golden`."""
    if new.size() != golden.size():
        return f"is {new.width()} x {new.height()}, not {golden.width()} x {golden.height()} pixels"
    apart = np.abs(pixels(new) - pixels(golden))
    found_mean, found_most = float(apart.mean()), float(_block_means(apart).max())
    if found_mean <= mean and found_most <= most:
        return ""
    return f"differs by {found_mean:.2f} in the mean (at most {mean}), {found_most:.0f} in a block (at most {most:.0f})"


def pixels(image: QImage) -> NDArray[np.float32]:
    """Height x width x 3."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).astype(np.float32)


def _block_means(apart: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over blocks; what is left at the edges of the picture is a smaller block."""
    down = np.add.reduceat(apart.mean(axis=2), np.arange(0, apart.shape[0], BLOCK), axis=0)
    return np.add.reduceat(down, np.arange(0, apart.shape[1], BLOCK), axis=1) / BLOCK**2


def _keep(new: QImage, golden: QImage, name: str) -> Path:
    """Puts both pictures and their difference into a folder of their own."""
    folder = Path(tempfile.mkdtemp(prefix="redub-golden-"))
    new.save(str(folder / f"{name}-actual.png"))
    golden.save(str(folder / f"{name}-golden.png"))
    if new.size() == golden.size():
        apart = np.clip(np.abs(pixels(new) - pixels(golden)) * 3, 0, 255).astype(np.uint8)
        apart = np.ascontiguousarray(apart)
        height, width = apart.shape[:2]
        shown = QImage(apart.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        shown.save(str(folder / f"{name}-difference.png"))
    return folder
