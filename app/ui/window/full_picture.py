"""The picture alone on a whole screen, beside the window where there are two."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QActionGroup, QGuiApplication, QKeySequence, QScreen, QShortcut
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app.ui.kit import palette
from app.ui.window.main_window import MainWindow


class FullPicture(QObject):
    """Takes the preview out of the window and puts it back."""

    def __init__(self, window: MainWindow, preview: QWidget) -> None:
        super().__init__(window)
        self._window, self._preview = window, preview
        self._shown: QWidget | None = None
        self._screen = ""
        self._menu = QMenu("Picture's &screen", window)
        self._menu.aboutToShow.connect(self._fill)
        window.window_menu.insertMenu(window.actions_["reset_layout"], self._menu)

    @property
    def on(self) -> bool:
        """Whether the picture fills a screen."""
        return self._shown is not None

    @Slot()
    def toggle(self) -> None:
        """Shows the picture on a full screen, or brings it back."""
        if self._shown is None:
            self._show()
        else:
            self.end()

    @Slot()
    def end(self) -> None:
        """Puts the picture back into the window."""
        shown, self._shown = self._shown, None
        if shown is not None:
            self._window.take_picture_back()
            shown.close()
            shown.deleteLater()

    def screen(self) -> QScreen:
        """The one that was chosen, if it is there; else one that does not show the window; else the only one."""
        screens = QGuiApplication.screens()
        others = [screen for screen in screens if screen is not self._window.screen()]
        named = [screen for screen in screens if screen.name() == self._screen]
        return (named or others or screens)[0]

    def choose(self, name: str) -> None:
        """On which screen it is shown from now on."""
        self._screen = name
        if self._shown is not None:
            self.end()
            self._show()

    def _chosen(self, name: str, _on: bool) -> None:
        self.choose(name)

    def _show(self) -> None:
        shown = self._shown = QWidget(None, Qt.WindowType.Window)
        shown.setObjectName("full_picture")
        shown.setWindowTitle("Redub: picture")
        shown.setStyleSheet(f"#full_picture {{ background: {palette.BACKGROUND}; }}")
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._preview)
        shown.addActions(self._window.actions())  # the keys work there too
        QShortcut(QKeySequence(Qt.Key.Key_Escape), shown, self.end)
        screen = self.screen()
        shown.setScreen(screen)
        shown.setGeometry(screen.geometry())
        shown.showFullScreen()
        self._preview.setFocus()

    @Slot()
    def _fill(self) -> None:
        """The screens as they are now."""
        self._menu.clear()
        group, chosen = QActionGroup(self._menu), self.screen()
        for number, screen in enumerate(QGuiApplication.screens(), 1):
            size = screen.geometry()
            action = self._menu.addAction(f"&{number}  {screen.name()} ({size.width()} x {size.height()})")
            action.setCheckable(True)
            action.setChecked(screen is chosen)
            action.triggered.connect(partial(self._chosen, screen.name()))
            group.addAction(action)
