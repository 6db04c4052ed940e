"""The whole window with a quick network and a made-up face in the real ones' places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.engine.media.clip import Clip, Voice
from app.engine.ports import DetectedFace, Dubber, Image
from app.ui.window.backends import Backends
from app.ui.window.editor import Editor
from app.ui.window.folders import user_folders
from app.ui.window.main_window import MainWindow
from tests.gui.shell_kit import Answers
from tests.unit.engine.rendering import QuickDubber, face_points

PATIENCE = 60_000
"""Milliseconds that are waited at most: the machine may be busy."""


class DriftingFace:
    """A detector that sees one made-up face in every frame."""

    name = "facemesh"

    def detect(self, image: Image) -> list[DetectedFace]:
        height, width = image.shape[:2]
        return [DetectedFace(face_points(0.45 * width, 0.35 * height, 22.0), 0.9)]

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


class Bench:
    """An editor, the answers that it will get, and the network that it has."""

    def __init__(self, qtbot: QtBot, dubber: QuickDubber | None = None) -> None:
        self.qtbot, self.answers, self.dubber = qtbot, Answers(), dubber or QuickDubber()
        self.answers.save, self.answers.stop = "discard", True
        self.window = MainWindow()
        self.editor = Editor(self.window, user_folders(), Settings(proxies=False), self.backends(), self.answers)
        qtbot.addWidget(self.window, before_close_func=lambda _window: self.editor.close())
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow, timeout=PATIENCE)

    def backends(self) -> Backends:
        def make(weights: str, _device: str, _notify: Callable[[str], None]) -> Dubber:
            self.dubber.weights_name = weights
            return self.dubber

        return Backends(
            make,
            lambda name: f"sha of {name}",
            lambda: ["radio-starter"],
            lambda _name: DriftingFace(),
            lambda: ["cpu"],
            lambda: ["radio-starter: 128 px"],
        )

    @property
    def session(self) -> Any:
        return self.editor.session

    def until(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE)

    def open(self, clip: Clip, voice: Voice) -> None:
        """Chooses both, and waits until the faces are known."""
        self.editor.menu_actions.choose(Path(clip.path), Path(voice.path))
        self.until(lambda: self.session.analysis is not None and self.session.voice is not None)
        self.until(lambda: self.session.project.segments is not None)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.window.windowHandle(), key, modifier)

    def dialog(self, kind: type[QDialog]) -> Any:
        self.until(lambda: any(dialog.isVisible() for dialog in self.window.findChildren(kind)))
        return self.window.findChildren(kind)[-1]

    @property
    def index(self) -> int:
        """The frame at the playhead."""
        return self.session.clip.index_at(self.session.playhead)
