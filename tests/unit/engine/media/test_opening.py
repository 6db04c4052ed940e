"""Files by their names as they are, and the stream of them that is meant."""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
from av.stream import Disposition

from app.cli.options import json_of
from app.core.errors import MediaError
from app.core.names import readable
from app.engine.media.probe import probe
from app.engine.media.reader import VideoReader
from app.engine.media.writer import VideoWriter
from tests.unit.engine.media.synth import ClipRecipe, make_clip

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows allows no such names and has no such pipes")
NAMES = ["10:30 scene.mp4", "file:x.mp4", "pipe:0.mp4", "a:b,c|d%03d.mp4", os.fsdecode(b"caf\xe9.mp4")]


@POSIX
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    source = make_clip(tmp_path / "clip.mp4", ClipRecipe(sound=True))
    monkeypatch.chdir(tmp_path)
    source.rename(name)
    with VideoReader(Path(name)) as reader:
        assert sum(1 for _ in reader.frames()) == 20
    with VideoWriter(Path(f"o {name}"), (64, 48), Fraction(1, 25), Fraction(25)) as writer:
        for index in range(3):
            writer.write(av.VideoFrame(64, 48, "yuv420p"), index)
    assert probe(Path(f"o {name}")).video is not None
    assert len(list(tmp_path.iterdir())) == 2


@POSIX
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "voice.wav")
    with pytest.raises(MediaError, match="pipe or a device"):
        probe(tmp_path / "voice.wav")


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="cannot be read"):
        probe(tmp_path / ("n" * 300))


@POSIX
def test_a_name_that_is_no_text_stands_in_json(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.wav")
    assert readable("Zoë") == "Zoë"
    assert msgspec.json.decode(json_of({"voice": [name]})) == {"voice": ["caf\\xe9.wav"]}


def _tracks(path: Path, pictures: list[tuple[int, int, bool]], sounds: list[bool]) -> Path:
    """A Matroska file with pictures of (width, frames, default) and sounds that are the default or not."""
    with av.open(str(path), "w") as container:
        films: list[tuple[av.VideoStream, int]] = []
        for width, frames, default in pictures:
            stream = container.add_stream("libx264", rate=25, options={"bf": "0"})
            stream.width, stream.height, stream.pix_fmt = width, 48, "yuv420p"
            stream.disposition = Disposition(int(default))
            films.append((stream, frames))
        tracks = [container.add_stream("aac", rate=48000, layout="mono") for _ in sounds]
        for track, default in zip(tracks, sounds, strict=True):
            track.disposition = Disposition(int(default))
        for stream, frames in films:
            for index in range(frames):
                frame = av.VideoFrame(stream.width, 48, "yuv420p")
                frame.pts, frame.time_base = index, Fraction(1, 25)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        for track in tracks:
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), "fltp", "mono")
            sound.sample_rate, sound.pts = 48000, 0
            container.mux(track.encode(sound))
            container.mux(track.encode(None))
    return path


@pytest.mark.parametrize(
    ("pictures", "sounds", "wanted", "words"),
    [
        ([(32, 1, False), (64, 25, True)], [True], (1, 2), "more than a single picture"),
        ([(32, 1, True), (64, 25, False)], [True], (1, 2), "more than a single picture"),
        ([(32, 25, False), (64, 25, True)], [True], (1, 2), "it is the default"),
        ([(64, 25, True), (32, 25, True)], [True], (0, 2), "the largest"),
        ([(64, 25, True)], [False, True], (0, 2), "sound tracks stream 2 is used, for it is the default"),
        ([(64, 25, True)], [False, False], (0, 1), "the first"),
    ],
)
def test_the_stream_that_is_meant(
    tmp_path: Path, pictures: list[tuple[int, int, bool]], sounds: list[bool], wanted: tuple[int, int], words: str
) -> None:
    info = probe(_tracks(tmp_path / "clip.mkv", pictures, sounds))
    assert info.video is not None and info.audio is not None
    assert (info.video.stream, info.audio.stream) == wanted
    assert any(words in sentence for sentence in info.warnings)


def test_a_stream_that_cannot_be_decoded_is_left(tmp_path: Path) -> None:
    path = _tracks(tmp_path / "clip.mkv", [(64, 25, True)], [True, False])
    data = bytearray(path.read_bytes())
    at = data.index(b"A_AAC")
    data[at : at + 5] = b"A_XYZ"
    path.write_bytes(bytes(data))
    info = probe(path)
    assert info.audio is not None and info.audio.stream == 2
