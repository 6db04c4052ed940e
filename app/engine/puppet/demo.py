"""The demo's material: a clip of the puppet that says sentence A, and sentence B for it to say instead."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.core.errors import MediaError
from app.engine.progress import CancelToken, Progress, no_progress
from app.engine.puppet.clip import write_puppet_clip
from app.engine.puppet.speech import VOICES_FOLDER, load_voice


def make_demo(folder: Path, progress: Progress = no_progress, cancel: CancelToken | None = None) -> tuple[Path, Path]:
    """Writes both into `folder`, which is there; returns (clip, voice).

    Raises MediaError where they cannot be written, Cancelled when told to stop.
    """
    clip, voice = folder / "puppet.mp4", folder / "voice.flac"
    write_puppet_clip(load_voice("a"), clip, progress=progress, cancel=cancel)
    try:
        shutil.copyfile(VOICES_FOLDER / "b.flac", voice)
    except OSError as error:
        raise MediaError(f'The voice cannot be copied to "{voice}" ({error.strerror}): choose another.') from error
    return clip, voice
