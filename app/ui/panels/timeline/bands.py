"""Rows that say one thing for each column of pixels, drawn as one image however many stretches they come from."""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from app.ui.panels.timeline.paint_tools import colour
from app.ui.panels.timeline.scale import TimeScale
from app.ui.panels.timeline.spans import Spans

Pattern = Literal["solid", "hatched", "dotted", "boxed"]


class Columns:
    """The device's columns of pixels between two pixels of a widget."""

    def __init__(self, painter: QPainter, scale: TimeScale, left: int, right: int) -> None:
        self.ratio = painter.device().devicePixelRatioF()
        self.left = left
        self.scale = TimeScale(scale.scroll, scale.zoom * self.ratio, round(scale.width * self.ratio))
        """The same line from seconds to the device's columns."""
        self.first, self.stop = round(left * self.ratio), round(right * self.ratio)
        self.origin = round(scale.scroll * self.scale.zoom)
        self.numbers = np.arange(self.first, self.stop, dtype=np.int64) + self.origin
        """Counted from the clip's start."""

    def __len__(self) -> int:
        """How many bands there are."""
        return len(self.numbers)

    def covered(self, spans: Spans) -> NDArray[np.bool_]:
        """For each column, whether any stretch touches it."""
        return spans.columns(self.scale, self.first, self.stop)

    def draw(self, painter: QPainter, pixels: NDArray[np.uint32], top: float) -> None:
        """Draws rows x columns pixels (premultiplied ARGB) without scaling them."""
        height, width = pixels.shape
        if not width or not height:
            return
        pixels = np.ascontiguousarray(pixels)
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(self.ratio)
        painter.drawImage(QPointF(self.left, top), image)


class Band(msgspec.Struct, frozen=True, eq=False):
    """What a row says in some of its columns."""

    columns: NDArray[np.bool_]
    colour: str
    pattern: Pattern = "solid"
    ground: str = ""
    """The colour between the pattern's lines."""


@cache
def pixel_of(name: str, opacity: float = 1.0) -> np.uint32:
    """A colour of the palette as premultiplied ARGB."""
    made = colour(name, opacity)
    alpha = made.alpha()
    red, green, blue = (round(part * alpha / 255) for part in (made.red(), made.green(), made.blue()))
    return np.uint32((alpha << 24) | (red << 16) | (green << 8) | blue)


def paint_bands(painter: QPainter, columns: Columns, bands: list[Band], top: int, height: int) -> None:
    """Draws a row; where bands overlap, the last one shows."""
    rows = max(1, round(height * columns.ratio))
    row = np.zeros(len(columns), np.uint32)
    for band in bands:
        row[band.columns] = pixel_of(band.ground or band.colour)
    pixels = np.repeat(row[None, :], rows, axis=0)
    for number, band in enumerate(bands):
        if band.pattern != "solid":
            _draw_pattern(pixels, columns, band, bands[number + 1 :])
    columns.draw(painter, pixels, top)


def _draw_pattern(pixels: NDArray[np.uint32], columns: Columns, band: Band, later: list[Band]) -> None:
    """Puts the lines of a pattern over its ground, where no later band lies."""
    shown = band.columns.copy()
    for over in later:
        shown &= ~over.columns
    chosen = np.flatnonzero(shown)
    if len(chosen):
        lines = _lines(band.pattern, len(pixels), columns.numbers[chosen], columns.ratio)
        pixels[:, chosen] = np.where(lines, pixel_of(band.colour), pixels[:, chosen])


def _lines(pattern: Pattern, rows: int, numbers: NDArray[np.int64], ratio: float) -> NDArray[np.bool_]:
    """Rows x columns, True where the pattern has its colour; fixed to the clip, so that it scrolls with it."""
    y, x = np.arange(rows)[:, None], numbers[None, :]
    unit = max(1, round(ratio))
    if pattern == "dotted":
        return ((x // unit + y // unit) % 2 == 0) & (y // unit % 2 == 0)
    hatched = (x + y) % (6 * unit) < 2 * unit
    return hatched if pattern == "hatched" else hatched | (y < unit) | (y >= rows - unit)
