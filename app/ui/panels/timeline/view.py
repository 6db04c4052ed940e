"""The timeline's view: the picture of the scene, its scroll bars, and Qt's events for whoever acts on them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.core.timebase import TimeRange
from app.engine.media.clip import Clip
from app.ui.kit.text import empty_text
from app.ui.panels.timeline.headers import LaneHeaders
from app.ui.panels.timeline.lanes import LaneLayout, lay_out
from app.ui.panels.timeline.model import TimelineModel
from app.ui.panels.timeline.navigation import Navigation
from app.ui.panels.timeline.paint import paint_empty, paint_focus, paint_scene
from app.ui.panels.timeline.scale import ZOOM_STEP
from app.ui.panels.timeline.scene import Feedback, Hit, Scene
from app.ui.panels.timeline.thumbnail_requests import ThumbnailRequests
from app.ui.session import Session

_NOTCH = 120
"""What a wheel's notch is counted as, in eighths of a degree."""
_NOTCH_PIXELS = 90
"""How far a notch scrolls."""


class TimelineView(QAbstractScrollArea):
    """Seconds across, lanes down."""

    mouse_pressed = Signal(object)
    """QMouseEvent, as of the next three."""
    mouse_moved = Signal(object)
    mouse_released = Signal(object)
    double_clicked = Signal(object)
    cursor_left = Signal()
    tooltip_wanted = Signal(object)
    """QHelpEvent."""
    menu_wanted = Signal(object)
    """QContextMenuEvent."""

    def __init__(self, session: Session, model: TimelineModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._model = session, model
        self._lanes: LaneLayout = lay_out(self._line(), 1)
        self.navigation = Navigation(session, self.viewport())
        self.thumbnail_requests = ThumbnailRequests(self, self.scene)
        self.headers = LaneHeaders(self)
        self.headers.hide()
        self.setAccessibleName("Timeline")
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setObjectName("timelineSurface")
        self.horizontalScrollBar().valueChanged.connect(self.navigation.scroll_to)
        self.verticalScrollBar().valueChanged.connect(self._lay_out)
        self.navigation.settled.connect(self._place_bar)
        self.navigation.scale_changed.connect(self.thumbnail_requests.schedule)

    @property
    def lanes(self) -> LaneLayout:
        """Where the lanes are."""
        return self._lanes

    def scene(self) -> Scene | None:
        """What is to be drawn; None without a clip."""
        return self._model.scene(self.navigation.scale, self._lanes)

    def show_clip(self, clip: Clip | None) -> None:
        """Another clip, at the place that the session remembers; or none."""
        view = self._session.view  # laying out the lanes tells the session of another one
        self.navigation.set_clip(clip)
        self.setViewportMargins(0 if clip is None else self.headers.wanted_width, 0, 0, 0)
        self.headers.setVisible(clip is not None)
        self._fit_size()
        self.navigation.restore(view.scroll, view.zoom)
        self.thumbnail_requests.ask_again()

    def set_cursor(self, shape: Qt.CursorShape) -> None:
        """The cursor over the lanes."""
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    def set_hover(self, hit: Hit | None) -> None:
        """Lights up what the cursor is over, where that is to be seen."""
        old, self._model.hover = self._model.hover, hit
        if _lit(old) != _lit(hit):
            self.viewport().update()

    def set_feedback(self, feedback: Feedback | None) -> None:
        """What the drag under way tells."""
        if feedback != self._model.feedback:
            self._model.feedback = feedback
            self.viewport().update()

    def set_band(self, band: TimeRange | None) -> None:
        """The stretch that a rubber band encloses."""
        if band != self._model.band:
            self._model.band = band
            self.viewport().update()

    def empty_message(self) -> str:
        """What stands here without a clip: a line, and a smaller one."""
        return "\n".join(empty_text(self._session.project.clip))

    def pan(self, pixels: QPointF) -> None:
        """Scrolls in both directions by so many pixels."""
        self.navigation.scroll_by(pixels.x())
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + round(pixels.y()))

    def span_rect(self, x: float, reach: float) -> QRect:
        """The upright strip of the viewport around a pixel."""
        return QRect(round(x - reach), 0, round(2 * reach) + 1, self.viewport().height())

    def keyboard_position(self) -> QPoint:
        """Where a menu opens by key: the selected segment as far as it is in sight, else the playhead on the ruler."""
        scene = self.scene()
        if scene is None:
            return QPoint(0, 0)
        selected = None if scene.selection is None else scene.project.segment(scene.selection)
        width = scene.scale.width
        if selected is None:
            return QPoint(round(scene.scale.x_of(scene.playhead)), scene.layout["ruler"].middle)
        first, stop = (scene.scale.x_of(edge) for edge in (selected.range.start, selected.range.stop))
        middle = (min(max(first, 0), width) + min(max(stop, 0), width)) / 2
        return QPoint(round(middle), scene.layout["segments"].middle)

    @Slot()
    def _place_bar(self) -> None:
        limits, scale, bar = self.navigation.limits, self.navigation.scale, self.horizontalScrollBar()
        if limits is None:
            return
        with QSignalBlocker(bar):
            bar.setRange(0, round(limits.last_scroll(scale.zoom) * scale.zoom))
            bar.setPageStep(scale.width)
            bar.setSingleStep(_NOTCH_PIXELS // 3)
            bar.setValue(round(scale.scroll * scale.zoom))
        bar.update()

    def _line(self) -> int:
        return max(8, self.fontMetrics().height())

    @Slot()
    def _lay_out(self) -> None:
        """Lanes for the height there is, and their names beside them."""
        available = self.viewport().height()
        natural = lay_out(self._line(), available).natural
        bar = self.verticalScrollBar()
        bar.setRange(0, 0 if self.navigation.limits is None else max(0, natural - available))
        bar.setPageStep(max(1, available))
        bar.setSingleStep(self._line() * 2)
        self._lanes = lay_out(self._line(), available, bar.value())
        width, beside = self.viewportMargins().left(), self.viewport().geometry()
        self.headers.setGeometry(beside.left() - width, beside.top(), width, beside.height())
        self.headers.set_layout(self._lanes)
        self.thumbnail_requests.schedule()
        self.viewport().update()

    def _fit_size(self) -> None:
        """Lanes and scale for the size of the viewport."""
        self._lay_out()
        self.navigation.resize()

    # Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Lanes and scale go with the size."""
        super().resizeEvent(event)
        self._fit_size()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802
        """Nothing is moved by pixels: the scale says what is drawn."""

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Ctrl zooms at the cursor; without it, along the time; Shift goes up and down where lanes are hidden."""
        angle, pixels = event.angleDelta(), event.pixelDelta()
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.navigation.zoom_by(ZOOM_STEP ** ((angle.y() or angle.x()) / _NOTCH), event.position().x())
        elif modifiers & Qt.KeyboardModifier.ShiftModifier and self.verticalScrollBar().maximum() > 0:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - round((angle.y() or angle.x()) / _NOTCH * self._line() * 2))
        else:
            along = pixels if not pixels.isNull() else angle * _NOTCH_PIXELS / _NOTCH
            # a wheel without a second axis goes along the time; a touch pad does both
            self.navigation.scroll_by(-(along.x() if abs(along.x()) > abs(along.y()) else along.y()))
        event.accept()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The frozen lanes and one more."""
        return QSize(self._line() * 20, self._lanes.head + self._line() * 4)

    def sizeHint(self) -> QSize:  # noqa: N802
        """All lanes at their least height."""
        return QSize(self._line() * 60, lay_out(self._line(), 1).natural + self.horizontalScrollBar().height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draws what is exposed."""
        painter = QPainter(self.viewport())
        scene = self.scene()
        if scene is None:
            paint_empty(painter, self.viewport().rect(), self.empty_message())
        else:
            paint_scene(painter, scene, event.rect())
        if self.hasFocus():
            paint_focus(painter, self.viewport().rect())

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Shows the focus ring when the keyboard comes here."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Takes the ring away."""
        super().focusOutEvent(event)
        self.viewport().update()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Nothing ticks while nobody looks."""
        self.thumbnail_requests.stop()
        super().hideEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Leaves keys to the panel: the base class would scroll by the arrow keys, which the window uses for frames."""
        event.ignore()

    def event(self, event: QEvent) -> bool:
        """Another screen has other pixels."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._fit_size()
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """Tooltips, and the cursor leaving."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self.tooltip_wanted.emit(event)
            return True
        if event.type() == QEvent.Type.Leave:
            self.cursor_left.emit()
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Tells of a press (`mouse_pressed`)."""
        self.mouse_pressed.emit(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Tells of a move (`mouse_moved`)."""
        self.mouse_moved.emit(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Tells of a release (`mouse_released`)."""
        self.mouse_released.emit(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Tells of a double click (`double_clicked`)."""
        self.double_clicked.emit(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Tells that a menu is wanted (`menu_wanted`)."""
        self.menu_wanted.emit(event)


def _lit(hit: Hit | None) -> object:
    """What of a hit changes the picture: the segment, or the stretch without a face."""
    if hit is None:
        return None
    return hit.id if hit.id is not None else hit.time if hit.kind == "faceless" else None
