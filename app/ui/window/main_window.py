"""The main window: pages, docks and menus, and nothing that knows what they are about."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QLayout,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.actions import MENUS, Actions, ActionSpec
from app.ui.dialogs.start_screen import StartScreen
from app.ui.kit.file_dialogs import last_folder
from app.ui.kit.file_kinds import dropped_files
from app.ui.window.keys import HeldKeys, keeps_key, press
from app.ui.window.layout import Layout
from app.ui.window.notice import NoticeBar
from app.ui.window.shares import Shares, usual_shares
from app.ui.window.status_bar import StatusBar

_AREAS = Qt.DockWidgetArea
FIRST = (1440, 900)
"""Pixels of the window before anybody sized it, where the screen has room for it."""
Place = tuple[Qt.DockWidgetArea, str]
"""Where a dock goes at first, and the dock that it shares its place with as a tab (or "")."""
PLACES: dict[str, Place] = {
    "Timeline": (_AREAS.BottomDockWidgetArea, ""),
    "Waveform": (_AREAS.BottomDockWidgetArea, "Timeline"),
    "Inspector": (_AREAS.RightDockWidgetArea, ""),
    "Attention": (_AREAS.RightDockWidgetArea, "Inspector"),
    "Markers": (_AREAS.RightDockWidgetArea, "Inspector"),
    "Jobs": (_AREAS.LeftDockWidgetArea, ""),
    "To check": (_AREAS.LeftDockWidgetArea, "Jobs"),
    "History": (_AREAS.LeftDockWidgetArea, "Jobs"),
}
"""Every dock, in the order in which they are added."""


class MainWindow(QMainWindow):
    """Docks around a picture, or the start screen."""

    painted = Signal()
    """The window was painted for the first time: what takes time to load may be loaded now."""
    files_dropped = Signal(object)
    """list of Path."""
    activated = Signal()
    """The window came in front of the others, or went behind one."""
    closed = Signal()
    """The window is about to go: threads are to end."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setDockNestingEnabled(True)
        self.setAcceptDrops(True)
        self.actions_ = Actions(self)
        self.held_keys = HeldKeys(self)
        self.may_close: Callable[[], bool] = lambda: True
        """Asked before the window closes."""
        self.docks: dict[str, QDockWidget] = {}
        self.start = StartScreen(self)
        self.notice = NoticeBar(self)
        self.status = StatusBar(self)
        self._painted = False
        self._name = self._progress = ""
        self._usual: QByteArray | None = None
        self._hidden: list[QDockWidget] = []
        self._shares = Shares(self)
        self._resized = QTimer(self)
        self._resized.setSingleShot(True)
        self._resized.setInterval(0)
        self._resized.timeout.connect(self._share_out)
        self._passes = 0
        self._editor_page = QWidget(self)
        self._stack = QStackedWidget(self)
        self._fill()
        self._fill_menus()
        self.set_document(None, False)
        self.resize(*FIRST)

    def _fill(self) -> None:
        """Puts the pages and the bars into the window."""
        self._stack.addWidget(self.start)
        self._stack.addWidget(self._editor_page)
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notice)
        column.addWidget(self._stack, 1)
        self.setCentralWidget(centre)
        self.setStatusBar(self.status)
        corner = Qt.Corner
        self.setCorner(corner.BottomLeftCorner, _AREAS.BottomDockWidgetArea)
        self.setCorner(corner.BottomRightCorner, _AREAS.BottomDockWidgetArea)

    def _fill_menus(self) -> None:
        """The menus as the table of actions has them."""
        for title, items in MENUS.items():
            menu = self.menuBar().addMenu(title)
            menu.setToolTipsVisible(True)
            for item in items:
                if not isinstance(item, ActionSpec):
                    menu.addSeparator()
                elif not item.held:
                    menu.addAction(self.actions_[item.id])
            if title == "&Window":
                self.window_menu = menu
                self.panels_menu = QMenu("&Open panels", menu)
                menu.insertMenu(self.actions_["reset_layout"], self.panels_menu)
        self.recent_menu = QMenu(self)
        self.actions_["open_recent"].setMenu(self.recent_menu)
        # shortcuts work wherever in the window the keyboard is
        self.addActions([self.actions_[id] for id in self.actions_])

    def set_picture(self, *widgets: QWidget) -> None:
        """Fills the editor's page from the top down; the first one gets the room that is left."""
        column = QVBoxLayout(self._editor_page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for number, widget in enumerate(widgets):
            column.addWidget(widget, 0 if number else 1)
        self._editor_page.setFocusProxy(widgets[0])

    def take_picture_back(self) -> None:
        """The picture was elsewhere: it is the editor's page again."""
        column = self._editor_page.layout()
        picture = self._editor_page.focusProxy()
        if isinstance(column, QVBoxLayout) and picture is not None:
            column.insertWidget(0, picture, 1)
            picture.show()

    def add_panel(self, title: str, widget: QWidget) -> QDockWidget:
        """Puts a widget into a dock at its place in `PLACES`. Raises KeyError for another title."""
        area, with_ = PLACES[title]
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock_{title.lower().replace(' ', '_')}")
        dock.setWidget(widget)
        self.docks[title] = dock
        self.addDockWidget(area, dock)
        if with_:
            self.tabifyDockWidget(self.docks[with_], dock)
            self.docks[with_].raise_()
        self.panels_menu.addAction(dock.toggleViewAction())
        dock.hide()
        return dock

    def end_panels(self, layout: Layout | None) -> None:
        """All panels are there: the layout of last time is taken, and the usual one is kept for a reset."""
        with self._same_size():
            for dock in self.docks.values():
                dock.show()
            self._size_as_usual()
            self._usual = self.saveState()
            if layout is not None:
                self.restoreState(QByteArray(layout.state))
                self._shares.begin(layout.shares or self._shares.shares)
        if not self.shows_editor:
            self._hide_panels()

    def raise_panel(self, title: str) -> None:
        """Brings a panel in sight, whether it was closed or lies behind another one. Raises KeyError."""
        dock = self.docks[title]
        if self.shows_editor:
            dock.show()
            dock.raise_()

    def go_to_panel(self, title: str) -> None:
        """Brings a panel in sight and the keyboard into it. Raises KeyError."""
        self.raise_panel(title)
        panel = self.docks[title].widget()
        inside = [panel, *panel.findChildren(QWidget)]
        takes = (each for each in inside if each.focusPolicy() & Qt.FocusPolicy.TabFocus)
        first = next((each for each in takes if each.isVisible() and each.isEnabled()), panel)
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def shows_editor(self) -> bool:
        """Whether the editor is in sight rather than the start screen."""
        return self._stack.currentWidget() is self._editor_page

    def show_editor(self) -> None:
        """Leaves the start screen."""
        if not self.shows_editor:
            self._stack.setCurrentWidget(self._editor_page)
            with self._same_size():
                for dock in self._hidden:
                    dock.show()
            self._hidden = []
            self._share_soon()
            # not into a field that takes text: single letters are commands
            self._editor_page.setFocus()

    def show_start(self) -> None:
        """Back to the start screen."""
        if self.shows_editor:
            self._stack.setCurrentWidget(self.start)
            self._hide_panels()

    def _hide_panels(self) -> None:
        """The start screen has the window for itself."""
        self._hidden = [dock for dock in self.docks.values() if not dock.isHidden()]
        for dock in self._hidden:
            dock.hide()

    def _share_soon(self) -> None:
        """The docks get their shares when they are laid out; twice, for docks that come back heed the second call."""
        self._passes = 2
        self._resized.start()

    @Slot()
    def _share_out(self) -> None:
        self._shares.apply()
        self._passes -= 1
        if self._passes > 0:
            self._resized.start()
        else:
            self._constrain(True)

    def _size_as_usual(self) -> None:
        self._shares.begin(usual_shares(self.width(), self.height(), self.fontMetrics().height()))
        self._share_soon()

    @contextmanager
    def _same_size(self) -> Generator[None]:
        """Docks that are shown share the room that there is; left to itself, the window grows beyond the screen."""
        # by the layout alone: a fixed size would have a window manager end maximising
        self._constrain(False)
        try:
            yield
        finally:
            self._share_soon()  # which ends it when the docks have their sizes

    def _constrain(self, least: bool) -> None:
        """Whether the window becomes as large as its parts need."""
        layout, kinds = self.layout(), QLayout.SizeConstraint
        if layout is not None:
            layout.setSizeConstraint(kinds.SetDefaultConstraint if least else kinds.SetNoConstraint)

    def layout_now(self) -> Layout | None:
        """What is to be remembered; None while there is nothing to remember."""
        if self._usual is None:
            return None
        for dock in self._hidden:
            dock.show()
        folder = str(last_folder() or "")
        geometry, state = bytes(self.saveGeometry().data()), bytes(self.saveState().data())
        return Layout(geometry, state, folder, self._shares.shares)

    @Slot()
    def reset_layout(self) -> None:
        """Every panel to its first place."""
        if self._usual is not None:
            self.show_editor()
            self.restoreState(self._usual)
            self._size_as_usual()

    @Slot(bool)
    def set_full_screen(self, full: bool) -> None:
        """The whole screen, or as before."""
        state = self.windowState()
        flag = Qt.WindowState.WindowFullScreen
        self.setWindowState(state | flag if full else state & ~flag)

    def set_document(self, file: Path | None, modified: bool) -> None:
        """Names the document in the title, with `*` where it was changed."""
        self._name = f"{file.stem if file else 'Untitled'}[*] - Redub"
        self.setWindowTitle(self._progress + self._name)
        self.setWindowModified(modified)

    def set_progress(self, text: str) -> None:
        """What stands before the document's name in the title, such as "37 % · "."""
        if text != self._progress:
            self._progress = text
            self.setWindowTitle(text + self._name)

    def fit_screen(self) -> None:
        """As large as is good to work in, and maximised where the screen has no room for that; before it is shown."""
        room = self.screen().availableSize()
        frame = 2 * self.fontMetrics().height()
        self.resize(min(FIRST[0], room.width()), min(FIRST[1], room.height() - frame))
        if room.width() <= FIRST[0] or room.height() <= FIRST[1] + frame:
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Docks keep their shares."""
        super().resizeEvent(event)
        if self.shows_editor:
            self._share_soon()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """The window manager may leave the full screen too."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.actions_["full_screen"].setChecked(self.isFullScreen())
        elif event.type() == QEvent.Type.ActivationChange:
            self.activated.emit()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """From now on there is a native window whose keys can be watched."""
        super().showEvent(event)
        self.held_keys.watch(self.windowHandle())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Tells of the first one."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.painted.emit)

    def event(self, event: QEvent) -> bool:
        """Leaves keys to a focused widget that needs them more than the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            self.held_keys.note_shortcut(event)
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
            if plain and keeps_key(QApplication.focusWidget(), event.key()):
                event.accept()
                return True
        done = super().event(event)
        if event.type() == QEvent.Type.MouseButtonRelease:  # comes here after a drag of what parts the docks
            self._shares.take(self.docks.values())
        return done

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Return presses the button, card or list that has the keyboard."""
        pressed = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and press(QApplication.focusWidget())
        if not pressed:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Takes a drag that carries files."""
        if dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Hands them on when the drag is over: a dialog inside a drop would freeze where it came from."""
        event.acceptProposedAction()
        files = dropped_files(event.mimeData())
        QTimer.singleShot(0, self, lambda: self.files_dropped.emit(files))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Asks first; then everything that runs is told to end."""
        if not self.may_close():
            event.ignore()
            return
        self.closed.emit()
        super().closeEvent(event)
