"""A clip as a lesson in how its person speaks: landmarks of its frames and what the network hears at them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import MediaError
from app.engine.dub.dubbing import NewVoice
from app.engine.dub.face_plan import FacePlan
from app.engine.media.audio import network_audio
from app.engine.media.mel import RATE, speech_gain
from app.engine.media.reader import VideoReader
from app.engine.ports import Dubber
from app.engine.sound.activity import voice_activity
from app.engine.sound.listener import Listener, make_listener

LEAST_SPEECH = Fraction(5)
"""Seconds of speech that a clip must hold to be learned from."""
_ANOTHER_FPS = 25


class OwnSpeech(msgspec.Struct, frozen=True):
    """What is learned from: N frames of one face, in order, with the clip's own sound."""

    points: NDArray[np.float32]
    """N x 68 x 2, as shares of the crop's side."""
    sounds: NDArray[np.float32]
    """N x rows x columns."""
    another: NDArray[np.float32]
    """M x rows x columns: another voice, by which what was learned is checked."""
    silence: NDArray[np.float32]
    """1 x rows x columns."""


def own_speech(reader: VideoReader, plan: FacePlan, dubber: Dubber, another: Path, cache: Path) -> OwnSpeech:
    """Gathers it; only frames in which the face was found for certain.

    `another`: the file of a voice that is not the clip's. Raises MediaError for a clip without sound, and for one with
    less than `LEAST_SPEECH` of speech.
    """
    if reader.info.audio is None:
        raise MediaError(f'"{reader.path}" has no sound to learn from: choose a clip in which the person speaks.')
    sound, listener = network_audio(reader.path, cache, tolerant=True), make_listener(dubber)
    spoken = sum((span.stop - span.start for span in voice_activity(sound)), Fraction(0))
    if spoken < LEAST_SPEECH:
        raise MediaError(
            f'"{reader.path}" holds {float(spoken):.1f} s of speech, and {LEAST_SPEECH} s are needed to learn from: '
            "choose a longer clip."
        )
    frames = [index for index in plan.indices if plan.is_sure(index)]
    times = [reader.timestamps[index] * reader.video.time_base for index in frames]
    return OwnSpeech(
        np.stack([plan.true_points(index) for index in frames]).astype(np.float32),
        NewVoice(sound, speech_gain(sound), Fraction(0), listener).windows(times),
        _windows_of(another, listener, cache),
        listener.windows(np.zeros(RATE, np.float32), [Fraction(1, 2)], 1.0),
    )


def _windows_of(file: Path, listener: Listener, cache: Path) -> NDArray[np.float32]:
    """Windows of all of a voice."""
    sound = network_audio(file, cache)
    times = [Fraction(k, _ANOTHER_FPS) for k in range(len(sound) * _ANOTHER_FPS // RATE)]
    return listener.windows(sound, times, speech_gain(sound))
