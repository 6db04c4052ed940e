"""The preview's picture as a widget: what mouse and keys do on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.engine.preview.mask_shape import FaceBox, MaskShape
from app.ui.kit import palette
from app.ui.panels.preview.badges import Badge, badge_font, spoken
from app.ui.panels.preview.overlays import AttentionOverlay, box_label
from app.ui.panels.preview.scene import Mode, Scene, spread
from app.ui.panels.preview.viewport import STEP, View, Viewport
from app.workers.frame_thread import ShownFrame

NUDGE = 0.02
"""How far a key moves the wipe's line, as a share of the frame's width."""


class PreviewCanvas(QWidget):
    """Shows a `Scene`; `PreviewPane`, which owns it, says what the signals mean."""

    face_clicked = Signal(int)
    patch_clicked = Signal(int, int)
    patch_hovered = Signal(int, int)
    patch_left = Signal()
    view_changed = Signal()
    wipe_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("previewCanvas")
        self.setAccessibleName("Picture")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.scene = Scene()
        self._drag: Literal["pan", "wipe"] | None = None
        self._last = QPointF()
        self._patch: tuple[int, int] | None = None
        self._refresh()

    def sizeHint(self) -> QSize:  # noqa: N802
        """A small 16:9 picture."""
        return QSize(640, 360)

    def set_size(self, size: tuple[int, int] | None) -> None:
        """Width and height of the clip's frames; None where there is no clip. Forgets what was shown."""
        self.scene.start(size)
        self._leave_patch()
        self._refresh_view()

    @Slot(object)
    def set_frame(self, frame: ShownFrame) -> None:
        """Shows a frame; one of another size than the clip's is a left-over and is ignored."""
        if frame.size == self.scene.size:
            self.scene.frame, self.scene.problem = frame, ""
            self.set_mask(frame.mask)

    @Slot(str)
    def set_problem(self, sentence: str) -> None:
        """Why the wanted frame cannot be shown; what is on screen stays until the next frame."""
        self.scene.problem = sentence
        self._refresh()

    def set_mask(self, shape: MaskShape | None) -> None:
        """What part of the frame on screen is pasted over; None shows no mask."""
        self.scene.set_mask(shape)
        self._refresh()

    def set_faces(self, boxes: Sequence[FaceBox]) -> None:
        """The faces to frame; none shows none."""
        self.scene.faces, self.scene.hovered_face = tuple(boxes), None
        self._refresh()

    @Slot(object)
    def set_attention(self, overlay: AttentionOverlay | None) -> None:
        """What the attention panel draws over the frame it belongs to."""
        self.scene.attention = overlay
        if overlay is None:
            self._leave_patch()
        self._refresh()

    def set_badges(self, badges: Sequence[Badge]) -> None:
        """What is to be said of the frame beside what the picture itself tells."""
        self.scene.badges = tuple(badges)
        self._refresh()

    def set_mode(self, mode: Mode) -> None:
        """How original and dubbed picture are shown."""
        self.scene.mode = mode
        self._refresh_view()

    @Slot(bool)
    def hold_original(self, on: bool) -> None:
        """Shows the original as long as a key is held, whatever the mode."""
        self.scene.held = on
        self._refresh_view()

    def set_empty(self, title: str, detail: str = "") -> None:
        """What stands there without a clip."""
        self.scene.empty = title, detail
        self._refresh()

    def set_view(self, view: View) -> None:
        """Looks at another part of the frame."""
        port = self.port()
        self.scene.view = view if port is None else Viewport(port.area, port.frame, view, port.ratio).held()
        self._refresh_view()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Magnifies; what lies at `at` (the middle by default) stays there."""
        port = self.port() if at is None else self._port_at(at)
        if port is not None:
            place = QRectF(*port.area).center() if at is None else at
            self.set_view(port.zoomed(place.x(), place.y(), factor))

    def zoom_to(self, zoom: float | None) -> None:
        """Pixels of the screen for each of the frame's; None fits the frame."""
        port = self.port()
        if zoom is None or port is None:
            self.set_view(View())
        else:
            middle = QRectF(*port.area).center()
            self.set_view(port.zoomed_to(middle.x(), middle.y(), zoom))

    def set_wipe(self, share: float) -> None:
        """Moves the wipe's line: 0 left to 1 right."""
        share = min(max(share, 0.0), 1.0)
        if share != self.scene.wipe:
            self.scene.wipe = share
            self._refresh()
            self.wipe_changed.emit(share)

    def port(self) -> Viewport | None:
        """Where the dubbed picture lies, or the only one; None without a clip."""
        return next(reversed(self._ports().values()), None)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """The scene, and a ring while the keys come here."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(palette.BACKGROUND))
        painter.setFont(badge_font(self.font()))
        self.scene.paint(painter, QRectF(self.rect()), self.devicePixelRatioF())
        if self.hasFocus():
            painter.setPen(QPen(QColor(palette.FOCUS), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Middle: moves the picture. Left: the wipe's line, a patch or a face."""
        at = event.position()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._start_drag("pan", at)
        elif event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        elif self.scene.on_divider(self.port(), at):
            self._start_drag("wipe", at)
        else:
            self._click(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Drags, or tells what is under the cursor."""
        at, port = event.position(), self.port()
        if self._drag is None or port is None:
            self._hover(at)
        elif self._drag == "pan":
            self.set_view(port.panned(at.x() - self._last.x(), at.y() - self._last.y()))
        else:
            self.set_wipe(port.to_frame(at.x(), at.y())[0] / port.frame[0])
        self._last = at

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Ends the drag of the wipe's line or of the picture."""
        if self._drag is not None:
            self._drag, self.scene.wiping = None, False
            self._hover(event.position())
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Middle: fits the picture; left, on the wipe's line: back to the middle."""
        if event.button() == Qt.MouseButton.MiddleButton:
            self.zoom_to(None)
        elif self.scene.on_divider(self.port(), event.position()):
            self.set_wipe(0.5)
        else:
            self.mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Nothing is under the cursor any more."""
        self._leave_patch()
        self._set_hovered_face(None)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zooms at the cursor."""
        notches = event.angleDelta().y() / 120
        if self.scene.size is None or not notches:
            event.ignore()
            return
        self.zoom_by(STEP**notches, event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Ctrl and +, -, 0, 1 zoom; < and > move the wipe's line."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if (control and self._zoom_key(event.key())) or (not control and self._wipe_key(event.key())):
            event.accept()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """A tooltip for what is under the cursor."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def tip_at(self, at: QPointF) -> str:
        """What can be done at a place."""
        if self.scene.on_divider(self.port(), at):
            return "Drag to compare; a double click puts it in the middle.  [<, >]"
        face = self._face_at(at)
        if face is None:
            return ""
        return box_label(face) if face.chosen else f"{box_label(face)}: click to dub this one."

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The picture's size on screen changes with the pane's."""
        super().resizeEvent(event)
        self.set_view(self.scene.view)

    def _zoom_key(self, key: int) -> bool:
        """Whether a key (with Ctrl) zooms; if so, it did."""
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom_by(1 / STEP if key == Qt.Key.Key_Minus else STEP)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_1):
            self.zoom_to(None if key == Qt.Key.Key_0 else 1.0)
        else:
            return False
        return True

    def _wipe_key(self, key: int) -> bool:
        """Whether a key moves the wipe's line; if so, it did."""
        if self.scene.shown_mode != "wipe" or key not in (Qt.Key.Key_Less, Qt.Key.Key_Greater):
            return False
        self.set_wipe(self.scene.wipe + (NUDGE if key == Qt.Key.Key_Greater else -NUDGE))
        return True

    def _start_drag(self, what: Literal["pan", "wipe"], at: QPointF) -> None:
        self._drag, self._last, self.scene.wiping = what, at, what == "wipe"
        self.setCursor(Qt.CursorShape.SplitHCursor if what == "wipe" else Qt.CursorShape.ClosedHandCursor)
        self.update()

    def _click(self, at: QPointF) -> None:
        patch, face = self._patch_at(at), self._face_at(at)
        if patch is not None:
            self.patch_clicked.emit(*patch)
        elif face is not None:
            self.face_clicked.emit(face.face)

    def _hover(self, at: QPointF) -> None:
        """Tells what is under the cursor, and shows by the cursor what a click does."""
        patch, face = self._patch_at(at), self._face_at(at)
        if patch is None:
            self._leave_patch()
        elif patch != self._patch:
            self._patch = patch
            self.patch_hovered.emit(*patch)
        self._set_hovered_face(None if face is None or patch is not None else face.face)
        if self.scene.on_divider(self.port(), at):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif patch is not None:
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif face is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()

    def _leave_patch(self) -> None:
        if self._patch is not None:
            self._patch = None
            self.patch_left.emit()

    def _set_hovered_face(self, face: int | None) -> None:
        if face != self.scene.hovered_face:
            self.scene.hovered_face = face
            self.update()

    def _ports(self) -> dict[Literal["original", "dubbed"], Viewport]:
        return self.scene.ports(float(self.width()), float(self.height()), self.devicePixelRatioF())

    def _port_at(self, at: QPointF) -> Viewport | None:
        """The picture in whose half a place lies."""
        ports = self._ports().values()
        return next((port for port in ports if QRectF(*port.area).contains(at)), self.port())

    def _overlay_port(self, at: QPointF) -> Viewport | None:
        """The picture with the overlays, if a place lies in it."""
        port = self.port()
        return port if port is not None and QRectF(*port.area).contains(at) else None

    def _patch_at(self, at: QPointF) -> tuple[int, int] | None:
        port = self._overlay_port(at)
        return None if port is None else self.scene.patch_at(port, at)

    def _face_at(self, at: QPointF) -> FaceBox | None:
        port = self._overlay_port(at)
        return None if port is None else self.scene.face_at(port, at)

    def _refresh_view(self) -> None:
        self._refresh()
        self.view_changed.emit()

    def _refresh(self) -> None:
        """Paints soon, and says to a screen reader what is to be seen."""
        scene = self.scene
        self.setAccessibleDescription(scene.empty[0] if scene.size is None else spoken(spread(scene.badges_shown)))
        self.update()
