"""The thread that reads the waveforms of clip and voice, and where they have voice in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import soundfile
from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.core.errors import Cancelled, UserError
from app.core.streams import Streams
from app.engine.media.clip import Clip, Voice
from app.engine.progress import CancelToken
from app.engine.sound.activity import wav_activity
from app.engine.sound.decoded import decode_cached
from app.engine.sound.peaks import PeakPyramid, build_peaks
from app.workers.mailbox import Mailbox
from app.workers.unexpected import unexpected

SoundName = Literal["original", "voice"]
PeaksRequest = tuple[Path, str, Streams]
"""A file, its content hash (empty where it is not known) and which of its streams are meant."""
ORDER: tuple[SoundName, ...] = ("voice", "original")
"""The voice is usually short, and what is worked on."""


def _wanted(medium: Clip | Voice) -> PeaksRequest:
    return Path(medium.path), medium.sha256, medium.streams


class PeaksThread(QThread):
    """All methods are for the GUI thread and return at once, but for `stop`."""

    peaks = Signal(str, object)
    """("original" or "voice", PeakPyramid): what is known so far, and the whole at last."""
    activity = Signal(str, object)
    """("original" or "voice", tuple of TimeRange): where it has voice, in seconds of the sound."""
    failed = Signal(str, str)
    """("original" or "voice", sentence): it cannot be read."""
    _made = Signal(object, object, str, object)

    def __init__(self, cache: Path, parent: QObject | None = None) -> None:
        """`cache` is the folder of decoded sound, the player's own."""
        super().__init__(parent)
        self.setObjectName("peaks thread")
        self._cache = cache
        self._mail = Mailbox()
        self._cancels: dict[SoundName, CancelToken] = {name: CancelToken() for name in ORDER}
        self._made.connect(self._pass_on)

    def set_clip(self, clip: Clip | None) -> None:
        """Reads the clip's sound, where it has one; what was asked before is dropped."""
        self.request("original", _wanted(clip) if clip is not None and clip.has_sound else None)

    def set_voice(self, voice: Voice | None) -> None:
        """Reads the voice; what was asked before is dropped."""
        self.request("voice", _wanted(voice) if voice is not None else None)

    def request(self, sound: SoundName, wanted: PeaksRequest | None) -> None:
        """Reads a file as one of the two sounds; nothing of another file is told from now on."""
        self._cancels[sound].cancel()
        cancel = self._cancels[sound] = CancelToken()
        self._mail.post(sound, (wanted, cancel))

    def stop(self) -> None:
        """Ends the thread and waits for it."""
        for cancel in self._cancels.values():
            cancel.cancel()
        self._mail.post("stop", True)
        self.wait()

    def run(self) -> None:
        """The thread's own work."""
        waiting: dict[SoundName, tuple[PeaksRequest | None, CancelToken]] = {}
        while True:
            box = self._mail.take(0.0 if waiting else None)
            if "stop" in box:
                return
            waiting |= {name: box[name] for name in ORDER if name in box}
            for name in ORDER:
                wanted, cancel = waiting.pop(name, (None, CancelToken()))
                if wanted is not None:
                    self._read(name, wanted, cancel)
                    break

    def _read(self, name: SoundName, wanted: PeaksRequest, cancel: CancelToken) -> None:
        path, sha256, streams = wanted
        own = name == "original"

        def tell(part: PeakPyramid) -> None:
            self._made.emit(cancel, self.peaks, name, part)

        try:
            build_peaks(path, self._cache, tell, cancel, sha256, tolerant=own, streams=streams)
            wav = decode_cached(path, self._cache, None, sha256, cancel=cancel, tolerant=own, streams=streams)
            self._made.emit(cancel, self.activity, name, wav_activity(wav, cancel))
        except Cancelled:
            return
        except UserError as error:
            self._made.emit(cancel, self.failed, name, str(error))
        except (OSError, soundfile.LibsndfileError):
            sentence = f'The decoded sound of "{path}" went away while it was read: open it again.'
            self._made.emit(cancel, self.failed, name, sentence)
        except Exception as error:
            self._made.emit(cancel, self.failed, name, unexpected("The waveform could not be made", error))

    @Slot(object, object, str, object)
    def _pass_on(self, cancel: CancelToken, signal: Any, name: str, content: object) -> None:
        """On the GUI thread: what was asked for before the last request is not told any more."""
        if not cancel.cancelled:
            signal.emit(name, content)
