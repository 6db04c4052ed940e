"""One lane of the waveform view: a sound's channels, its bands and the playhead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from app.engine.sound.peaks import PeakPyramid
from app.ui.kit import palette
from app.ui.panels.waveform.bands import Band, BandsItem
from app.ui.panels.waveform.columns import Run, Trace, traces

Spans = NDArray[np.float64]
"""n x 2: starts and stops in seconds."""

STRIP = 0.16
"""Height of the strip of speech and silence; a lane reaches from -1 to 1, the strip lies below."""
_ROOM = 0.04


class Lane(pg.PlotItem):
    """A sound in the clip's time; x is seconds of the clip."""

    def __init__(self, name: str, axis: pg.AxisItem | None) -> None:
        """Without an `axis` no time is written under it; `set_colour` must follow."""
        super().__init__(axisItems={"bottom": axis} if axis is not None else {})
        self.name_, self._colour = name, palette.TEXT
        self._peaks: PeakPyramid | None = None
        self._seconds = 0.0
        self._curves: list[pg.PlotDataItem] = []
        self._segments = BandsItem(-1 - STRIP, 1)
        self._speech = BandsItem(-1 - STRIP, -1 - _ROOM)
        self._veil = BandsItem(-1 + _ROOM, 1)
        self._playhead = pg.InfiniteLine(0)
        self._middles: list[pg.InfiniteLine] = []
        self._set_up(axis is not None)

    def _set_up(self, with_axis: bool) -> None:
        for item in (self._segments, self._speech, self._veil, self._playhead):
            self.addItem(item, ignoreBounds=True)
        self._segments.setZValue(-10)
        self._veil.setZValue(5)
        self._playhead.setZValue(10)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.showAxis("left", False)
        self.showAxis("bottom", with_axis)
        box = self.box
        box.setMouseEnabled(False, False)
        box.setDefaultPadding(0)
        box.disableAutoRange()
        box.setYRange(-1 - STRIP, 1.02, padding=0)

    def set_colour(self, colour: str) -> None:
        """Draws the wave in a colour, and all else in those of the theme."""
        self._colour = colour
        self._playhead.setPen(pg.mkPen(palette.PLAYHEAD, width=1.5))
        self.box.setBorder(pg.mkPen(palette.LINE))
        for curve in self._curves:
            curve.setPen(pg.mkPen(colour, width=1))
        for line in self._middles:
            line.setPen(_middle_pen())

    @property
    def box(self) -> pg.ViewBox:
        """What maps seconds to the screen."""
        return self.getViewBox()

    @property
    def peaks(self) -> PeakPyramid | None:
        """The peaks of the sound that is drawn."""
        return self._peaks

    def set_peaks(self, peaks: PeakPyramid | None) -> None:
        """Another sound, or more of it; `draw` shows it."""
        self._peaks = peaks
        self._set_middles(0 if peaks is None else peaks.channels)

    @property
    def playhead(self) -> float:
        """Where the line is, in seconds."""
        return self._seconds

    def set_playhead(self, seconds: float) -> None:
        """Moves the playhead's line to a time."""
        self._seconds = seconds
        self._playhead.setValue(seconds)

    def set_segments(self, bands: Sequence[Band]) -> None:
        """Shades stretches behind the wave."""
        self._segments.set_bands(bands)

    def set_veil(self, bands: Sequence[Band]) -> None:
        """Dims stretches of the wave."""
        self._veil.set_bands(bands)

    def set_speech(self, bands: Sequence[Band]) -> None:
        """Fills the strip under the wave."""
        self._speech.set_bands(bands)

    def draw(self, runs: Iterable[Run], pixel: float) -> None:
        """Draws the wave where the runs lie; `pixel` seconds of the clip lie under one pixel of the screen."""
        drawn = list(self._traces(list(runs), pixel))
        while len(self._curves) < len(drawn):
            self._curves.append(self._new_curve())
        for number, curve in enumerate(self._curves):
            if number < len(drawn):
                self._show(curve, drawn[number])
            else:
                curve.setData([], [])

    def _traces(self, runs: list[Run], pixel: float) -> Iterable[Trace]:
        peaks = self._peaks
        for channel in range(0 if peaks is None else peaks.channels):
            assert peaks is not None
            middle, height = _place(channel, peaks.channels)
            for trace in traces(peaks, channel, runs, pixel):
                yield Trace(trace.x, middle + height * np.clip(trace.y, -1, 1), trace.pairs, trace.dots)

    def _new_curve(self) -> pg.PlotDataItem:
        curve = pg.PlotDataItem(pen=pg.mkPen(self._colour, width=1), autoDownsample=False, skipFiniteCheck=True)
        curve.setZValue(0)
        self.addItem(curve, ignoreBounds=True)
        return curve

    def _show(self, curve: pg.PlotDataItem, trace: Trace) -> None:
        dots: dict[str, Any] = {"symbol": None}
        if trace.dots:
            dots = {"symbol": "o", "symbolSize": 5, "symbolPen": None, "symbolBrush": QColor(self._colour)}
        curve.setData(trace.x, trace.y, connect="pairs" if trace.pairs else "all", **dots)

    def _set_middles(self, channels: int) -> None:
        """A thin line at every channel's zero."""
        for line in self._middles:
            self.removeItem(line)
        places = [_place(channel, channels)[0] for channel in range(channels)]
        self._middles = [pg.InfiniteLine(place, angle=0, pen=_middle_pen()) for place in places]
        for line in self._middles:
            line.setZValue(-5)
            self.addItem(line, ignoreBounds=True)


def _middle_pen() -> QPen:
    return pg.mkPen(palette.LINE, style=Qt.PenStyle.DotLine)


def _place(channel: int, channels: int) -> tuple[float, float]:
    """Where a channel's zero lies in the lane, and how high its full scale is."""
    return (0.0, 0.96) if channels == 1 else (0.5 - channel, 0.47)


def speech_bands(
    activity: Spans, runs: Sequence[Run], duration: float, colour: str, pixel: float = 0.0
) -> tuple[Band, ...]:
    """Speech filled and silence hatched, where the sound lies in the runs; pauses of less than `pixel` seconds are not.

    `activity` holds starts and stops (n x 2) in seconds of the sound, which lasts `duration`.
    """
    activity = _joined(activity, pixel)
    bands: list[Band] = []
    for run in runs:
        low, high = max(run.start, run.offset), min(run.stop, run.offset + duration)
        first = int(np.searchsorted(activity[:, 1], low - run.offset))
        last = int(np.searchsorted(activity[:, 0], high - run.offset))
        position = low
        for start, stop in activity[first:last] + run.offset:
            start, stop = max(float(start), low), min(float(stop), high)
            bands += [*_silence(position, start), Band(start, stop, colour, 0.9)]
            position = stop
        bands += _silence(position, high)
    return tuple(bands)


def _joined(spans: Spans, gap: float) -> Spans:
    """The spans with neighbours less than `gap` apart made one."""
    if len(spans) < 2:
        return spans
    apart = spans[1:, 0] - spans[:-1, 1] >= gap
    return np.stack([spans[np.append(True, apart), 0], spans[np.append(apart, True), 1]], axis=1)


def _silence(start: float, stop: float) -> list[Band]:
    return [Band(start, stop, palette.MUTED_TEXT, 0.55, Qt.BrushStyle.BDiagPattern)] if stop > start else []
