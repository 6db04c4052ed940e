"""The editor's threads: made together, started together, ended together."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.settings import Settings
from app.engine.ports import Dubber
from app.engine.preview.frame_cache import FrameCache
from app.ui.window.backends import Backends
from app.workers.frame_thread import FrameThread
from app.workers.peaks_thread import PeaksThread
from app.workers.player import Player
from app.workers.reference_thread import ReferenceThread
from app.workers.render_thread import RenderThread
from app.workers.thumbnail_thread import ThumbnailThread

MB, GB = 10**6, 10**9


class Threads(QObject):
    """All that works beside the GUI thread, but for jobs and autosave. `stop` it at the end."""

    notified = Signal(str)
    """A sentence from the network's making, such as which device was taken."""

    def __init__(self, cache: Path, settings: Settings, backends: Backends, parent: QObject) -> None:
        """`cache` is the cache folder as a whole."""
        super().__init__(parent)
        self._backends, self._device = backends, settings.device
        self.sound_cache = cache / "sound"
        frames = FrameCache(settings.memory_mb * MB, cache / "frames", settings.disk_gb * GB)
        self.renders = RenderThread(self._make_dubber, frames, cache, backends.weights_sha256, self)
        self.frames = FrameThread(self)
        self.thumbnails = ThumbnailThread(cache, self)
        self.references = ReferenceThread(self)
        self.peaks = PeaksThread(self.sound_cache, self)
        self.player = Player(self.sound_cache, self)

    def start(self) -> None:
        """All that is not at work yet."""
        for thread in (self.frames, self.renders, self.thumbnails, self.references, self.peaks):
            thread.start()

    def set_limits(self, settings: Settings) -> None:
        """Other bounds for the frames that are kept."""
        self.renders.cache.set_limits(settings.memory_mb * MB, settings.disk_gb * GB)

    def stop(self) -> None:
        """Ends all and waits for them: at most for one step of the network."""
        self.player.close()
        for thread in (self.frames, self.thumbnails, self.references, self.peaks, self.renders):
            thread.stop()

    def _make_dubber(self, weights: str) -> Dubber:
        """In the render thread."""
        return self._backends.make_dubber(weights, self._device, self.notified.emit)
