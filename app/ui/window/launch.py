"""Opens the editor: the window first, all that takes time to load after its first paint."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from PySide6.QtCore import QByteArray, QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.engine.files.problem_report import keep_log
from app.engine.files.settings_file import load_settings
from app.ui.actions import use_keys
from app.ui.kit.file_dialogs import remember_folder
from app.ui.kit.theme import apply_theme, prepare_high_dpi
from app.ui.window.garbage import collected_here
from app.ui.window.layout import load_layout
from app.ui.window.main_window import MainWindow

if TYPE_CHECKING:
    from app.ui.window.backends import Backends
    from app.ui.window.editor import Editor
    from app.ui.window.questions import Questions

SIGNALS_MS = 300
"""So often Python looks whether the system asked it to end."""


def run_editor(files: list[Path]) -> int:
    """Opens the window, with these files in it, and returns when it is closed: the exit code."""
    prepare_high_dpi()
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Redub")
    app.setDesktopFileName("redub")
    start = Start(app, files, ready=_watch)
    end_on_signals(start)
    start.window.show()
    with collected_here():
        return app.exec()


def _watch(editor: Editor) -> None:
    """Whatever goes wrong from now on is shown, and kept for a report."""
    from app.ui.window.folders import LOGS

    keep_log(editor.folders.data / LOGS)
    editor.reports.catch_all()


class Start(QObject):
    """The window, and the editor behind it once the window was painted."""

    def __init__(
        self,
        app: QApplication,
        files: list[Path],
        backends: Backends | None = None,
        questions: Questions | None = None,
        ready: Callable[[Editor], object] = lambda _editor: None,
    ) -> None:
        """`ready` is called when everything is there; `backends` and `questions` are those of `Editor`."""
        super().__init__()
        self._files, self._backends, self._questions, self._ready = files, backends, questions, ready
        self._complaints: list[str] = []
        self._config = Path(platformdirs.user_config_dir("redub", appauthor=False))
        self._settings = load_settings(self._config, self._complaints.append)
        apply_theme(app, self._settings.text_percent, self._settings.theme)
        use_keys(self._settings.shortcuts)
        self.window = MainWindow()
        self.editor: Editor | None = None
        layout = load_layout(self._config / "layout.json")
        self.window.fit_screen()
        if layout is not None:
            self.window.restoreGeometry(QByteArray(layout.geometry))
            remember_folder(Path(layout.folder) if layout.folder else None)
        self.window.painted.connect(self._load)
        if files:
            self.window.show_editor()
            self.window.status.job.show_busy(f"Opening {', '.join(file.name for file in files)}…")

    @Slot()
    def _load(self) -> None:
        """Loads the rest.

        OpenCV goes first, through the door that leaves Qt's variables alone: libraries that bring it in themselves
        would turn them to a Qt of its own, and the next native window would look for its plug-ins there.
        """
        import_module("app.engine.media.opencv")
        from app.ui.window.editor import Editor
        from app.ui.window.folders import user_folders

        self.editor = Editor(self.window, user_folders(), self._settings, self._backends, self._questions)
        for sentence in self._complaints:
            self.editor.reports.notice(sentence, lasting=True)
        if not self.window.isVisible():  # the system asked us to end meanwhile
            self.editor.close()
            return
        self.window.status.job.show_jobs(())
        self.editor.menu_actions.open_files(self._files)
        self._ready(self.editor)


def end_on_signals(start: Start) -> QTimer:
    """Ctrl-C and SIGTERM close the window without a question."""

    def end(_number: int, _frame: object) -> None:
        if start.editor is not None:
            start.editor.interrupt()
        else:
            start.window.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    timer = QTimer(start)
    timer.timeout.connect(lambda: None)  # lets Python run, which is when it sees signals
    timer.start(SIGNALS_MS)
    return timer
