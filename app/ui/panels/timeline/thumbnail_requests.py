"""Which pictures of the video lane are missing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.ui.panels.timeline.scene import Scene

_ASK_MS = 40


class ThumbnailRequests(QObject):
    """Asks for the pictures that are missing, a little after the last change of what is in sight."""

    wanted = Signal(list)
    """Indices of frames, the most wanted first; see `height`. The newest list replaces the one before."""

    def __init__(self, view: QWidget, scene: Callable[[], Scene | None]) -> None:
        super().__init__(view)
        self._view, self._scene = view, scene
        self._asked: list[int] = []
        self._timer = QTimer(self, interval=_ASK_MS, singleShot=True)
        self._timer.timeout.connect(self._ask)

    @property
    def height(self) -> int:
        """Pixels of the device that a picture of the video lane is tall: what to ask for; 0 without a clip."""
        scene = self._scene()
        return 0 if scene is None else round(scene.layout["video"].height * self._view.devicePixelRatioF())

    @Slot()
    def schedule(self) -> None:
        """Asks in a moment."""
        self._timer.start()

    def ask_again(self) -> None:
        """Forgets what was asked for, for another clip."""
        self._asked = []
        self._timer.start()

    def stop(self) -> None:
        """Asks for nothing until something changes."""
        self._timer.stop()

    @Slot()
    def _ask(self) -> None:
        """Tells which pictures are missing: those in sight first, then those a page further on either side."""
        scene = self._scene()
        if scene is None:
            return
        width = scene.scale.width
        places = [scene.slots.in_sight(scene.scale, left, left + width) for left in (0, width, -width)]
        indices = dict.fromkeys(index for part in places for _, index in part)
        height = self.height
        missing = [index for index in indices if not scene.thumbnails.has(index, height)]
        if missing and missing != self._asked:
            self._asked = missing
            self.wanted.emit(missing)
