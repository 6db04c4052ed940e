"""What `probe` tells and refuses."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from app.core.errors import Cancelled, MediaError
from app.core.timebase import decode_json, encode_json
from app.engine.media.clip import open_clip, open_voice
from app.engine.media.probe import MediaInfo, is_variable, probe, require_audio, require_video
from app.engine.progress import CancelToken
from tests.unit.engine.media.synth import ClipRecipe, make_clip, make_wav


def test_an_ordinary_clip(clip: Path) -> None:
    info = probe(clip)
    assert info.video is not None and info.audio is not None
    video = info.video
    assert (video.codec, video.width, video.height, video.fps) == ("h264", 64, 48, 25)
    assert (video.frame_count, video.variable, video.rotation, video.bit_depth) == (20, False, 0, 8)
    assert video.duration == Fraction(20, 25)
    assert (info.audio.codec, info.audio.rate, info.audio.channels) == ("aac", 48000, 1)
    assert info.warnings == ()
    assert decode_json(encode_json(info), MediaInfo) == info


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (ClipRecipe(pts=[0, 512, 1024, 2000, 2100, 4000, 4512], sound=True), "variable"),
        (ClipRecipe(rotation=90, sound=True), "rotated by 270"),
        (ClipRecipe(tags=(9, 16, 9, 1), pixel_format="yuv420p10le", sound=True), "tone-mapped"),
        (ClipRecipe(pixel_format="yuv420p10le", sound=True), "10 bits"),
        (ClipRecipe(size=(63, 47), pixel_format="yuv444p", sound=True), "odd"),
        (ClipRecipe(aspect=Fraction(4, 3), sound=True), "not square"),
        (ClipRecipe(options={"x264-params": "tff=1"}, sound=True), "interlaced"),
        (ClipRecipe(), "no sound"),
    ],
)
def test_what_is_unusual_is_said(tmp_path: Path, recipe: ClipRecipe, words: str) -> None:
    warnings = probe(make_clip(tmp_path / "clip.mp4", recipe)).warnings
    assert any(words in sentence for sentence in warnings), warnings
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in warnings)


def test_even_stamps_rounded_to_milliseconds_are_not_variable() -> None:
    assert not is_variable(tuple(round(index * 1001 / 30) for index in range(500)))
    assert is_variable((*range(0, 400, 40), 420, 460))


def test_matroska_tells_its_length(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "clip.mkv", ClipRecipe(sound=True)))
    assert info.video is not None and info.video.duration == Fraction(20, 25)


def _refused(path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        probe(path)
    message = str(caught.value)
    assert str(path) in message and message.endswith(".")
    return message


def test_files_that_are_none(tmp_path: Path) -> None:
    assert "does not exist" in _refused(tmp_path / "nothing.mp4")
    assert "is a folder" in _refused(tmp_path)
    (tmp_path / "empty.mp4").touch()
    assert "is empty" in _refused(tmp_path / "empty.mp4")
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
    assert "cannot be opened" in _refused(tmp_path / "noise.mp4")
    (tmp_path / "notes.txt").write_text("These are some notes, which are neither picture nor sound.\n" * 20)
    _refused(tmp_path / "notes.txt")


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_picture_is_no_clip(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"still.{suffix}"
    av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24").save(path)
    assert "is a picture" in _refused(path)


def test_sound_is_no_clip_and_a_silent_clip_no_voice(tmp_path: Path) -> None:
    voice = make_wav(tmp_path / "voice.wav", np.zeros(4800, np.float32))
    with pytest.raises(MediaError, match="sound but no picture"):
        require_video(voice)
    assert require_audio(voice).audio is not None
    with pytest.raises(MediaError, match="no sound"):
        require_audio(make_clip(tmp_path / "silent.mp4"))


def test_a_cut_clip_with_its_index_in_front_is_refused(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", ClipRecipe(muxer={"movflags": "+faststart"}))
    data = path.read_bytes()
    path.write_bytes(data[:-200])
    assert "cut short" in _refused(path)


def test_a_cut_clip_with_its_index_behind_is_refused(clip: Path) -> None:
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) // 2])
    assert "cut short" in _refused(clip)


def test_a_stream_without_time_stamps_is_refused(tmp_path: Path) -> None:
    assert "no time stamps" in _refused(make_clip(tmp_path / "raw.h264"))


def test_opening_can_be_stopped(clip: Path) -> None:
    token = CancelToken()
    token.cancel()
    for call in (open_clip, open_voice):
        with pytest.raises(Cancelled):
            call(clip, token)
