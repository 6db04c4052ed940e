"""Presets of exports."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import MediaError
from app.engine.export.export_presets import (
    DNXHR,
    H264,
    HEVC,
    PRESETS,
    PRORES,
    check_fits,
    encoder_title,
    export_bytes,
    offers,
    preset_named,
    preset_settings,
    quality_text,
)
from app.engine.media.encoders import CANDIDATES, EncoderCheck, EncoderSettings, frame_format, settings_for
from app.engine.media.output import FORMATS

HD = (1920, 1080)


def test_the_default_is_h264_at_16() -> None:
    assert preset_settings(PRESETS[0]) == EncoderSettings("libx264", 16)


def test_every_preset_can_be_built_and_lies_in_a_container_of_ours() -> None:
    for preset in PRESETS:
        settings = preset_settings(preset)
        assert frame_format(settings) and set(preset.suffixes) <= set(FORMATS)
        assert set(preset.codecs) <= set(CANDIDATES)
        assert settings.finishing == preset.finishing
        check_fits(settings, HD, Path(f"o{preset.suffixes[0]}"))


def test_quality_and_encoder_are_taken_over() -> None:
    assert preset_settings(HEVC, "hevc_nvenc", 22) == EncoderSettings("hevc_nvenc", 22)
    assert preset_settings(PRORES, crf=3) == settings_for("prores_ks")
    with pytest.raises(ValueError, match="makes no"):
        preset_settings(H264, "libx265")
    with pytest.raises(ValueError, match="quality"):
        preset_settings(H264, crf=52)


def test_an_unknown_preset_becomes_the_default() -> None:
    assert preset_named("prores") is PRORES and preset_named("betamax") is H264


def test_finishing_goes_into_mov_only() -> None:
    with pytest.raises(MediaError, match=r"\.mov"):
        check_fits(settings_for("prores_ks"), HD, Path("o.mp4"))
    check_fits(settings_for("prores_ks"), (64, 48), Path("o.MOV"))


def test_dnxhr_refuses_small_pictures() -> None:
    with pytest.raises(MediaError, match="256 x 120"):
        check_fits(preset_settings(DNXHR), (240, 426), Path("o.mov"))
    check_fits(preset_settings(DNXHR), (256, 120), Path("o.mov"))


def test_hardware_is_offered_only_after_it_worked() -> None:
    before = {offer.codec: offer for offer in offers(H264, ())}
    assert before["libx264"].usable and not before["h264_nvenc"].usable
    checks = [
        EncoderCheck("h264_nvenc", True, True, ""),
        EncoderCheck("h264_qsv", True, False, "no device"),
        EncoderCheck("hevc_nvenc", True, True, ""),
    ]
    after = {offer.codec: offer for offer in offers(H264, checks)}
    assert after["h264_nvenc"].usable and "hevc_nvenc" not in after
    assert not after["h264_qsv"].usable and "no device" in after["h264_qsv"].text
    assert after["h264_nvenc"].title == "NVIDIA (NVENC)" and encoder_title("odd_one") == "odd_one"


def test_every_quality_has_words() -> None:
    texts = [quality_text(crf) for crf in range(41)]
    assert all(texts) and len(set(texts)) == 6


def test_sizes_are_of_the_right_order() -> None:
    second = export_bytes(preset_settings(PRORES), HD, 30, 1.0, 48000, 2)
    assert 25e6 < second < 33e6  # 220 Mb/s and the sound
    h264 = export_bytes(preset_settings(H264), HD, 30, 1.0, 48000, 2)
    assert h264 == int(1920 * 1080 * 30 * 0.25 / 8 + 32_000)
    assert export_bytes(preset_settings(H264), HD, 30, 1.0, 0, 0) == h264 - 32_000
