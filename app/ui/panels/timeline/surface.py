"""The timeline's surface: Qt's events in, the painters' picture out."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QHelpEvent, QHideEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from app.ui.panels.timeline.describe import describe_hit
from app.ui.panels.timeline.headers import LaneHeaders
from app.ui.panels.timeline.hit_testing import hit_test
from app.ui.panels.timeline.model import TimelineModel
from app.ui.panels.timeline.paint import paint_empty, paint_focus, paint_scene
from app.ui.panels.timeline.scale import TimeScale
from app.ui.panels.timeline.scene import Feedback, Hit, Scene
from app.ui.panels.timeline.view import TimeView
from app.ui.session import Session

_AUTOSCROLL_MS = 25
_AUTOSCROLL_MOST = 60.0
_THUMBNAILS_MS = 40


class Surface(TimeView):
    """Draws the scene and asks for pictures; subclasses say what the mouse does."""

    thumbnails_wanted = Signal(list)
    """Indices of frames, the most wanted first; see `thumbnail_height`. The newest list replaces the one before."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._model = TimelineModel(session)
        self._wanted: list[int] = []
        self._autoscroll_x = 0.0
        self._headers = LaneHeaders(self)
        self._headers.hide()
        self._autoscroll = QTimer(self, interval=_AUTOSCROLL_MS)
        self._autoscroll.timeout.connect(self._autoscroll_on)
        self._asking = QTimer(self, interval=_THUMBNAILS_MS, singleShot=True)
        self._asking.timeout.connect(self._ask_thumbnails)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setObjectName("timelineSurface")
        self.scale_changed.connect(self._scale_changed)

    @property
    def session(self) -> Session:
        """What is open."""
        return self._session

    @property
    def thumbnail_height(self) -> int:
        """Pixels of the device that a picture of the video lane is tall: what to ask the thumbnail thread for."""
        return round(self.lane_layout["video"].height * self.devicePixelRatioF())

    def scene(self) -> Scene | None:
        """What is to be drawn; None without a clip."""
        return self._model.scene(self.time_scale, self.lane_layout)

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

    def empty_message(self) -> str:
        """What stands here without a clip: a line, and a smaller one."""
        return "No video yet\nDrop a video here, or choose one with Ctrl+Shift+O"

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
        """Shows the ring."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Takes the ring away."""
        super().focusOutEvent(event)
        self.viewport().update()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Nothing ticks while nobody looks."""
        self._autoscroll.stop()
        self._asking.stop()
        super().hideEvent(event)

    def event(self, event: QEvent) -> bool:
        """Another screen has other pixels."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._fit_size()
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """Tooltips, and the cursor leaving."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tooltip(event)
            return True
        if event.type() == QEvent.Type.Leave and not self.dragging():
            self.set_hover(None)
        return super().viewportEvent(event)

    def tooltip_at(self, position: QPointF) -> str:
        """What is told of the thing at a point of the surface."""
        scene = self.scene()
        return "" if scene is None else describe_hit(scene, hit_test(scene, position.x(), position.y()))

    def _show_tooltip(self, event: QHelpEvent) -> None:
        text = "" if self.dragging() else self.tooltip_at(QPointF(event.pos()))
        if text:
            QToolTip.showText(event.globalPos(), text, self.viewport())
        else:
            QToolTip.hideText()

    def dragging(self) -> bool:
        """Whether a button is down on something."""
        return False

    def drag_follows(self) -> None:
        """The lanes scrolled under a drag."""

    def autoscroll_towards(self, x: float, wanted: bool) -> None:
        """Scrolls on its own while a drag has left the surface at one side."""
        outside = x < 0 or x >= self.viewport().width()
        self._autoscroll_x = x
        if wanted and outside:
            if not self._autoscroll.isActive():
                self._autoscroll.start()
        else:
            self._autoscroll.stop()

    @Slot()
    def _autoscroll_on(self) -> None:
        x, width = self._autoscroll_x, self.viewport().width()
        gone = x if x < 0 else x - width
        self.scroll_by(max(-_AUTOSCROLL_MOST, min(_AUTOSCROLL_MOST, gone / 2)))
        self.drag_follows()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Opens the menu of the thing under the cursor, or of the selected segment from the keyboard."""
        if self.dragging():
            return
        mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        position = event.pos() if mouse else self._keyboard_position()
        menu = self.menu_at(QPointF(position))
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.viewport().mapToGlobal(position))

    def menu_at(self, position: QPointF) -> QMenu | None:
        """The menu of the thing at a point; None without a clip."""
        raise NotImplementedError

    def _keyboard_position(self) -> QPoint:
        """The selected segment as far as it is in sight, else the playhead on the ruler."""
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

    def lanes_changed(self) -> None:
        """The names go with the lanes."""
        self._place_headers()
        self._asking.start()

    def _place_headers(self) -> None:
        width, beside = self.viewportMargins().left(), self.viewport().geometry()
        self._headers.setGeometry(beside.left() - width, beside.top(), width, beside.height())
        self._headers.set_layout(self.lane_layout)

    @Slot(object)
    def _scale_changed(self, scale: TimeScale) -> None:
        self._session.set_view(scale.scroll, 0.0 if self.fitted else scale.zoom)
        self._asking.start()

    @Slot()
    def _ask_thumbnails(self) -> None:
        """Tells which pictures are missing: those in sight first, then those a page further on either side."""
        scene = self.scene()
        if scene is None:
            return
        width = self.viewport().width()
        places = [scene.slots.in_sight(scene.scale, left, left + width) for left in (0, width, -width)]
        indices = dict.fromkeys(index for part in places for _, index in part)
        missing = [index for index in indices if not scene.thumbnails.has(index, self.thumbnail_height)]
        if missing and missing != self._wanted:
            self._wanted = missing
            self.thumbnails_wanted.emit(missing)

    def ask_again(self) -> None:
        """Forgets what was asked for, for another clip."""
        self._wanted = []
        self._asking.start()


def _lit(hit: Hit | None) -> object:
    """What of a hit changes the picture: the segment, or the stretch without a face."""
    if hit is None:
        return None
    return hit.id if hit.id is not None else hit.time if hit.kind == "faceless" else None
