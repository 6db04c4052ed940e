"""The square pictures of the attention dock: the generated face, and references."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.kit import palette
from app.ui.panels.attention.marks import GREEN
from app.ui.panels.attention.overlay import draw_grid, draw_patch
from app.ui.panels.attention.style import Patch

_ARROWS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_OWN_KEYS = {*_ARROWS, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape}
_RIM = 3.0
"""Pixels around the picture for the focus ring."""
_PALE = 0.55
"""Opacity of a picture beside the emphasised one."""


class CropView(QWidget):
    """A square picture with a grid of patches over it, as large as the widget lets it be."""

    hovered = Signal(object)
    """(column, row) under the mouse, or None when it leaves."""
    clicked = Signal(int, int)
    """(column, row)"""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setMouseTracking(True)
        self.setMinimumSize(80, 80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._picture, self._map = QImage(), QImage()
        self._side, self._opacity = 0, 1.0
        self._grid, self._smooth, self._stale = False, False, False
        self._emphasis: bool | None = None
        self._patch: Patch | None = None
        self._under: Patch | None = None

    def sizeHint(self) -> QSize:  # noqa: N802
        """The least that shows something."""
        return self.minimumSize()

    def set_picture(self, picture: QImage, side: int) -> None:
        """A square picture with `side` patches along each edge; a null one for none."""
        self._picture, self._side = picture, side
        self.update()

    def set_map(self, image: QImage, opacity: float, smooth: bool) -> None:
        """The map over the picture; a null image for none."""
        self._map, self._opacity, self._smooth = image, opacity, smooth
        self.update()

    def set_patch(self, patch: Patch | None, grid: bool) -> None:
        """The patch with the green square around it, and whether the grid is drawn."""
        self._patch, self._grid = patch, grid
        self.update()

    def set_emphasis(self, emphasis: bool | None) -> None:
        """Frames the picture, or makes it paler where another one is framed; None does neither."""
        self._emphasis = emphasis
        self.update()

    def set_stale(self, stale: bool) -> None:
        """Dims what belongs to another frame than the playhead's."""
        self._stale = stale
        self.update()

    def square(self) -> QRectF:
        """Where the picture is, in pixels of the widget."""
        side = max(1.0, min(self.width(), self.height()) - 2 * _RIM)
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def patch_at(self, at: QPointF) -> Patch | None:
        """(column, row) at a place of the widget; None beside the picture or without one."""
        square = self.square()
        if self._picture.isNull() or not square.contains(at) or self._side == 0:
            return None
        step = square.width() / self._side
        column, row = int((at.x() - square.left()) // step), int((at.y() - square.top()) // step)
        return min(column, self._side - 1), min(row, self._side - 1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Tells the patch under the mouse, once for each."""
        self._hover(self.patch_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Tells that the mouse left."""
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Tells which patch was clicked."""
        patch = self.patch_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and patch is not None:
            self.clicked.emit(*patch)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Picture, map, grid, picked patch, the patch under the mouse and the focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        square = self.square()
        if not self._picture.isNull():
            self._paint_picture(painter, square, 0.4 if self._stale else 1.0)
            painter.setOpacity(1.0)
        if self.hasFocus():
            painter.setPen(QPen(QColor(palette.FOCUS), 2))
            painter.drawRect(square.adjusted(-1.5, -1.5, 1.5, 1.5))
        painter.end()

    def _paint_picture(self, painter: QPainter, square: QRectF, opacity: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(opacity * (_PALE if self._emphasis is False else 1.0))
        painter.drawImage(square, self._picture)
        if not self._map.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._smooth)
            painter.setOpacity(opacity * self._opacity)
            painter.drawImage(square, self._map)
        painter.setOpacity(opacity)
        if self._emphasis:
            painter.setPen(QPen(GREEN, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(square.adjusted(-1, -1, 1, 1))
        self._paint_cells(painter, square)

    def _paint_cells(self, painter: QPainter, square: QRectF) -> None:
        """Grid, picked patch and the patch under the mouse."""
        if self._grid:
            draw_grid(painter, square, self._side)
        if self._under is not None and self._under != self._patch:
            draw_patch(painter, square, self._side, self._under, QColor(255, 255, 255))
        if self._patch is not None:
            draw_patch(painter, square, self._side, self._patch, GREEN)

    def _hover(self, patch: Patch | None) -> None:
        if patch != self._under:
            self._under = patch
            self.update()
            self.hovered.emit(patch)


class GeneratedView(CropView):
    """The generated face, whose patches are picked by mouse or keyboard."""

    moved = Signal(int, int)
    """(columns, rows) by which an arrow key moves the picked patch."""
    pin_wanted = Signal(object)
    """True or False to pin or let go, None to change over."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(name, title, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def event(self, event: QEvent) -> bool:
        """Keeps the arrow keys from the window's shortcuts while the picture has the keyboard."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrow keys move the picked patch, Return pins it or lets it go, Escape lets it go."""
        if not _is_own(event):
            super().keyPressEvent(event)
        elif event.key() in _ARROWS:
            self.moved.emit(*_ARROWS[event.key()])
        elif event.key() == Qt.Key.Key_Escape:
            self.pin_wanted.emit(False)
            self.clearFocus()  # the arrow keys are the window's again
        else:
            self.pin_wanted.emit(None)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Shows the focus ring when the keyboard comes here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Hides the focus ring when the keyboard leaves."""
        super().focusOutEvent(event)
        self.update()


def _is_own(event: QKeyEvent) -> bool:
    """Whether a key means something here; with a modifier it is the window's."""
    plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return plain == Qt.KeyboardModifier.NoModifier and event.key() in _OWN_KEYS
