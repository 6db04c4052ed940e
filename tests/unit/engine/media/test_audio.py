"""Decoding sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from app.core.errors import MediaError
from app.engine.media.audio import network_audio
from app.engine.sound.decoded import decode_cached
from tests.unit.engine.media.synth import ClipRecipe, make_clip, make_wav


def _tone(seconds: float, rate: int = 48000, hertz: float = 440) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def _encode(path: Path, codec: str, sound: np.ndarray, rate: int = 48000, layout: str = "mono", start: int = 0) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.reshape(len(sound), -1).T), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 96000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_the_network_hears_16_khz_mono(tmp_path: Path, rate: int, channels: int) -> None:
    tone = np.repeat(_tone(1, rate)[:, None], channels, 1)
    heard = network_audio(make_wav(tmp_path / "voice.wav", tone, rate), tmp_path / "cache")
    assert abs(len(heard) - 16000) <= 2
    middle = heard[4000:12000]
    expected = _tone(1, 16000)[4000:12000]
    assert np.corrcoef(middle, expected)[0, 1] > 0.999  # in phase: resampling moves nothing


def test_the_cache_is_keyed_by_content(tmp_path: Path) -> None:
    first = make_wav(tmp_path / "a.wav", _tone(0.5))
    network_audio(first, tmp_path / "cache")
    (made,) = (tmp_path / "cache").iterdir()
    stamp = made.stat().st_mtime_ns
    network_audio(first.rename(tmp_path / "renamed.wav"), tmp_path / "cache")
    assert made.stat().st_mtime_ns == stamp
    network_audio(make_wav(tmp_path / "b.wav", _tone(0.6)), tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 2


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "PCM_U8"])
def test_a_wav_decodes_to_the_same_samples(tmp_path: Path, subtype: str) -> None:
    source = make_wav(tmp_path / "in.wav", np.stack([_tone(0.7), _tone(0.7, hertz=300)], 1), 48000, subtype)
    wav = decode_cached(source, tmp_path / "cache")
    stored, _ = soundfile.read(source, dtype="float32")
    decoded, rate = soundfile.read(wav.path, dtype="float32")
    assert (rate, wav.channels, wav.samples) == (48000, 2, len(stored))
    assert np.array_equal(stored, decoded)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.flac", "flac"), ("a.mp3", "libmp3lame"), ("a.m4a", "aac"), ("a.ogg", "libopus")]
)
def test_other_containers(tmp_path: Path, name: str, codec: str) -> None:
    sound = _tone(1.0)
    if codec == "flac":
        path = tmp_path / name
        soundfile.write(path, sound, 48000)
    else:
        path = _encode(tmp_path / name, codec, sound)
    decoded, _ = soundfile.read(decode_cached(path, tmp_path / "cache").path, dtype="float32")
    assert abs(len(decoded) - 48000) < 3000
    assert np.corrcoef(decoded[5000:40000], sound[5000:40000])[0, 1] > 0.98


def test_surround_becomes_stereo(tmp_path: Path) -> None:
    sound = np.zeros((24000, 6), np.float32)
    sound[:, 2] = _tone(0.5)  # the centre
    wav = decode_cached(make_wav(tmp_path / "in.wav", sound), tmp_path / "cache")
    decoded, _ = soundfile.read(wav.path, dtype="float32")
    assert wav.channels == 2
    assert np.allclose(decoded[:, 0], decoded[:, 1], atol=1e-6) and np.abs(decoded).max() > 0.1


def test_another_rate(tmp_path: Path) -> None:
    wav = decode_cached(make_wav(tmp_path / "in.wav", _tone(1.0)), tmp_path / "cache", 44100)
    assert wav.rate == 44100 and abs(wav.samples - 44100) <= 2 and abs(wav.duration - 1) < Fraction(1, 10000)


def test_sound_that_starts_after_the_picture_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    click = np.zeros((1, 24000), np.float32)
    click[0, 12000] = 0.9
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("pcm_s16le" if path.suffix == ".mov" else "aac", rate=48000, layout="mono")
        for index in range(50):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(video.encode(frame))
        sound = av.AudioFrame.from_ndarray(click, "fltp", "mono")
        sound.sample_rate, sound.pts, sound.time_base = 48000, 48000, Fraction(1, 48000)
        container.mux([*video.encode(None), *audio.encode(sound), *audio.encode(None)])
    decoded, rate = soundfile.read(decode_cached(path, tmp_path / "cache").path)
    assert np.abs(decoded).argmax() / rate == pytest.approx(1.25, abs=0.001)
    heard = network_audio(path, tmp_path / "cache")[:]
    assert np.abs(heard).argmax() / 16000 == pytest.approx(1.25, abs=0.001)


def _refused(path: Path, tmp_path: Path) -> str:
    before = set(tmp_path.rglob("*"))
    with pytest.raises(MediaError) as caught:
        decode_cached(path, tmp_path)
    with pytest.raises(MediaError):
        network_audio(path, tmp_path)
    assert set(tmp_path.rglob("*")) == before
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_bad_voices(tmp_path: Path) -> None:
    for value in (np.nan, np.inf):
        sound = _tone(0.5)
        sound[9000] = value
        assert "NaN or infinite" in _refused(make_wav(tmp_path / "bad.wav", sound), tmp_path)
    assert "holds no sound" in _refused(make_wav(tmp_path / "none.wav", np.zeros(0, np.float32)), tmp_path)
    assert "too short" in _refused(make_wav(tmp_path / "short.wav", _tone(0.05)), tmp_path)
    assert "no sound" in _refused(make_clip(tmp_path / "silent.mp4", ClipRecipe()), tmp_path)
    still = tmp_path / "still.png"
    av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24").save(still)
    assert "is a picture" in _refused(still, tmp_path)


def test_a_cut_voice_is_refused(tmp_path: Path) -> None:
    path = make_wav(tmp_path / "in.wav", _tone(4.0))
    path.write_bytes(path.read_bytes()[:300_000])
    assert "cut short" in _refused(path, tmp_path)
