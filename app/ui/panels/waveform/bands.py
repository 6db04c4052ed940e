"""Stretches of time as filled bands in a lane: segments behind the waveform, speech and silence under it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction

import msgspec
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.core.project import Project
from app.core.timebase import TimeRange, complement_ranges
from app.ui.kit import palette

VEIL = 0.55
"""How much of the voice is hidden where it is not heard."""
_ENDLESS = Fraction(10**6)
EDGE_PIXELS = 4
"""Width in pixels from which a band's ends have lines."""


class Band(msgspec.Struct, frozen=True):
    """A stretch to fill."""

    start: float
    """Seconds of the clip."""
    stop: float
    fill: str
    """A colour, "#rrggbb"."""
    opacity: float = 1.0
    """0 to 1."""
    pattern: Qt.BrushStyle = Qt.BrushStyle.SolidPattern
    edges: bool = False
    """Whether its ends have lines in full colour."""


class BandsItem(pg.GraphicsObject):
    """Bands between two heights of the lane; only those in sight are painted."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self._low, self._high = low, high
        self._bands: Sequence[Band] = ()
        self._starts: list[float] = []
        self._bounds = QRectF()

    def set_bands(self, bands: Sequence[Band]) -> None:
        """Other bands: in order, not overlapping."""
        if bands == self._bands:
            return
        self.prepareGeometryChange()
        self._bands = bands
        self._starts = [band.start for band in bands]
        if bands:
            self._bounds = QRectF(bands[0].start, self._low, bands[-1].stop - bands[0].start, self._high - self._low)
        else:
            self._bounds = QRectF()
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        """The rectangle that encloses all bands."""
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Those in sight; neighbours of one kind that a pixel cannot tell apart as one."""
        view = self.viewRect()
        if view is None or not self._bands:
            return
        pixel = 1 / max(abs(painter.worldTransform().m11()), 1e-9)
        first = max(bisect_right(self._starts, view.left()) - 1, 0)
        last = bisect_left(self._starts, view.right())
        for band in _coarse(self._bands[first:last], pixel):
            self._paint_band(painter, band, view, pixel)

    def _paint_band(self, painter: QPainter, band: Band, view: QRectF, pixel: float) -> None:
        start, stop = max(band.start, view.left() - view.width()), min(band.stop, view.right() + view.width())
        if stop <= start:
            return
        colour = QColor(band.fill)
        colour.setAlphaF(band.opacity)
        brush = QBrush(colour, band.pattern)
        if band.pattern != Qt.BrushStyle.SolidPattern:
            # a pattern is made of the screen's pixels, not of seconds
            inverse, possible = painter.transform().inverted()
            if possible:
                brush.setTransform(inverse)
        painter.fillRect(QRectF(start, self._low, stop - start, self._high - self._low), brush)
        if band.edges and band.stop - band.start > EDGE_PIXELS * pixel:
            painter.setPen(QPen(QColor(band.fill), 0))
            for x in (band.start, band.stop):
                painter.drawLine(pg.Point(x, self._low), pg.Point(x, self._high))


def _coarse(bands: Sequence[Band], pixel: float) -> Iterator[Band]:
    """The bands with those made one that look alike and are less than a pixel long and apart."""
    held: Band | None = None
    for band in bands:
        if (
            held is not None
            and _alike(held, band)
            and band.stop - band.start < pixel
            and band.start - held.stop < pixel
        ):
            held = msgspec.structs.replace(held, stop=band.stop)
            continue
        if held is not None:
            yield held
        held = band
    if held is not None:
        yield held


def _alike(one: Band, other: Band) -> bool:
    return (one.fill, one.opacity, one.pattern) == (other.fill, other.opacity, other.pattern)


def segment_bands(project: Project, chosen: Collection[int]) -> tuple[Band, ...]:
    """Every segment; the selected ones stand out."""
    bands: list[Band] = []
    for segment in project.segments or ():
        selected = segment.id in chosen
        colour, opacity = (palette.SEGMENT_SELECTED, 0.55) if selected else (palette.SEGMENT, 0.4)
        bands.append(Band(float(segment.range.start), float(segment.range.stop), colour, opacity, edges=True))
    return tuple(bands)


def unheard_bands(project: Project) -> tuple[Band, ...]:
    """Where the voice is not heard, as no segment is there; nowhere where all of the clip is dubbed."""
    if project.segments is None:
        return ()
    gaps = complement_ranges((segment.range for segment in project.segments), TimeRange(-_ENDLESS, _ENDLESS))
    return tuple(Band(float(gap.start), float(gap.stop), palette.BACKGROUND, VEIL) for gap in gaps)
