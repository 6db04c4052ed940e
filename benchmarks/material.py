"""Clips and voices to measure with, made from the puppet: nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np
import soundfile

from app.engine.media.frame import frame_of_rgb
from app.engine.media.opencv import cv2
from app.engine.media.writer import VideoWriter
from app.engine.ports import Image
from app.engine.puppet.clip import puppet_frames
from app.engine.puppet.renderer import Puppet
from app.engine.puppet.speech import load_voice

FPS = Fraction(25)


def make_clip(target: Path, seconds: int, size: tuple[int, int] = (1280, 720)) -> Path:
    """The puppet at `size`, speaking sentence A there and back, under its sound over and over: both `seconds` long."""
    speech = load_voice("a")
    puppet = Puppet(speech.timing, speech.duration)
    base = [_resized(frame, size[1]) for frame in puppet_frames(puppet, FPS)]
    rate = speech.timing.sample_rate
    pieces = (np.arange(second * rate, (second + 1) * rate) for second in range(seconds))
    sound = (speech.samples.take(piece, mode="wrap")[:, None] for piece in pieces)
    with VideoWriter(
        target,
        size,
        1 / FPS,
        FPS,
        audio_rate=rate,
        audio_channels=1,
        sound=sound,
    ) as writer:
        for index, frame in enumerate(islice(_there_and_back(base), seconds * int(FPS))):
            writer.write(_on_canvas(frame, size), index)
    return target


def make_voice(target: Path, seconds: int) -> Path:
    """Sentence B over and over, `seconds` long."""
    speech = load_voice("b")
    count = seconds * speech.timing.sample_rate
    samples = np.resize(speech.samples, count)
    soundfile.write(target, samples, speech.timing.sample_rate)
    return target


def _resized(frame: Image, side: int) -> Image:
    return cv2.resize(frame, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def _there_and_back(frames: list[Image]) -> Iterator[Image]:
    """The frames forwards and backwards without end, so that no cut shows."""
    return cycle([*frames, *frames[-2:0:-1]])


def _on_canvas(frame: Image, size: tuple[int, int]) -> av.VideoFrame:
    """The square frame in the middle of a wider one, its edges stretched outwards."""
    side = (size[0] - frame.shape[1]) // 2
    wide = cv2.copyMakeBorder(frame, 0, 0, side, size[0] - frame.shape[1] - side, cv2.BORDER_REFLECT)
    return frame_of_rgb(wide.astype(np.uint8))
