"""Decodes the sounds of a clip and a voice for the player, in the background."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.core.errors import Cancelled, UserError
from app.engine.media.clip import Clip, Voice
from app.engine.progress import CancelToken
from app.engine.sound.decoded import decode_cached
from app.engine.sound.playback_mix import Sources


class SoundLoader(QThread):
    """One decoding of both sounds, to the voice's rate; `stop` it before it is dropped."""

    loaded = Signal(object)
    """Sources; None where neither has a sound."""
    failed = Signal(str)
    """A sentence: what could not be decoded."""

    def __init__(self, clip: Clip | None, voice: Voice | None, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sound loader")
        self._clip, self._voice, self._cache = clip, voice, cache
        self._cancel = CancelToken()

    def stop(self) -> None:
        """Ends the thread and waits for it; no signal comes after that."""
        self._cancel.cancel()
        self.blockSignals(True)
        self.wait()

    def run(self) -> None:
        """The thread's own work."""
        try:
            self.loaded.emit(self._load())
        except Cancelled:
            return
        except UserError as error:
            self.failed.emit(str(error))

    def _load(self) -> Sources | None:
        voice = original = None
        if self._voice is not None:
            voice = decode_cached(Path(self._voice.path), self._cache, sha256=self._voice.sha256, cancel=self._cancel)
        if self._clip is not None and self._clip.has_sound:
            rate = voice and voice.rate
            original = decode_cached(
                Path(self._clip.path), self._cache, rate, sha256=self._clip.sha256, cancel=self._cancel
            )
        return Sources(original, voice) if voice or original else None
