"""Media files spoilt in many ways, the same for the same seed; and a process of its own in which they are tried."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import struct
import time
import traceback
from collections.abc import Callable
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import av
import msgspec
import numpy as np
from av.container import OutputContainer

from app.cli import dub, inspect, main
from app.engine.ports import DetectedFace, Image
from tests.unit.engine.rendering import QuickDubber, face_points

SIDE, FRAMES = 128, 12
SECONDS = Fraction(FRAMES, 25)
HEAD = 700
"""Bytes at either end of a file in which most of what describes it stands."""
LIES = (0, 1, 2**31 - 1, 2**31, 2**32 - 1, 0x7FFFFFF0)
"""Sizes, counts and times that a header may claim."""

CLIPS = {
    "h264.mp4": ("libx264", "yuv420p", "aac", {}), "h264.mkv": ("libx264", "yuv420p", "flac", {}),
    "h264.ts": ("libx264", "yuv420p", "mp2", {}), "h264.flv": ("libx264", "yuv420p", "aac", {}),
    "h265.mp4": ("libx265", "yuv420p10le", "aac", {"x265-params": "log-level=none:pools=1"}),
    "mpeg4.avi": ("mpeg4", "yuv420p", "mp3", {}), "vp9.webm": ("libvpx-vp9", "yuv420p", "libopus", {"cpu-used": "8"}),
    "prores.mov": ("prores_ks", "yuv422p10le", "pcm_s16le", {}), "mpeg2.mpg": ("mpeg2video", "yuv420p", "mp2", {}),
    "mjpeg.avi": ("mjpeg", "yuvj420p", "pcm_s16le", {}), "ffv1.mkv": ("ffv1", "yuv420p", "pcm_s16le", {}),
}  # fmt: skip
VOICES = {"plain.wav": "pcm_s16le", "float.wav": "pcm_f32le", "voice.mp3": "mp3", "voice.flac": "flac"} | {
    "voice.ogg": "libopus", "voice.m4a": "aac", "voice.ac3": "ac3"
}  # fmt: skip


def _wave(count: int, rate: int) -> av.AudioFrame:
    at = np.arange(count) / rate
    samples = (0.3 * np.sin(2 * np.pi * 220 * at) * (1 + np.sin(2 * np.pi * 4 * at))).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(samples[None], "flt", "mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    return frame


def _add_sound(container: OutputContainer, codec: str) -> Callable[[], None]:
    """A track of `SECONDS`; the result writes it."""
    stream = container.add_stream(codec, rate=48000, layout="mono")
    assert isinstance(stream, av.AudioStream)

    def write() -> None:
        form = stream.codec_context.format.name
        resampler = av.AudioResampler(form, "mono", 48000, stream.codec_context.frame_size or 1024)
        for frame in [*resampler.resample(_wave(int(48000 * SECONDS), 48000)), *resampler.resample(None)]:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    return write


def _clip(path: Path, codec: str, form: str, sound: str, options: dict[str, str]) -> None:
    rng = np.random.default_rng(4)
    base = np.kron(rng.integers(30, 220, (SIDE // 8 + 2, SIDE // 8 + 2, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, form
        stream.codec_context.gop_size = 6
        write_sound = _add_sound(container, sound)
        for number in range(FRAMES):
            picture = np.ascontiguousarray(np.roll(base, number, axis=1)[:SIDE, :SIDE])
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=form)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        write_sound()


def make_originals(folder: Path) -> None:
    """Whole clips and voices of usual kinds."""
    for name, recipe in CLIPS.items():
        _clip(folder / name, *recipe)
    for name, codec in VOICES.items():
        with av.open(str(folder / name), "w") as container:
            _add_sound(container, codec)()


class Mutation(NamedTuple):
    """A spoilt file and the whole one beside it."""

    how: str
    clip: Path
    voice: Path


def _flip_bits(data: bytearray, rng: np.random.Generator, _other: bytes) -> bytearray:
    for place in rng.integers(0, len(data), int(rng.integers(1, 40))):
        data[place] ^= 1 << int(rng.integers(8))
    return data


def _flip_head(data: bytearray, rng: np.random.Generator, _other: bytes) -> bytearray:
    for _ in range(int(rng.integers(1, 12))):
        place = int(rng.integers(0, min(HEAD, len(data))))
        data[place if rng.integers(2) else -1 - place] ^= 1 << int(rng.integers(8))
    return data


def _lie(data: bytearray, rng: np.random.Generator, _other: bytes) -> bytearray:
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(0, max(1, min(HEAD, len(data) - 4))))
        place = place if rng.integers(2) else max(0, len(data) - 4 - place)
        data[place : place + 4] = struct.pack("<I" if rng.integers(2) else ">I", LIES[rng.integers(len(LIES))])
    return data


def _cut(data: bytearray, rng: np.random.Generator, _other: bytes) -> bytearray:
    return data[: int(rng.integers(1, len(data)))]


def _behead(data: bytearray, rng: np.random.Generator, _other: bytes) -> bytearray:
    return data[int(rng.integers(1, len(data) // 2)) :]


def _blank(data: bytearray, rng: np.random.Generator, _other: bytes) -> bytearray:
    first, count = int(rng.integers(0, len(data))), int(rng.integers(1, 4000))
    data[first : first + count] = bytes(len(data[first : first + count]))
    return data


def _repeat(data: bytearray, rng: np.random.Generator, _other: bytes) -> bytearray:
    first, count = int(rng.integers(0, len(data))), int(rng.integers(1, 4000))
    return data[: first + count] + data[first:]


def _lose(data: bytearray, rng: np.random.Generator, _other: bytes) -> bytearray:
    first, count = int(rng.integers(0, len(data))), int(rng.integers(1, 4000))
    return data[:first] + data[first + count :]


def _splice(data: bytearray, rng: np.random.Generator, other: bytes) -> bytearray:
    return data[: int(rng.integers(1, len(data)))] + other[int(rng.integers(0, len(other))) :]


def _join(data: bytearray, _rng: np.random.Generator, other: bytes) -> bytearray:
    return data + other


WAYS = {
    "bits": _flip_bits, "bits of the header": _flip_head, "lying header": _lie, "cut": _cut, "no beginning": _behead,
    "blanked": _blank, "repeated": _repeat, "lost": _lose, "spliced": _splice, "joined": _join,
}  # fmt: skip


def mutated(originals: Path, folder: Path, seed: int) -> Mutation:
    """The spoilt file of that number, written into `folder`."""
    rng = np.random.default_rng(seed)
    of_voice = seed % 3 == 2
    names = sorted(VOICES if of_voice else CLIPS)
    name, other = names[rng.integers(len(names))], names[rng.integers(len(names))]
    way = list(WAYS)[seed % len(WAYS)]
    data = WAYS[way](bytearray((originals / name).read_bytes()), rng, (originals / other).read_bytes())
    spoilt = folder / f"{seed}-{name}"
    spoilt.write_bytes(data)
    if of_voice:
        return Mutation(f"{way}, {name}", originals / "ffv1.mkv", spoilt)
    return Mutation(f"{way}, {name}", spoilt, originals / "plain.wav")


class Tried(msgspec.Struct, frozen=True):
    """What became of one command."""

    code: int | None
    """None where it raised."""
    said: str
    """On standard error."""
    seconds: float
    """Of the processor."""


class _OneFace:
    """A detector that sees one face in the middle of every frame."""

    name = "made up"

    def detect(self, image: Image) -> list[DetectedFace]:
        height, width = image.shape[:2]
        return [DetectedFace(face_points(width / 2, height / 3, min(width, height) / 6), 1.0)]

    def reset(self) -> None:
        """There is nothing to forget."""

    def close(self) -> None:
        """There is nothing to close."""


def _serve(pipe: Connection, cache: str) -> None:
    """The process's own work: commands in, what became of them out."""
    os.environ["REDUB_CACHE"] = cache
    inspect.make_detector = dub.make_detector = lambda *_arguments: _OneFace()
    dub.make_dubber = lambda *_arguments: QuickDubber()
    while (arguments := pipe.recv()) is not None:
        said, began = io.StringIO(), time.process_time()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            try:
                code = main(arguments)
            except BaseException:
                code = None
                said.write(traceback.format_exc())
        pipe.send(Tried(code, said.getvalue(), time.process_time() - began))


class Workshop:
    """A process in which commands are run, and which is replaced when one of them ends it or takes too long."""

    def __init__(self, cache: Path, limit: float) -> None:
        """`limit` seconds are given to each command."""
        self._cache, self._limit = cache, limit
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, str(self._cache)), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, *arguments: object) -> Tried | str:
        """What became of the command; "hang" or "crash" where it never answered."""
        try:
            self._pipe.send([str(argument) for argument in arguments])
            if self._pipe.poll(self._limit):
                return self._pipe.recv()
            outcome = "hang"
        except (EOFError, BrokenPipeError, ConnectionResetError):
            outcome = "crash"
        self._process.kill()
        self._process.join()
        self._start()
        return outcome

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.join()
