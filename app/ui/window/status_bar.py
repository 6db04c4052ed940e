"""The status bar: what works, on which device, how full the cache is, how fast the lips come."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QSizePolicy, QStatusBar, QWidget

from app.core.text import bytes_text
from app.ui.kit.labels import muted
from app.ui.kit.line import Line
from app.ui.window.current_job import CurrentJob

SENTENCE_MS = 8000
"""How long a passing sentence stays."""


class StatusBar(QStatusBar):
    """What runs now and four lasting figures at the right, passing sentences at the left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_bar")
        self.setAccessibleName("Status")
        self.setSizeGripEnabled(False)
        self.job = CurrentJob(self)
        self.addPermanentWidget(self.job)
        self._speed = self._figure("render_speed", "How many dubbed frames are made each second")
        self._cache = self._figure("cache_use", "Dubbed frames kept: in memory, on disk")
        self._weights = self._figure("weights", "The network's weights")
        self._device = self._figure("device", "What the network runs on")
        self.messageChanged.connect(self._make_room)
        self.set_rendering(0.0, busy=False)
        self.set_network("", "")

    def set_network(self, device: str, weights: str, loading: bool = False) -> None:
        """Which device and weights are in use; empty until they are, which may be under way."""
        waiting = "loading the network" if loading else "not needed yet"
        self._tell(self._device, f"Device: {device or waiting}")
        self._tell(self._weights, f"Weights: {weights}" if weights else "")

    def set_rendering(self, frames_per_second: float, busy: bool) -> None:
        """How fast frames are made."""
        speed = f"{frames_per_second:.1f} frames a second" if frames_per_second else "starting"
        self._tell(self._speed, f"Rendering: {speed if busy else 'idle'}")

    def set_cache(self, memory: int, memory_limit: int, disk: int) -> None:
        """Bytes in use, and the limit of the memory tier."""
        self._tell(self._cache, f"Cache: {bytes_text(memory)} of {bytes_text(memory_limit)}, disk {bytes_text(disk)}")

    def say(self, sentence: str) -> None:
        """A sentence that passes."""
        self.showMessage(sentence, SENTENCE_MS)

    def _tell(self, figure: Line, text: str) -> None:
        figure.set_full_text(text)
        self._make_room(self.currentMessage())

    @Slot(str)
    def _make_room(self, sentence: str) -> None:
        """A sentence that is long takes the place of the figures as long as it stands; all of it is in the tooltip."""
        self.setToolTip(sentence)
        figures = (self._speed, self._cache, self._weights, self._device)
        taken = sum(figure.sizeHint().width() for figure in figures if figure.full_text)
        taken += self.job.sizeHint().width() if not self.job.isHidden() else 0
        long = bool(sentence) and self.fontMetrics().horizontalAdvance(sentence) > self.width() - taken - 24
        for figure in figures:
            figure.setVisible(not long and bool(figure.full_text))

    def _figure(self, name: str, meaning: str) -> Line:
        label = muted(Line(self, QSizePolicy.Policy.Preferred, meaning))
        label.setObjectName(name)
        label.setAccessibleDescription(meaning)
        self.addPermanentWidget(label)
        return label
