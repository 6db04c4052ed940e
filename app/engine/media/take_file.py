"""A sound file as a voice that a segment can have of its own."""

from __future__ import annotations

from pathlib import Path

from app.core.project import Take
from app.core.streams import AUTOMATIC, Streams
from app.engine.media.clip import open_voice
from app.engine.progress import CancelToken


def take_of(path: Path, cancel: CancelToken | None = None, streams: Streams = AUTOMATIC) -> Take:
    """The take in a file. Raises MediaError for what is no usable sound, Cancelled when asked to stop."""
    voice = open_voice(path.absolute(), cancel, streams=streams)
    return Take(voice.path, voice.duration, voice.sha256, streams)
