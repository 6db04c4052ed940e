"""What the end-to-end tests are made of: a short puppet, tiny networks, and independent readers of the results."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import soundfile
from numpy.typing import NDArray

from app.cli import main
from app.engine.puppet.clip import puppet_frames
from app.engine.puppet.renderer import Puppet
from app.engine.puppet.speech import Speech, TimedPhoneme, Timing, load_voice
from tests.unit.engine.media.synth import ClipRecipe, make_clip

SIZE = 256
"""Side of the puppet's picture."""
SECONDS = 1.2
"""Length of the puppet's sentence."""


def short_speech(name: str = "a", start: float = 1.0, seconds: float = SECONDS) -> Speech:
    """A stretch of a committed sentence, with the timing that belongs to it."""
    whole = load_voice(name)
    rate, stop = whole.timing.sample_rate, start + seconds
    phonemes = tuple(
        TimedPhoneme(max(p.start, start) - start, min(p.end, stop) - max(p.start, start), p.phoneme)
        for p in whole.timing.phonemes
        if p.end > start and p.start < stop
    )
    timing = Timing(whole.timing.text, whole.timing.voice, rate, phonemes)
    return Speech(timing, whole.samples[round(start * rate) : round(stop * rate)].copy())


def puppet_pictures(count: int) -> list[NDArray[np.uint8]]:
    """The first frames of the puppet's sentence at 25 fps."""
    speech = short_speech()
    frames = puppet_frames(Puppet(speech.timing, speech.duration, None, SIZE), Fraction(25))
    return [picture for picture, _ in zip(frames, range(count), strict=False)]


def write_voice(path: Path, seconds: float, rate: int = 22050, name: str = "b") -> Path:
    """The first seconds of a committed sentence, as a sound file."""
    speech = short_speech(name, 0.5, seconds)
    step = speech.timing.sample_rate / rate
    at = (np.arange(round(seconds * rate)) * step).astype(int)
    soundfile.write(path, speech.samples[np.minimum(at, len(speech.samples) - 1)], rate)
    return path


def write_clicks(path: Path, times: list[float], seconds: float, rate: int = 48000) -> Path:
    """Silence with a loud click of 2 ms at each of the times."""
    samples = np.zeros(round(seconds * rate), np.float32)
    for time in times:
        first = round(time * rate)
        samples[first : first + rate // 500] = 0.9
    soundfile.write(path, samples, rate)
    return path


def grey(count: int) -> list[NDArray[np.uint8]]:
    """Frames without a face."""
    return [np.full((SIZE, SIZE, 3), 90, np.uint8)] * count


def silent_clip(path: Path, pictures: list[NDArray[np.uint8]], **more: Any) -> Path:
    """A clip of these pictures at 25 fps without sound; `more` changes the recipe."""
    recipe = {"pts": [i * 512 for i in range(len(pictures))], "size": (SIZE, SIZE), "pictures": pictures}
    return make_clip(path, ClipRecipe(**(recipe | more)))


def redub(*arguments: object) -> int:
    """Runs the command line in this process; returns its exit code."""
    return main([str(argument) for argument in arguments])


@dataclass(frozen=True)
class Dub:
    """A finished dub and its report."""

    file: Path
    report: dict[str, Any]


@dataclass(frozen=True)
class Dubbing:
    """Runs `dub` with tiny weights; what it makes lies in a folder of its own."""

    weights: Path
    folder: Path

    def __call__(self, clip: Path, voice: Path, *options: object) -> Dub:
        """The dub, which must succeed."""
        number = len(list(self.folder.glob("*.json")))
        file, report = self.folder / f"{number}.mp4", self.folder / f"{number}.json"
        arguments = ["dub", clip, voice, "-o", file, "--weights", self.weights, "--device", "cpu", "--report", report]
        assert redub(*arguments, *options) == 0
        return Dub(file, msgspec.json.decode(report.read_bytes()))


def ffprobe(file: Path, *options: str) -> dict[str, Any]:
    """What ffprobe, which is none of ours, says of a file."""
    command = ["ffprobe", "-v", "error", "-of", "json", *options, str(file)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def streams(file: Path) -> dict[str, dict[str, Any]]:
    """The streams by kind."""
    return {stream["codec_type"]: stream for stream in ffprobe(file, "-show_streams")["streams"]}


def frame_times(file: Path) -> list[Fraction]:
    """The exact presentation times of all decoded pictures, from the first one on."""
    found = ffprobe(file, "-select_streams", "v", "-show_entries", "frame=pts:stream=time_base")
    base = Fraction(found["streams"][0]["time_base"])
    stamps = [frame["pts"] for frame in found["frames"]]
    return [(stamp - stamps[0]) * base for stamp in stamps]


def sound_of(file: Path, rate: int = 48000) -> NDArray[np.float32]:
    """The file's sound as FFmpeg decodes it from its time 0 on: mono."""
    command = ["ffmpeg", "-v", "error", "-i", str(file), "-vn", "-ac", "1", "-ar", str(rate), "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.float32)


def pictures_of(file: Path) -> NDArray[np.uint8]:
    """All pictures as FFmpeg decodes them: N x H x W grey."""
    video = streams(file)["video"]
    form = ["-f", "rawvideo", "-pix_fmt", "gray", "-fps_mode", "passthrough"]
    command = ["ffmpeg", "-v", "error", "-i", str(file), *form, "-"]
    raw = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.uint8)
    return raw.reshape(-1, video["height"], video["width"])


def click_times(file: Path, rate: int = 48000) -> list[float]:
    """When clicks start in a file's sound, in seconds."""
    loud = np.flatnonzero(np.abs(sound_of(file, rate)) > 0.3)
    starts = loud[np.diff(loud, prepend=-rate) > rate // 20]
    return [float(start) / rate for start in starts]
