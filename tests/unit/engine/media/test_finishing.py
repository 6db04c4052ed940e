"""ProRes and DNxHR: other pixel formats without a shift of colour, sound to the last bit, the writer's promises."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.errors import MediaError
from app.engine.media.colour import ColourTags
from app.engine.media.encoder_input import FrameConverter, pcm_samples
from app.engine.media.encoders import EncoderSettings, settings_for
from app.engine.media.frame import plane_view, set_tags
from app.engine.media.reader import VideoReader
from app.engine.media.writer import VideoWriter
from tests.disk import full_disk

SIZE = (320, 192)
LIMITED, FULL = ColourTags(1, 1, 1, 1), ColourTags(1, 1, 1, 2)
DEPTH = {"prores_ks": 4, "dnxhd": 1}
"""Levels of the decoded file for one of 8 bits."""


def _frame(tags: ColourTags = LIMITED, seed: int = 0) -> av.VideoFrame:
    """Soft blobs of all colours, as a filmed picture has."""
    frame = av.VideoFrame(*SIZE, "yuv420p")
    for plane, (low, high) in enumerate([(20, 230), (60, 200), (60, 200)]):
        view = plane_view(frame, plane, writable=True)
        y, x = np.mgrid[: view.shape[0], : view.shape[1]] / np.array(view.shape)[:, None, None]
        wave = np.sin(5 * x + plane + seed) * np.cos(4 * y - plane)
        view[:] = (low + (high - low) * (wave + 1) / 2).round()
    set_tags(frame, tags)
    return frame


def _write(target: Path, codec: str, tags: ColourTags = LIMITED, **more: Any) -> Path:
    settings = settings_for(codec)
    with VideoWriter(target, SIZE, Fraction(1, 30000), Fraction(30000, 1001), settings=settings, **more) as writer:
        for index in range(4):
            writer.write(_frame(tags, index), index * 1001)
    return target


def _decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(container.streams.video[0]))


def _planes(frame: av.VideoFrame) -> list[NDArray[np.float64]]:
    wide = np.uint16 if frame.format.components[0].bits > 8 else np.uint8
    return [
        np.frombuffer(memoryview(plane), wide).reshape(plane.height, -1)[:, : plane.width].astype(np.float64)
        for plane in frame.planes
    ]


def _streams(path: Path) -> dict[str, dict[str, Any]]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    streams = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)["streams"]
    return {stream["codec_type"]: stream for stream in streams}


@pytest.mark.parametrize("codec", ["prores_ks", "dnxhd"])
def test_ffprobe_sees_what_was_asked_for(tmp_path: Path, codec: str) -> None:
    sound = iter([np.zeros((44100, 1), np.float32)])
    found = _streams(_write(tmp_path / "o.mov", codec, audio_rate=44100, audio_channels=1, sound=sound))
    video, audio = found["video"], found["audio"]
    wanted = {"prores_ks": ("prores", "HQ", "yuv422p10le"), "dnxhd": ("dnxhd", "DNXHR HQ", "yuv422p")}[codec]
    assert (video["codec_name"], video["profile"], video["pix_fmt"]) == wanted
    assert [video[f"color_{key}"] for key in ("space", "transfer", "primaries", "range")] == ["bt709"] * 3 + ["tv"]
    assert (audio["codec_name"], audio["sample_rate"], audio["channels"]) == ("pcm_s24le", "44100", 1)


@pytest.mark.parametrize("codec", ["prores_ks", "dnxhd"])
def test_no_colour_moves(tmp_path: Path, codec: str) -> None:
    """Decoded samples are the source's: to half a level on average nowhere off, to a tenth in the mean."""
    for index, frame in enumerate(_decoded(_write(tmp_path / "o.mov", codec))):
        luma, *chroma = (plane / DEPTH[codec] for plane in _planes(frame))
        source = _frame(seed=index)
        gap = luma - plane_view(source, 0)
        assert abs(gap.mean()) < 0.1 and np.abs(gap).mean() < 0.5
        for number, plane in enumerate(chroma, 1):
            rows = plane_view(source, number)
            pairs = plane.reshape(rows.shape[0], 2, rows.shape[1]).mean(axis=1)
            gap = pairs - rows
            assert abs(gap.mean()) < 0.1 and np.abs(gap).mean() < 0.5


@pytest.mark.parametrize("codec", ["prores_ks", "dnxhd"])
def test_full_range_becomes_limited_and_looks_the_same(tmp_path: Path, codec: str) -> None:
    target = _write(tmp_path / "o.mov", codec, FULL)
    assert _streams(target)["video"]["color_range"] == "tv"
    luma, *chroma = (plane / DEPTH[codec] for plane in _planes(_decoded(target)[0]))
    source = [plane_view(_frame(FULL), number).astype(np.float64) for number in range(3)]
    gap = luma - (16 + source[0] * 219 / 255)
    assert abs(gap.mean()) < 0.1 and np.abs(gap).mean() < 0.5
    for found, plane in zip(chroma, source[1:], strict=True):
        gap = found.reshape(len(plane), 2, -1).mean(axis=1) - (128 + (plane - 128) * 224 / 255)
        assert abs(gap.mean()) < 0.1 and np.abs(gap).mean() < 0.5


def test_black_and_white_of_full_range_land_on_black_and_white() -> None:
    frame = _frame(FULL)
    plane_view(frame, 0, writable=True)[:96] = 0
    plane_view(frame, 0, writable=True)[96:] = 255
    for number in (1, 2):
        plane_view(frame, number, writable=True)[:] = 128
    luma, *chroma = _planes(FrameConverter("yuv422p10le", limited=True).convert(frame))
    assert set(luma[:96].flat) == {64} and set(luma[96:].flat) == {940}
    assert all(set(plane.flat) == {512} for plane in chroma)
    assert plane_view(frame, 0)[0, 0] == 0  # the source is as it was


@pytest.mark.parametrize("tags", [LIMITED, FULL, ColourTags(6, 6, 6, 1), ColourTags()])
def test_the_form_for_quick_sync_holds_the_same_samples(tags: ColourTags) -> None:
    frame = _frame(tags)
    out = FrameConverter("nv12", limited=False).convert(frame)
    assert np.array_equal(plane_view(out, 0), plane_view(frame, 0))
    mixed = np.frombuffer(memoryview(out.planes[1]), np.uint8).reshape(-1, out.planes[1].line_size)[:, : SIZE[0]]
    assert np.array_equal(mixed[:, 0::2], plane_view(frame, 1)) and np.array_equal(mixed[:, 1::2], plane_view(frame, 2))
    assert (out.colorspace, out.color_range) == (tags.matrix, tags.range)


@pytest.mark.parametrize("codec", ["prores_ks", "dnxhd"])
def test_stamps_come_out_as_they_went_in(tmp_path: Path, codec: str) -> None:
    pts = [1001, 2002, 4004, 4005]
    settings, base = settings_for(codec), Fraction(1, 30000)
    with VideoWriter(tmp_path / "o.mov", SIZE, base, Fraction(30), settings=settings) as writer:
        for stamp in pts:
            writer.write(_frame(), stamp)
    with VideoReader(tmp_path / "o.mov") as reader:
        assert [frame.time for frame in reader.frames()] == [(stamp - pts[0]) * base for stamp in pts]
    data = (tmp_path / "o.mov").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("rate", [22050, 44100, 96000])
def test_sound_is_kept_to_the_bit_at_its_own_rate(tmp_path: Path, rate: int) -> None:
    sound = np.random.default_rng(1).uniform(-1, 1, (rate // 5, 2)).astype(np.float32)
    _write(tmp_path / "o.mov", "prores_ks", audio_rate=rate, sound=iter(np.array_split(sound, 7)))
    with av.open(str(tmp_path / "o.mov")) as container:
        stream = container.streams.audio[0]
        assert stream.rate == rate
        found = np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in container.decode(stream)])
    assert np.array_equal(found[: len(sound)] >> 8, np.rint(sound.astype(np.float64) * 2**23).clip(max=2**23 - 1))


def test_samples_beyond_full_scale_are_held_there() -> None:
    found = pcm_samples(np.array([[1.5], [-1.5], [0.5]], np.float32))[:, 0] >> 8
    assert found.tolist() == [2**23 - 1, -(2**23), 2**22]


def test_an_encoder_that_takes_no_such_picture_is_told_in_a_sentence(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "o.mov", SIZE, Fraction(1, 25), Fraction(25), settings=EncoderSettings("prores_ks"))
    with pytest.raises(MediaError, match="choose another encoder"), writer:
        pass
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_and_cleared(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk."""
    rng, sound = np.random.default_rng(0), iter([np.zeros((48000, 2), np.float32)] * 2)
    settings = settings_for("prores_ks")
    target = tmp_path / "out.mov"
    with (
        pytest.raises(MediaError, match=r"full.*out\.mov|out\.mov.*completely") as told,
        full_disk(300_000),
        VideoWriter(
            target, (320, 240), Fraction(1, 25), Fraction(25), settings=settings, audio_rate=48000, sound=sound
        ) as writer,
    ):
        for index in range(10):
            noise = rng.integers(0, 255, (360, 320), np.uint8)
            writer.write(av.VideoFrame.from_ndarray(noise, "yuv420p"), index)
    assert "\n" not in str(told.value)
    assert not list(tmp_path.iterdir())
