"""Decoding sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from app.core.errors import MediaError
from app.engine.media.audio import heard_note, network_audio
from app.engine.media.probe import probe, require_audio
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


def _spoilt_packet(path: Path) -> Path:
    """An AAC file whose middle packet is nonsense."""
    _encode(path, "aac", _tone(1.0))
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.size]
    place, size = packets[len(packets) // 2]
    assert place is not None
    content = bytearray(path.read_bytes())
    content[place : place + size] = b"\xff" * size
    path.write_bytes(content)
    return path


def test_a_bad_packet_is_silent_where_that_is_tolerated(tmp_path: Path) -> None:
    path, cache = _spoilt_packet(tmp_path / "in.m4a"), tmp_path / "cache"
    wav = decode_cached(path, cache, tolerant=True)
    whole = decode_cached(_encode(tmp_path / "whole.m4a", "aac", _tone(1.0)), cache)
    assert (wav.skipped, wav.samples) == (1, whole.samples)
    spoilt, good = (soundfile.read(one.path)[0] for one in (wav, whole))
    assert np.array_equal(spoilt[:20000], good[:20000])
    # what AAC leaves to chance (perceptual noise) differs after the hole
    assert np.allclose(spoilt[30000:], good[30000:], atol=0.01)
    assert len(network_audio(path, cache, tolerant=True)) > 16000
    for _ in range(2):  # what was tolerated before is still refused for a voice
        with pytest.raises(MediaError, match="cannot be decoded to the end"):
            decode_cached(path, cache)
        with pytest.raises(MediaError, match="cannot be decoded to the end"):
            network_audio(path, cache)


def test_sound_of_any_length_and_with_nan_is_tolerated(tmp_path: Path) -> None:
    short = make_wav(tmp_path / "short.wav", _tone(0.02))
    assert decode_cached(short, tmp_path / "cache", tolerant=True).samples == 960
    assert len(network_audio(short, tmp_path / "cache", tolerant=True)) == pytest.approx(320, abs=2)
    with pytest.raises(MediaError, match="too short"):
        decode_cached(short, tmp_path / "cache")
    sound = _tone(0.5)
    sound[9000] = np.nan
    wav = decode_cached(make_wav(tmp_path / "nan.wav", sound), tmp_path / "cache", tolerant=True)
    assert wav.skipped == 1 and np.isfinite(soundfile.read(wav.path)[0]).all()


def _joined_ts(folder: Path) -> Path:
    """A transport stream whose sound goes from mono at 48 kHz to 5.1 and back to stereo."""
    joined = folder / "joined.ts"
    content = b""
    for number, layout in enumerate(["mono", "5.1", "stereo"]):
        count = av.AudioLayout(layout).nb_channels
        sound = np.repeat(_tone(0.96)[:, None], count, 1)
        part = folder / f"{number}.ts"
        with av.open(str(part), "w") as container:
            stream = container.add_stream("ac3", rate=48000, layout=layout)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), "fltp", layout)
            frame.sample_rate, frame.pts, frame.time_base = 48000, number * 46080, Fraction(1, 48000)
            container.mux([*stream.encode(frame), *stream.encode(None)])
        content += part.read_bytes()
    joined.write_bytes(content)
    return joined


def test_channels_may_change_on_the_way(tmp_path: Path) -> None:
    wav = decode_cached(_joined_ts(tmp_path), tmp_path / "cache")
    sound = soundfile.read(wav.path, always_2d=True)[0]
    assert wav.duration == pytest.approx(2.88, abs=0.1)
    levels = [np.abs(sound[round(at * 48000) :][:4800]).max() for at in (0.4, 1.4, 2.4)]
    assert all(0.4 < level <= 0.52 for level in levels)


@pytest.mark.parametrize("channels", [3, 6, 8, 12])
def test_a_mix_of_many_channels_keeps_its_headroom(tmp_path: Path, channels: int) -> None:
    loud = np.repeat(_tone(0.3)[:, None] * 1.9, channels, 1)
    wav = decode_cached(make_wav(tmp_path / "in.wav", loud), tmp_path / "cache")
    assert wav.channels == 2 and np.abs(soundfile.read(wav.path)[0]).max() <= 0.95 + 1e-6


def test_a_voice_in_opposite_phase_is_heard_and_said(tmp_path: Path) -> None:
    tone = _tone(1.0)
    path = make_wav(tmp_path / "anti.wav", np.stack([tone, -tone], 1))
    for _ in range(2):  # made, and from the cache
        heard = network_audio(path, tmp_path / "cache")
        assert np.corrcoef(heard[4000:12000], _tone(1, 16000)[4000:12000])[0, 1] > 0.999
        assert "opposite phase" in heard_note(path, heard) and "channel 1" in heard_note(path, heard)
    silent = make_wav(tmp_path / "silent.wav", 0 * tone)
    assert "is silent throughout" in heard_note(silent, network_audio(silent, tmp_path / "cache"))
    plain = make_wav(tmp_path / "plain.wav", tone)
    assert heard_note(plain, network_audio(plain, tmp_path / "cache")) == ""


@pytest.mark.parametrize(
    ("riff", "data"),
    [(0, 0), (0x7FFFF024, 0x7FFFF000), (0x80000024, 0x80000000), (0xFFFFFFFF, 0xFFFFFFFF), (36 + 96028, 96028)],
)
def test_the_sizes_of_a_wav_from_a_pipe_are_not_believed(tmp_path: Path, riff: int, data: int) -> None:
    path = make_wav(tmp_path / "in.wav", _tone(1.0), subtype="PCM_16")
    content = bytearray(path.read_bytes())
    place = content.find(b"data") + 4
    content[4:8], content[place : place + 4] = riff.to_bytes(4, "little"), data.to_bytes(4, "little")
    path.write_bytes(content)
    assert require_audio(path).duration == 1
    decoded = soundfile.read(decode_cached(path, tmp_path / "cache").path)[0]
    assert len(decoded) == 48000 and np.allclose(decoded, _tone(1.0), atol=1 / 32000)


def _hidden(path: Path, tracks: int, hidden: int) -> Path:
    """An MP4 of `tracks` AAC sounds, of which number `hidden` bears a codec that nobody knows."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("aac", rate=48000, layout="mono") for _ in range(tracks)]
        for number, stream in enumerate(streams):
            sound = _tone(0.5, hertz=300 * (number + 1))[None]
            frame = av.AudioFrame.from_ndarray(sound, "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
            container.mux([*stream.encode(frame), *stream.encode(None)])
    content = bytearray(path.read_bytes())
    place = -1
    for _ in range(hidden + 1):
        place = content.find(b"mp4a", place + 1)
    description = content.find(b"esds", place)
    content[place : place + 4], content[description : description + 4] = b"apac", b"xxxx"
    path.write_bytes(content)
    return path


def test_a_sound_that_can_be_decoded_is_taken(tmp_path: Path) -> None:
    path = _hidden(tmp_path / "two.m4a", 2, 0)
    info = require_audio(path)
    assert info.audio is not None and info.audio.stream == 1
    assert info.warnings[0].startswith("Of its 2 sound tracks stream 1 is used")
    sound = soundfile.read(decode_cached(path, tmp_path / "cache").path)[0][4800:19200]
    assert np.abs(np.fft.rfft(sound)).argmax() * 48000 / len(sound) == pytest.approx(600, abs=4)


def test_a_voice_of_an_unknown_codec_is_refused_in_a_sentence(tmp_path: Path) -> None:
    assert "holds sound that cannot be decoded" in _refused(_hidden(tmp_path / "only.m4a", 1, 0), tmp_path)


def test_a_clip_is_used_without_a_sound_of_an_unknown_codec(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", ClipRecipe(sound=True))
    content = path.read_bytes().replace(b"mp4a", b"apac").replace(b"esds", b"xxxx")
    path.write_bytes(content)
    info = probe(path)
    assert info.video is not None and info.audio is None
    assert any("left out" in sentence for sentence in info.warnings)


def test_a_voice_is_used_although_its_picture_cannot_be_decoded(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "voice.mp4", ClipRecipe(sound=True))
    content = path.read_bytes().replace(b"avc1", b"zzz9").replace(b"avcC", b"xxxx")
    path.write_bytes(content)
    info = require_audio(path)
    assert info.video is None and info.audio is not None
    assert decode_cached(path, tmp_path / "cache").samples > 4800
    with pytest.raises(MediaError):
        probe(path)
