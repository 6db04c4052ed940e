"""The row under the picture: how it is shown, what lies over it, how large it is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from app.ui.kit import palette
from app.ui.panels.preview.scene import MODES, Mode

_MODE_TEXTS: dict[Mode, tuple[str, str]] = {
    "dubbed": ("Dubbed", "The new lips.  [1]"),
    "original": ("Original", "The clip as it was filmed.  [2; H while held]"),
    "wipe": ("Wipe", "Original at the left, dubbed at the right of a line.  [3; the line: <, >]"),
    "side": ("Side by side", "Original and dubbed picture beside each other.  [4]"),
}


def _style() -> str:
    """How the row looks."""
    return f"""
#previewBar {{ background: {palette.PANEL}; border: none; padding: 2px; spacing: 2px; }}
#previewBar #previewSpacer, #previewBar QToolButton {{ background: transparent; }}
#previewBar QToolButton:checked {{ background: {palette.SEGMENT_SELECTED}; }}
#previewBar QToolButton:hover:!checked {{ background: {palette.RAISED}; }}
#previewZoom {{ padding-right: 14px; }}
#previewZoom::menu-indicator {{ subcontrol-origin: padding; subcontrol-position: center right; right: 3px; }}
"""


ZOOMS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""What the menu offers beside fitting."""


class PreviewBar(QToolBar):
    """Buttons for the preview; says what was asked for and is told what holds."""

    mode_chosen = Signal(str)
    zoom_chosen = Signal(object)
    """float, or None to fit."""
    faces_toggled = Signal(bool)
    mask_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Picture", parent)
        self.setObjectName("previewBar")
        self.setMovable(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._modes = self._add_modes()
        self.addSeparator()
        self.faces_action = self._add_toggle("previewFaces", "Faces", "Frames the faces; a click chooses one.  [F]")
        self.mask_action = self._add_toggle("previewMask", "Mask", "Shows what is pasted over the picture.  [Shift+M]")
        self.faces_action.toggled.connect(self.faces_toggled)
        self.mask_action.toggled.connect(self.mask_toggled)
        spacer = QWidget()
        spacer.setObjectName("previewSpacer")
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spacer)
        self._zoom = self._add_zoom()
        self.setStyleSheet(_style())
        self.set_mode("dubbed")

    @property
    def mode_actions(self) -> list[QAction]:
        """One for each mode."""
        return list(self._modes.values())

    def set_mode(self, mode: Mode) -> None:
        """Which mode is shown."""
        self._modes[mode].setChecked(True)

    def set_zoom(self, zoom: float | None, fits: bool) -> None:
        """How large the picture is: pixels of the screen for each of the frame's; None without a clip."""
        self._zoom.setEnabled(zoom is not None)
        percent = "" if zoom is None else f"{100 * zoom:.0f} %"
        self._zoom.setText("Fit" if zoom is None else f"Fit · {percent}" if fits else percent)

    def _add_modes(self) -> dict[Mode, QAction]:
        group = QActionGroup(self)
        made: dict[Mode, QAction] = {}
        for mode in MODES:
            text, tip = _MODE_TEXTS[mode]
            action = self._add_toggle(f"preview_{mode}", text, tip)
            group.addAction(action)
            made[mode] = action
        group.triggered.connect(self._choose_mode)
        return made

    def _add_toggle(self, name: str, text: str, tip: str) -> QAction:
        action = QAction(text, self)
        action.setObjectName(name)
        action.setCheckable(True)
        action.setToolTip(tip)
        self.addAction(action)
        button = self.widgetForAction(action)
        button.setObjectName(f"{name}Button")
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return action

    def _add_zoom(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("previewZoom")
        button.setAccessibleName("Zoom")
        button.setToolTip("Size of the picture.  [Shift+F fits; wheel; Ctrl+0, Ctrl+1, Ctrl++, Ctrl+-]")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(button)
        menu.setObjectName("previewZoomMenu")
        self._add_zoom_item(menu, "Fit", None)
        for zoom in ZOOMS:
            self._add_zoom_item(menu, f"{100 * zoom:.0f} %", zoom)
        button.setMenu(menu)
        self.addWidget(button)
        return button

    def _add_zoom_item(self, menu: QMenu, text: str, zoom: float | None) -> None:
        menu.addAction(text).setData(zoom)
        if zoom is None:
            menu.triggered.connect(self._choose_zoom)

    @Slot(QAction)
    def _choose_zoom(self, action: QAction) -> None:
        self.zoom_chosen.emit(action.data())

    @Slot(QAction)
    def _choose_mode(self, action: QAction) -> None:
        self.mode_chosen.emit(next(mode for mode, item in self._modes.items() if item is action))
