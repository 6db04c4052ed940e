"""The real editor for benchmarks: opened on the demo project in folders of its own, and waited for."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.core.settings import Settings
from app.engine.files.settings_file import save_settings
from app.engine.puppet.demo import make_demo
from app.ui.window.editor import Editor
from app.ui.window.launch import Start
from tests.gui.shell_kit import Answers


def rest(milliseconds: int) -> None:
    """Lets the program run as it does for a user: QTest.qWait keeps Python's lock, and other threads stand still."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_for(what: str, condition: Callable[[], object], patience: float = 300.0) -> None:
    """Lets the program run until `condition` holds. Raises SystemExit that names `what` after `patience` seconds."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"waited for {what} in vain")
        rest(2)


@contextmanager
def open_demo(settings: Settings | None = None) -> Generator[Editor]:
    """The editor on the demo project, its faces found; all its folders are temporary and go at the end."""
    with tempfile.TemporaryDirectory() as name:
        for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "REDUB_CACHE"):
            os.environ[variable] = name
        if settings is not None:
            folder = Path(name) / "redub"
            folder.mkdir()
            save_settings(settings, folder)
        clip, voice = make_demo(Path(name))
        application = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(application, QApplication)
        answers = Answers()
        answers.save, answers.stop = "discard", True
        start = Start(application, [clip, voice], questions=answers)
        start.window.show()
        wait_for("the editor", lambda: start.editor is not None)
        editor = start.editor
        assert editor is not None
        wait_for("the faces", lambda: editor.session.analysis is not None)
        try:
            yield editor
        finally:
            start.window.close()
