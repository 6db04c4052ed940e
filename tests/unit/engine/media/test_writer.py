"""Exports: exact stamps, right tags, all or nothing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from app.core.errors import MediaError
from app.engine.media.colour import ColourTags
from app.engine.media.encoders import EncoderSettings
from app.engine.media.frame import plane_view
from app.engine.media.probe import probe
from app.engine.media.reader import VideoReader
from app.engine.media.writer import VideoWriter, aac_rate
from tests.disk import full_disk
from tests.unit.engine.media.synth import ClipRecipe, grey_of, make_clip

QUICK = EncoderSettings(preset="ultrafast")


def _grey(index: int) -> av.VideoFrame:
    frame = av.VideoFrame(64, 48, "yuv420p")
    for number in range(3):
        plane_view(frame, number, writable=True)[:] = 128 if number else grey_of(index)
    return frame


def _ffprobe(path: Path) -> dict[str, Any]:
    entries = "packet=pts,duration,stream_index,pos:stream:format"
    command = ["ffprobe", "-v", "error", "-show_entries", entries, "-show_streams", "-of", "json", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def _write(target: Path, pts: Sequence[int], base: Fraction, fps: Fraction, **more: Any) -> Path:
    with VideoWriter(target, (64, 48), base, fps, settings=more.pop("settings", QUICK), **more) as writer:
        for index, stamp in enumerate(pts):
            writer.write(_grey(index), stamp)
    return target


RATES = {
    "23.976": (Fraction(1, 24000), 1001, Fraction(24000, 1001)),
    "25": (Fraction(1, 12800), 512, Fraction(25)),
    "25 coarse": (Fraction(1, 25), 1, Fraction(25)),
    "29.97": (Fraction(1001, 30000), 1, Fraction(30000, 1001)),
    "30": (Fraction(1, 90000), 3000, Fraction(30)),
    "50": (Fraction(1, 12800), 256, Fraction(50)),
    "59.94": (Fraction(1, 60000), 1001, Fraction(60000, 1001)),
}


@pytest.mark.parametrize("start", [0, 7])
@pytest.mark.parametrize("name", [*RATES, "variable"])
def test_stamps_come_out_as_they_went_in(tmp_path: Path, name: str, start: int) -> None:
    if name == "variable":
        base, fps = Fraction(1, 90000), Fraction(25)
        pts = (np.cumsum(np.random.default_rng(2).integers(900, 9000, 40)) + start * 111).tolist()
    else:
        base, step, fps = RATES[name]
        pts = [start * step + index * step for index in range(40)]
    settings = EncoderSettings(preset="veryfast")  # with B-frames
    found = _ffprobe(_write(tmp_path / "out.mp4", pts, base, fps, settings=settings))
    stream = found["streams"][0]
    written = Fraction(stream["time_base"])
    packets = sorted(int(item["pts"]) for item in found["packets"])
    assert [stamp * written for stamp in packets] == [stamp * base for stamp in pts]
    with VideoReader(tmp_path / "out.mp4") as reader:
        assert [frame.time for frame in reader.frames()] == [(stamp - pts[0]) * base for stamp in pts]
        assert reader.info.origin == pts[0] * base
        assert reader.video.duration == (2 * pts[-1] - pts[-2] - pts[0]) * base


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("name", ["29.97", "variable"])
def test_a_clip_goes_through_reader_and_writer(tmp_path: Path, name: str, rotation: int) -> None:
    pts = [i * 1001 for i in range(25)]
    if name == "variable":
        pts = np.cumsum(np.random.default_rng(2).integers(300, 3000, 25)).tolist()
    recipe = ClipRecipe(pts=pts, time_base=Fraction(1, 30000), fps=Fraction(30), rotation=rotation, sound=True)
    clip, target = make_clip(tmp_path / "in.mp4", recipe), tmp_path / "out.mp4"
    with VideoReader(clip) as reader:
        base, fps = reader.video.time_base, reader.video.fps
        silence = (np.zeros((1000, 1), np.float32) for _ in range(20))
        with VideoWriter(
            target, reader.size, base, fps, settings=QUICK, audio_rate=16000, audio_channels=1, sound=silence
        ) as writer:
            for frame in reader.frames():
                writer.write(frame.yuv, frame.pts)
        before = [(frame.time, round(float(plane_view(frame.yuv, 0).mean()))) for frame in reader.frames()]
    with VideoReader(target) as reader:
        after = [(frame.time, round(float(plane_view(frame.yuv, 0).mean()))) for frame in reader.frames()]
        assert reader.size == ((48, 64) if rotation else (64, 48)) and reader.video.rotation == 0
    assert [time for time, _ in after] == [time for time, _ in before]
    assert [grey for _, grey in after] == pytest.approx([grey for _, grey in before], abs=1)


@pytest.mark.parametrize("tags", [(1, 1, 1, 1), (6, 6, 6, 1), (1, 1, 1, 2), (2, 2, 2, 0)])
def test_colour_tags_are_kept(tmp_path: Path, tags: tuple[int, int, int, int]) -> None:
    wanted = ColourTags(*tags)
    _write(tmp_path / "out.mp4", [0, 1, 2], Fraction(1, 25), Fraction(25), tags=wanted)
    video = probe(tmp_path / "out.mp4").video
    assert video is not None
    assert (video.colour.primaries, video.colour.transfer, video.colour.matrix) == tags[:3]
    assert video.colour.full == wanted.full


def test_the_index_is_in_front_and_the_origin_told(tmp_path: Path) -> None:
    target = _write(tmp_path / "out.mp4", [0, 1, 2], Fraction(1, 25), Fraction(25), metadata={"comment": "dubbed"})
    data = target.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert _ffprobe(target)["format"]["tags"]["comment"] == "dubbed"


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_sound_lands_where_it_belongs(tmp_path: Path, rate: int) -> None:
    """A click at 1.5 s comes out there, to within the smear of AAC."""
    sound = np.zeros((2 * rate, 2), np.float32)
    sound[rate * 3 // 2] = 0.9
    chunks = np.array_split(sound, 50)
    _write(tmp_path / "o.mp4", range(50), Fraction(1, 25), Fraction(25), audio_rate=rate, sound=iter(chunks))
    with av.open(str(tmp_path / "o.mp4")) as container:
        stream = container.streams.audio[0]
        assert stream.rate == rate
        frames = [(float(frame.pts * frame.time_base), frame.to_ndarray()[0]) for frame in container.decode(stream)]
    peak = max(frames, key=lambda item: float(np.abs(item[1]).max()))
    time = peak[0] + int(np.abs(peak[1]).argmax()) / rate
    assert time == pytest.approx(1.5, abs=2 / rate)


def test_picture_and_sound_are_interleaved(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (48000 * 8, 1)).astype(np.float32)
    target = _write(
        tmp_path / "o.mp4",
        range(200),
        Fraction(1, 25),
        Fraction(25),
        audio_rate=48000,
        audio_channels=1,
        sound=iter(np.array_split(noise, 100)),
    )
    packets = sorted(_ffprobe(target)["packets"], key=lambda item: int(item["pos"]))
    halves = [{item["stream_index"] for item in part} for part in np.array_split(np.array(packets, object), 8)]
    assert all(half == {0, 1} for half in halves)


def test_rates_that_aac_lacks_go_up_to_the_next() -> None:
    assert [aac_rate(rate) for rate in (8000, 44100, 37800, 192000)] == [8000, 44100, 44100, 96000]


def test_an_exception_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"before")
    with pytest.raises(KeyError), VideoWriter(target, (64, 48), Fraction(1, 25), Fraction(25)) as writer:
        writer.write(_grey(0), 0)
        raise KeyError
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
    assert target.read_bytes() == b"before"


def test_nothing_written_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(MediaError, match="holds no frame"),
        VideoWriter(tmp_path / "out.mp4", (64, 48), Fraction(1, 25), Fraction(25)),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_misuse(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="even"):
        VideoWriter(tmp_path / "out.mp4", (63, 48), Fraction(1, 25), Fraction(25))
    with (
        pytest.raises(ValueError, match="ascend"),
        VideoWriter(tmp_path / "out.mp4", (64, 48), Fraction(1, 25), Fraction(25)) as writer,
    ):
        writer.write(_grey(0), 5)
        writer.write(_grey(0), 5)
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_is_not_there_leaves_nothing(tmp_path: Path) -> None:
    settings = EncoderSettings("h264_of_tomorrow")
    with (
        pytest.raises((MediaError, ValueError)),
        VideoWriter(tmp_path / "out.mp4", (64, 48), Fraction(1, 25), Fraction(25), settings=settings),
    ):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("room", [30_000, 1_000_000])
def test_a_full_disk_is_told_and_cleared(tmp_path: Path, room: int) -> None:
    """A limit on the size of files stands in for the disk; the second one is met by the rewriting for faststart."""
    rng = np.random.default_rng(0)
    with (
        pytest.raises(MediaError, match=r"full.*out\.mp4|out\.mp4.*completely") as told,
        full_disk(room),
        VideoWriter(tmp_path / "out.mp4", (320, 240), Fraction(1, 25), Fraction(25)) as writer,
    ):
        for index in range(30):
            noise = rng.integers(0, 255, (360, 320), np.uint8)
            writer.write(av.VideoFrame.from_ndarray(noise, "yuv420p"), index)
    assert "\n" not in str(told.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("codec", ["libx265", "hevc_qsv", "hevc_amf", "hevc_nvenc"])
def test_hevc_has_the_tag_that_quicktime_plays(tmp_path: Path, codec: str) -> None:
    """Whether or not the encoder works here: the tag is set before it is opened."""
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {codec}")
    settings = EncoderSettings(codec, preset="ultrafast")
    with VideoWriter(tmp_path / "o.mp4", (64, 48), Fraction(1, 25), Fraction(25), settings=settings) as writer:
        assert writer._video.codec_context.codec_tag == "hvc1"
        writer.abort()
