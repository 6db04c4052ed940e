"""A peak meter for two channels: it rises at once, falls slowly, and holds the peak for a moment."""

from __future__ import annotations

import math

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, QTimer, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.kit import palette

FLOOR = -60.0
"""dB full scale at the left end."""
LOUD, FULL = -9.0, -1.0
"""dB from which a level is loud (EBU R 68: permitted maximum of programmes), and from which it clips."""
FALL = 24.0
"""dB a second by which it falls (IEC 60268-10, type I: 20 dB in 1.7 s; a little quicker for speech)."""
HOLD_MS = 1200
"""How long the line at the peak stays."""
_FRAME_MS = 33
_GAP = 1
_MARKS = (-40.0, -20.0, LOUD)
"""dB at which a thin line stands."""


class LevelMeter(QWidget):
    """Two bars in dB full scale; nothing ticks while it is silent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("level_meter")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._shown = [FLOOR, FLOOR]
        self._held = [FLOOR, FLOOR]
        self._held_at = [0, 0]
        self._clock = QElapsedTimer()
        self._clock.start()
        self._last = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._fall)
        self._describe()

    @property
    def shown(self) -> tuple[float, float]:
        """dB full scale that the bars show."""
        return self._shown[0], self._shown[1]

    @property
    def held(self) -> tuple[float, float]:
        """dB full scale of the lines at the peaks."""
        return self._held[0], self._held[1]

    @Slot(float, float)
    def set_levels(self, left: float, right: float) -> None:
        """Peaks, 0 to 1 of full scale."""
        now = self._clock.elapsed()
        for channel, peak in enumerate((left, right)):
            level = decibels(peak)
            self._shown[channel] = max(self._shown[channel], level)
            if level >= self._held[channel] and level > FLOOR:
                self._held[channel], self._held_at[channel] = level, now
        if max(self._shown) > FLOOR and not self._timer.isActive():
            self._last = now
            self._timer.start()
        self.update()

    @Slot()
    def _fall(self) -> None:
        now = self._clock.elapsed()
        fallen, self._last = (now - self._last) / 1000 * FALL, now
        for channel in range(2):
            self._shown[channel] = max(FLOOR, self._shown[channel] - fallen)
            if now - self._held_at[channel] > HOLD_MS:
                self._held[channel] = self._shown[channel]
        if max(*self._shown, *self._held) <= FLOOR:
            self._timer.stop()
        self._describe()
        self.update()

    def _describe(self) -> None:
        told = "silent" if max(self._held) <= FLOOR else f"peak {max(self._held):.0f} dB"
        self.setAccessibleName(f"Level of what is heard: {told}")
        self.setToolTip(f"Level of what is heard, left and right, {FLOOR:.0f} to 0 dB: {told}")

    def sizeHint(self) -> QSize:  # noqa: N802
        """A strip of half a line, as wide as there is room."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 12, max(8, metrics.height() // 2))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Both bars, the left channel above."""
        painter = QPainter(self)
        height = (self.height() - _GAP) / 2
        for channel in range(2):
            bar = QRectF(0, channel * (height + _GAP), self.width(), height)
            painter.fillRect(bar, QColor(palette.BACKGROUND))
            self._paint_bar(painter, bar, self._shown[channel])
            if self._held[channel] > FLOOR:
                x = share(self._held[channel]) * bar.width()
                painter.fillRect(QRectF(max(0.0, x - 2), bar.top(), 2, height), QColor(_colour(self._held[channel])))
            for mark in _MARKS:
                painter.fillRect(QRectF(share(mark) * bar.width(), bar.top(), 1, height), QColor(palette.LINE))

    def _paint_bar(self, painter: QPainter, bar: QRectF, level: float) -> None:
        """Up to the level, each part in the colour of its loudness."""
        for low, high in ((FLOOR, LOUD), (LOUD, FULL), (FULL, 0.0)):
            if level > low:
                left, right = share(low) * bar.width(), share(min(level, high)) * bar.width()
                painter.fillRect(QRectF(left, bar.top(), right - left, bar.height()), QColor(_colour(low)))


def decibels(peak: float) -> float:
    """dB full scale of a peak (1 is full scale), not below `FLOOR`."""
    return FLOOR if peak <= 0 else max(FLOOR, min(0.0, 20 * math.log10(peak)))


def share(level: float) -> float:
    """Where a level lies on the meter, 0 left to 1 right; linear in dB."""
    return (level - FLOOR) / -FLOOR


def _colour(level: float) -> str:
    if level >= FULL:
        return palette.ERROR
    return palette.WARNING if level >= LOUD else palette.READY
