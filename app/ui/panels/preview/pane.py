"""The preview: the picture and, under it, the row of buttons that says how it is shown."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app.ui.panels.preview.badges import Badge, Kind
from app.ui.panels.preview.bar import PreviewBar
from app.ui.panels.preview.canvas import PreviewCanvas
from app.ui.panels.preview.scene import MODES, Mode
from app.ui.panels.preview.viewport import STEP
from app.workers.frame_thread import ShownFrame

KINDS: tuple[Kind, ...] = get_args(Kind)


class PreviewPane(QWidget):
    """Shows the frames it is given, as the user wants to see them; lives on the GUI thread, computes no pixel.

    What is shown is given to `canvas`. Badges: which picture it is ("Original", "Dubbed") and "Preview quality" come
    from the frame itself; all else is said through `canvas.set_badges`. A dubbed picture that is not there yet shows as
    the original, with that badge.
    """

    face_clicked = Signal(int)
    """The number of a face whose box was clicked."""
    patch_clicked = Signal(int, int)
    """(column, row) of a patch of the attention overlay."""
    patch_hovered = Signal(int, int)
    patch_left = Signal()
    scale_changed = Signal(float)
    """Pixels of the screen for each of the frame's, 1 at most: what `FrameThread.set_scale` is to be told."""
    mode_changed = Signal(str)
    wipe_changed = Signal(float)
    faces_toggled = Signal(bool)
    """Face boxes were asked for or are not wanted: answer by `canvas.set_faces`."""
    mask_toggled = Signal(bool)
    """The mask was asked for or is not wanted: answer by `FrameThread.set_mask_source`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview")
        self.setAccessibleName("Preview")
        self.canvas = PreviewCanvas()
        self.bar = PreviewBar()
        self._scale: float | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.bar)
        self.setFocusProxy(self.canvas)
        self._connect()
        self._follow_view()

    @property
    def mode(self) -> Mode:
        """How the picture is shown."""
        return self.canvas.scene.mode

    @property
    def frame(self) -> ShownFrame | None:
        """What is on screen."""
        return self.canvas.scene.frame

    @property
    def scale(self) -> float:
        """What `scale_changed` said last: pixels of the screen for each of the frame's, 1 at most."""
        return 1.0 if self._scale is None else self._scale

    @property
    def badges(self) -> tuple[Badge, ...]:
        """All badges on screen, from left to right."""
        left, right = self.canvas.scene.badges_shown
        return (*left, *right)

    def set_mode(self, mode: Mode) -> None:
        """One of `MODES`. Raises ValueError for another word."""
        if mode not in MODES:
            raise ValueError(f"no mode {mode!r}")
        if mode != self.mode:
            self.canvas.set_mode(mode)
            self.bar.set_mode(mode)
            self.mode_changed.emit(mode)

    def set_faces_shown(self, on: bool) -> None:
        """Presses or lifts the button for face boxes."""
        self.bar.faces_action.setChecked(on)

    def set_mask_shown(self, on: bool) -> None:
        """Presses or lifts the button for the mask."""
        self.bar.mask_action.setChecked(on)

    @Slot()
    def zoom_fit(self) -> None:
        """Shows the whole picture."""
        self.canvas.zoom_to(None)

    @Slot()
    def zoom_actual(self) -> None:
        """One pixel of the screen for each of the frame's."""
        self.canvas.zoom_to(1.0)

    @Slot()
    def zoom_in(self) -> None:
        """One step larger, around the middle."""
        self.canvas.zoom_by(STEP)

    @Slot()
    def zoom_out(self) -> None:
        """One step smaller, around the middle."""
        self.canvas.zoom_by(1 / STEP)

    @Slot()
    def copy_picture(self) -> None:
        """Puts the picture on screen, without overlays, on the clipboard."""
        image = self.canvas.scene.image
        if image is not None:
            QGuiApplication.clipboard().setImage(image)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Modes, overlays, zoom and copying."""
        self.context_menu().popup(event.globalPos())

    def context_menu(self) -> QMenu:
        """The menu of the picture; it goes when it is closed."""
        menu = QMenu(self)
        menu.setObjectName("previewMenu")
        menu.addActions(self.bar.mode_actions)
        menu.addSeparator()
        menu.addActions([self.bar.faces_action, self.bar.mask_action])
        menu.addSeparator()
        for text, slot in (("Fit the picture", self.zoom_fit), ("100 %", self.zoom_actual)):
            menu.addAction(text).triggered.connect(slot)
        menu.addSeparator()
        copy = menu.addAction("Copy picture")
        copy.setEnabled(self.frame is not None)
        copy.triggered.connect(self.copy_picture)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _connect(self) -> None:
        canvas, bar = self.canvas, self.bar
        canvas.face_clicked.connect(self.face_clicked)
        canvas.patch_clicked.connect(self.patch_clicked)
        canvas.patch_hovered.connect(self.patch_hovered)
        canvas.patch_left.connect(self.patch_left)
        canvas.wipe_changed.connect(self.wipe_changed)
        canvas.view_changed.connect(self._follow_view)
        bar.mode_chosen.connect(self.set_mode)
        bar.zoom_chosen.connect(canvas.zoom_to)
        bar.faces_toggled.connect(self.faces_toggled)
        bar.mask_toggled.connect(self.mask_toggled)

    @Slot()
    def _follow_view(self) -> None:
        """Says how large the picture is, to the row of buttons and to who makes the pictures."""
        port = self.canvas.port()
        if port is None:
            self.bar.set_zoom(None, fits=True)
            return
        self.bar.set_zoom(port.zoom, fits=port.view.zoom is None)
        scale = min(1.0, port.zoom)
        if scale != self._scale:
            self._scale = scale
            self.scale_changed.emit(scale)
