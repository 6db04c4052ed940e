"""The colour map's scale, with shares beside it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.kit import palette
from app.ui.panels.attention.colours import bar_image
from app.ui.panels.attention.style import MapStyle
from app.ui.panels.attention.values import Scale

_TICK = 4.0
_GAP = 3.0
"""Pixels of a mark and between mark and number."""

_HINT = "Which colour stands for which share of the patch's attention; all shares make 100 %"
_MASK_HINT = "Which colour stands for how much of a pixel was drawn; the rest was fetched"


class ScaleBar(QWidget):
    """Which colour stands for which share; it lies down."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("attentionScale")
        self.setAccessibleName("Scale of the attention map")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._scale: Scale | None = None
        self._style = MapStyle()

    def set_scale(self, scale: Scale | None, style: MapStyle) -> None:
        """The scale in use; None while there is no map."""
        self._scale, self._style = scale, style
        if scale is not None:
            texts = scale.texts()
            self.setAccessibleDescription(f"{style.colours}, from {texts[0][1]} to {texts[-1][1]}")
            self.setToolTip(_HINT if scale.ends is None else _MASK_HINT)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """A bar and a line of numbers."""
        return QSize(200, round(bar_height(QFontMetricsF(self.font()))))

    minimumSizeHint = sizeHint  # noqa: N815

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draws the bar, its marks and their numbers."""
        if self._scale is None:
            return
        painter = QPainter(self)
        paint_scale(painter, QRectF(self.rect()), self._scale, self._style, QColor(palette.TEXT))
        painter.end()


def bar_height(metrics: QFontMetricsF) -> float:
    """Pixels that a lying bar with its numbers takes."""
    return 2.2 * metrics.height() + _TICK + _GAP


def paint_scale(painter: QPainter, area: QRectF, scale: Scale, style: MapStyle, line_colour: QColor) -> None:
    """A lying bar at the top of `area`, marks and numbers below, in the painter's font."""
    metrics = QFontMetricsF(painter.font())
    room = metrics.horizontalAdvance("0.000 %") / 2
    bar = QRectF(area.left() + room, area.top() + 1, area.width() - 2 * room, 0.9 * metrics.height())
    painter.drawImage(bar, bar_image(style, upright=False))
    painter.setPen(QPen(line_colour, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(bar)
    for at, text in _kept(scale.texts(), bar.width(), metrics):
        x = bar.left() + at * bar.width()
        painter.drawLine(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + _TICK))
        width = metrics.horizontalAdvance(text)
        left = min(max(x - width / 2, area.left()), area.right() - width)
        painter.drawText(QPointF(left, bar.bottom() + _TICK + _GAP + metrics.ascent()), text)


def _kept(ticks: list[tuple[float, str]], width: float, metrics: QFontMetricsF) -> list[tuple[float, str]]:
    """As many marks as have room for their texts: all, every other one, or the ends."""
    fit = int(width // (metrics.horizontalAdvance("0.000 %") + 8)) + 1
    if fit >= len(ticks):
        return ticks
    every = 2 if fit >= (len(ticks) + 1) // 2 else len(ticks) - 1
    return ticks[::every]
