"""The sound of a dub alone, as a WAV: the same samples that an export of the whole clip has, before any encoder."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import soundfile
from msgspec.structs import replace

from app.core.errors import MediaError
from app.core.project import Project
from app.engine.media.clip import Clip, Voice
from app.engine.media.output import check_folder_writable, check_place
from app.engine.progress import CancelToken
from app.engine.replacing import replacing
from app.engine.sound.extent import heard_project
from app.engine.sound.playback_mix import PlaybackMix, heard_takes, load_sounds

SUFFIX = ".wav"
BLOCK = 1 << 16
"""Samples at a time."""


def write_sound(
    project: Project, clip: Clip, voice: Voice, cache: Path, target: Path, cancel: CancelToken | None = None
) -> int:
    """Writes stereo of 24 bits at the highest rate of what is heard; returns the number of samples.

    What is muted or solo while listening does not matter. Raises UserError for sounds that cannot be decoded and where
    `target` cannot be written, Cancelled; nothing is left behind then.
    """
    cancel = cancel or CancelToken()
    check_place(target)
    check_folder_writable(target.parent)
    plain = replace(
        project,
        original_mix=replace(project.original_mix, mute=False, solo=False),
        voice_mix=replace(project.voice_mix, mute=False, solo=False),
    )
    heard, whole = heard_project(plain, clip, voice)
    sounds = load_sounds(clip, voice, cache, cancel, heard_takes(heard))
    assert sounds is not None, "a voice has a sound"
    count = round(whole.stop * sounds.rate)
    try:
        with (
            closing(PlaybackMix(heard, sounds, whole)) as mix,
            replacing(target, keep_suffix=True) as temporary,
            soundfile.SoundFile(temporary, "w", sounds.rate, 2, "PCM_24", format="WAV") as file,
        ):
            for first in range(0, count, BLOCK):
                cancel.check()
                file.write(mix.read(first, min(BLOCK, count - first)))
    except (OSError, soundfile.LibsndfileError) as error:
        raise MediaError(f'The sound "{target}" cannot be written ({error}): choose another folder.') from error
    return count
