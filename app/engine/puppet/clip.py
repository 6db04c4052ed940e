"""Writes a puppet's sentence as a clip with sound."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from app.engine.media.frame import frame_of_rgb
from app.engine.media.writer import VideoWriter
from app.engine.ports import Image
from app.engine.progress import CancelToken, Progress, no_progress
from app.engine.puppet.espeak import speak
from app.engine.puppet.renderer import Puppet
from app.engine.puppet.sentences import SpokenText
from app.engine.puppet.speech import Speech, padded
from app.engine.puppet.style import PuppetStyle

_LEAD, _TAIL = 0.3, 0.4
"""Seconds of silence around a sentence that is spoken for training."""
_BLOCK = 4096
"""Samples of sound that are handed to the writer at a time."""


def frame_count(duration: float, fps: Fraction) -> int:
    """How many frames a sentence of `duration` seconds has: its last one begins before the sound ends."""
    return max(1, -int(-Fraction(duration).limit_denominator(1_000_000) * fps // 1))


def puppet_frames(puppet: Puppet, fps: Fraction) -> Iterator[Image]:
    """The frames of a whole sentence, frame n at exactly n / fps seconds."""
    for index in range(frame_count(puppet.duration, fps)):
        yield puppet.render(float(index / fps))


def speak_for_puppet(spoken: SpokenText) -> Speech:
    """Speaks a training sentence, with a little silence around it. Raises UserError without libespeak-ng."""
    return padded(speak(spoken.text, spoken.voice), _LEAD, _TAIL)


def write_puppet_clip(
    sentence: Speech,
    target: Path,
    fps: Fraction = Fraction(25),
    style: PuppetStyle | None = None,
    size: int = 512,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Puppet:
    """Renders `sentence` and writes it to `target` (MP4: H.264 CRF 16, AAC); returns the puppet, for its true opening.

    `size` must be even. The clip is written beside the target under a temporary name and renamed when whole.
    Raises MediaError where the target cannot be written, ValueError for an odd size, Cancelled when told to stop.
    """
    if size % 2:
        raise ValueError("the size of a puppet clip must be even")
    puppet = Puppet(sentence.timing, sentence.duration, style, size)
    total, token = frame_count(puppet.duration, fps), cancel or CancelToken()

    rate = sentence.timing.sample_rate
    sound = (sentence.samples[at : at + _BLOCK, None] for at in range(0, len(sentence.samples), _BLOCK))
    with VideoWriter(target, (size, size), 1 / fps, fps, audio_rate=rate, audio_channels=1, sound=sound) as writer:
        for index, image in enumerate(puppet_frames(puppet, fps)):
            token.check()
            writer.write(frame_of_rgb(image), index)
            progress("puppet", index + 1, total)
    return puppet
