"""Writes a puppet's sentence as a clip with sound."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np

from app.core.errors import MediaError
from app.engine.ports import Image
from app.engine.progress import CancelToken, Progress, no_progress
from app.engine.puppet.espeak import speak
from app.engine.puppet.renderer import Puppet
from app.engine.puppet.sentences import SpokenText
from app.engine.puppet.speech import Speech, padded
from app.engine.puppet.style import PuppetStyle

_LEAD, _TAIL = 0.3, 0.4
"""Seconds of silence around a sentence that is spoken for training."""


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

    def watched() -> Iterator[Image]:
        for index, frame in enumerate(puppet_frames(puppet, fps)):
            token.check()
            yield frame
            progress("puppet", index + 1, total)

    part = target.with_name(f".{target.name}.part.mp4")
    try:
        _write(part, watched(), sentence, fps, size)
        part.replace(target)
    except (OSError, av.error.FFmpegError) as error:
        raise MediaError(f"{target} cannot be written ({error}); choose another folder or make room.") from error
    finally:
        part.unlink(missing_ok=True)
    return puppet


def _write(path: Path, frames: Iterator[Image], sentence: Speech, fps: Fraction, size: int) -> None:
    """H.264 (BT.709, yuv420p) and AAC into an MP4 at `path`."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        video = container.add_stream("libx264", rate=fps, options={"crf": "16", "preset": "medium"})
        video.width = video.height = size
        video.pix_fmt = "yuv420p"
        video.codec_context.color_primaries = video.codec_context.color_trc = video.codec_context.colorspace = 1
        video.codec_context.color_range = 1
        video.codec_context.time_base = 1 / fps
        audio = container.add_stream("aac", rate=sentence.timing.sample_rate, options={"b": "96k"})
        audio.codec_context.layout = "mono"
        for index, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), "rgb24")
            frame = frame.reformat(
                format="yuv420p", src_colorspace="ITU709", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = index, 1 / fps
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for sound in _sound(sentence):
            container.mux(audio.encode(sound))
        container.mux(audio.encode(None))


def _sound(sentence: Speech) -> Iterator[av.AudioFrame]:
    rate, step = sentence.timing.sample_rate, 1024
    for start in range(0, len(sentence.samples), step):
        block = np.ascontiguousarray(sentence.samples[None, start : start + step])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame
