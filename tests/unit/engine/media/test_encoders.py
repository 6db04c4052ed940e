"""Which encoders work."""

from __future__ import annotations

import av
import pytest

from app.engine.media.codecs import CODECS, ENCODER_TITLES, ENCODERS, codec_of, encoder_title, is_hardware
from app.engine.media.encoders import (
    EncoderSettings,
    available_encoders,
    bits_per_pixel,
    check_encoder,
    encoder_options,
    frame_format,
    known_encoder,
    settings_for,
    usable_encoder,
)


def test_every_candidate_is_tried_and_failure_has_a_reason() -> None:
    checks = available_encoders()
    assert [check.name for check in checks] == list(ENCODERS)
    assert all(bool(check.reason) != check.works for check in checks)
    assert checks[0].works and not checks[0].hardware


def test_an_unknown_encoder_is_told() -> None:
    assert check_encoder("h264_of_tomorrow").reason == "not in this build of FFmpeg"


def test_quality_is_said_in_the_encoder_s_words() -> None:
    assert encoder_options(EncoderSettings()) == {"crf": "16", "preset": "medium"}
    assert encoder_options(EncoderSettings("h264_nvenc", 20))["qp"] == "20"
    for codec in ENCODERS:
        asked = [encoder_options(EncoderSettings(codec, crf)) for crf in (10, 30)]
        assert (asked[0] == asked[1]) == (codec_of(codec).finishing), codec
    # an AVOption of every encoder, in units of 1/118
    assert encoder_options(EncoderSettings("hevc_videotoolbox", 20)) == {"global_quality": "7080", "flags": "+qscale"}
    assert encoder_options(EncoderSettings("h264_mf", 20)) == {"rate_control": "quality", "quality": "60"}
    with pytest.raises(ValueError, match="h264_of_tomorrow"):
        encoder_options(EncoderSettings("h264_of_tomorrow"))


def test_finishing_codecs_have_their_formats() -> None:
    prores, dnxhr = settings_for("prores_ks"), settings_for("dnxhd")
    assert (prores.pixel_format, dnxhr.pixel_format) == ("yuv422p10le", "yuv422p")
    assert encoder_options(prores) == {"profile": "hq", "vendor": "apl0"}
    assert encoder_options(dnxhr) == {"profile": "dnxhr_hq"}
    assert prores.sound == dnxhr.sound == "pcm_s24le" and prores.finishing
    assert (prores.text, EncoderSettings().text) == ("prores_ks, hq", "libx264, CRF 16")
    assert settings_for("libx264", 20) == EncoderSettings("libx264", 20) and not EncoderSettings().finishing


def test_software_that_stands_in_makes_the_same_kind_of_file() -> None:
    assert codec_of("hevc_of_tomorrow").encoders[0] == "libx265" and is_hardware("hevc_of_tomorrow")
    names = ("h264_nvenc", "hevc_qsv", "h264_videotoolbox", "libx265", "prores_ks", "dnxhd")
    assert [codec_of(name).encoders[0] for name in names] == [
        "libx264",
        "libx265",
        "libx264",
        "libx265",
        "prores_ks",
        "dnxhd",
    ]


def test_the_frame_format_is_one_that_the_encoder_takes() -> None:
    assert frame_format(EncoderSettings()) == "yuv420p"
    assert frame_format(settings_for("prores_ks")) == "yuv422p10le"
    with pytest.raises(ValueError, match="pixel formats"):
        frame_format(EncoderSettings("prores_ks"))
    with pytest.raises(ValueError, match="no encoder"):
        frame_format(EncoderSettings("h264_of_tomorrow"))


@pytest.mark.skipif("h264_qsv" not in av.codecs_available, reason="this FFmpeg has no Quick Sync")
def test_an_encoder_that_takes_only_nv12_gets_it() -> None:
    assert frame_format(EncoderSettings("h264_qsv")) == "nv12"


def test_a_hardware_encoder_that_does_not_start_is_replaced_and_said() -> None:
    said: list[str] = []
    wanted = EncoderSettings("hevc_of_tomorrow", 21, "fast")
    assert usable_encoder(wanted, (320, 240), said.append) == EncoderSettings("libx265", 21, "fast")
    assert len(said) == 1 and "hevc_of_tomorrow" in said[0] and "libx265 is used instead" in said[0]


def test_software_is_left_alone() -> None:
    said: list[str] = []
    assert usable_encoder(settings_for("prores_ks"), (320, 240), said.append) == settings_for("prores_ks")
    assert not said


def test_a_check_is_made_once() -> None:
    assert known_encoder("libx264") is known_encoder("libx264")


def test_estimates_follow_quality_and_format() -> None:
    size = (1920, 1080)
    h264 = [bits_per_pixel(EncoderSettings(crf=crf), size) for crf in (10, 16, 22)]
    assert h264 == pytest.approx([0.5, 0.25, 0.125])
    assert bits_per_pixel(EncoderSettings("hevc_nvenc"), size) < h264[1]
    rate = bits_per_pixel(settings_for("prores_ks"), size) * 1920 * 1080 * 30000 / 1001
    assert rate == pytest.approx(220e6, rel=0.1)  # Apple's white paper: 220 Mb/s
    rate = bits_per_pixel(settings_for("dnxhd"), size) * 1920 * 1080 * 30000 / 1001
    assert rate == pytest.approx(220e6, rel=0.05)


def test_every_hevc_encoder_is_known_as_one() -> None:
    made = [codec for codec in ENCODERS if codec_of(codec).name == "hevc"]
    assert made == [codec for codec in ENCODERS if "hevc" in codec or codec == "libx265"] and len(made) > 4


def test_encoders_that_need_frames_on_a_device_are_not_offered() -> None:
    assert not [codec for codec in ENCODERS if codec.endswith(("_vaapi", "_v4l2m2m"))]


def test_the_table_of_codecs_is_whole() -> None:
    assert len(set(ENCODERS)) == len(ENCODERS) and len({codec.name for codec in CODECS}) == len(CODECS)
    for encoder in ENCODERS:
        assert encoder_title(encoder) in ENCODER_TITLES.values()
        assert is_hardware(encoder) == (codec_of(encoder).encoders[0] != encoder)
    for codec in CODECS:
        low, high = codec.qualities or (0, 51)
        assert low <= codec.quality <= high
