"""The streams of a file that the user names are the ones that are used, everywhere."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from app.core.errors import MediaError
from app.core.streams import Streams
from app.engine.media.audio import network_audio
from app.engine.media.clip import open_clip, open_voice
from app.engine.media.describe import describe_voice
from app.engine.media.probe import probe, require_audio
from app.engine.media.reader import VideoReader
from app.engine.sound.decoded import decode_cached

LUMA = (60, 180)
LOUD = (0.1, 0.4)


@pytest.fixture
def two_of_each(tmp_path: Path) -> Path:
    """Pictures of different brightness in streams 0 and 1, sounds of different loudness in 2 and 3."""
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        pictures = [container.add_stream("libx264", rate=25) for _ in LUMA]
        sounds = [container.add_stream("flac", rate=16000, layout="mono") for _ in LOUD]
        for picture in pictures:
            picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        for luma, picture in zip(LUMA, pictures, strict=True):
            for index in range(10):
                frame = av.VideoFrame(64, 48, "yuv420p")
                for plane, value in zip(frame.planes, (luma, 128, 128), strict=True):
                    plane.update(bytes([value]) * plane.buffer_size)
                frame.pts, frame.time_base = index, Fraction(1, 25)
                container.mux(picture.encode(frame))
            container.mux(picture.encode(None))
        for loud, sound in zip(LOUD, sounds, strict=True):
            wave = np.full((1, 6400), loud * 32767, np.int16)
            heard = av.AudioFrame.from_ndarray(wave, "s16", "mono")
            heard.sample_rate, heard.pts, heard.time_base = 16000, 0, Fraction(1, 16000)
            container.mux(sound.encode(heard))
            container.mux(sound.encode(None))
    return path


@pytest.mark.parametrize("number", [0, 1])
def test_a_named_picture_is_the_one_that_is_read(two_of_each: Path, number: int) -> None:
    streams = Streams(picture=number)
    with VideoReader(two_of_each, streams=streams) as reader:
        frame = next(reader.frames())
        assert reader.video.stream == number
        assert abs(float(frame.yuv.to_ndarray()[:48].mean()) - LUMA[number]) < 2
    other = next(track for track in probe(two_of_each, streams=streams).carried.tracks if track.kind == "picture")
    assert other.stream == 1 - number


@pytest.mark.parametrize("number", [2, 3])
def test_a_named_sound_is_the_one_that_is_heard_and_is_cached_by_itself(two_of_each: Path, number: int) -> None:
    cache = two_of_each.parent / "sound"
    decode_cached(two_of_each, cache)
    network_audio(two_of_each, cache)
    streams = Streams(sound=number)
    heard = network_audio(two_of_each, cache, streams=streams)
    assert abs(float(np.median(heard[0:6000])) - LOUD[number - 2]) < 0.01
    assert decode_cached(two_of_each, cache, streams=streams).path != decode_cached(two_of_each, cache).path


def test_what_is_cached_is_named_by_the_streams(two_of_each: Path) -> None:
    clips = [open_clip(two_of_each, streams=streams) for streams in (Streams(), Streams(picture=1), Streams(sound=3))]
    assert len({clip.picture_key for clip in clips}) == 2  # the sound does not change the picture
    voices = [open_voice(two_of_each, streams=streams) for streams in (Streams(), Streams(sound=3))]
    assert len({voice.sound_key for voice in voices}) == 2


@pytest.mark.parametrize(
    ("streams", "said"),
    [
        (Streams(picture=2), "no picture in its stream 2: choose stream 0 or 1"),
        (Streams(picture=-1), "no picture in its stream -1"),
        (Streams(sound=0), "no sound in its stream 0: choose stream 2 or 3"),
        (Streams(sound=99), "no sound in its stream 99"),
    ],
)
def test_a_stream_that_is_not_there_is_refused(two_of_each: Path, streams: Streams, said: str) -> None:
    with pytest.raises(MediaError, match=said):
        probe(two_of_each, streams=streams)


def test_the_choices_and_the_choice_are_told(two_of_each: Path) -> None:
    info = require_audio(two_of_each, Streams(sound=3))
    assert [track.stream for track in info.pictures] == [0, 1]
    assert [track.stream for track in info.sounds] == [2, 3]
    assert info.sound_warnings == ("Of its 2 sound tracks stream 3 is used, for it was asked for.",)
    assert info.sound_warnings[0] in describe_voice(open_voice(two_of_each, streams=Streams(sound=3))).warnings
