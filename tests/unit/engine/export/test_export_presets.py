"""Presets of exports."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import MediaError, UserError
from app.engine.export.export_presets import (
    DEFAULT,
    ExportPreset,
    check_fits,
    export_bytes,
    find_preset,
    load_presets,
    offers,
    preset_named,
    preset_settings,
    quality_text,
)
from app.engine.media.codecs import CONTAINERS, ENCODERS, encoder_title
from app.engine.media.encoders import EncoderCheck, EncoderSettings, frame_format, settings_for

HD = (1920, 1080)
PRESETS = load_presets()
H264, HEVC, PRORES, DNXHR = (find_preset(PRESETS, name) for name in ("h264", "hevc", "prores", "dnxhr"))


def test_the_default_is_h264_at_16() -> None:
    assert PRESETS[0].name == DEFAULT and preset_settings(PRESETS[0]) == EncoderSettings("libx264", 16)


def test_the_program_s_own_come_in_their_order() -> None:
    assert PRESETS[:4] == (H264, HEVC, PRORES, DNXHR)


def test_every_preset_can_be_built_and_lies_in_a_container_of_ours() -> None:
    for preset in PRESETS:
        settings = preset_settings(preset)
        assert frame_format(settings) and set(preset.suffixes) <= set(CONTAINERS)
        assert set(preset.encoders) <= set(ENCODERS) and preset.text
        assert settings.finishing == preset.video.finishing == (preset.crf is None)
        for suffix in preset.suffixes:
            check_fits(settings, HD, Path(f"o{suffix}"))


def test_quality_and_encoder_are_taken_over() -> None:
    assert preset_settings(HEVC, "hevc_nvenc", 22) == EncoderSettings("hevc_nvenc", 22)
    assert preset_settings(PRORES, crf=3) == settings_for("prores_ks")
    with pytest.raises(ValueError, match="cannot encode"):
        preset_settings(H264, "libx265")
    with pytest.raises(ValueError, match="quality"):
        preset_settings(H264, crf=52)


def test_an_unknown_preset_becomes_the_default() -> None:
    assert preset_named(PRESETS, "prores") is PRORES and preset_named(PRESETS, "betamax") is H264


def test_an_unknown_preset_is_refused_with_all_names() -> None:
    with pytest.raises(UserError, match='"betamax": choose h264, hevc, prores or dnxhr'):
        find_preset(PRESETS, "betamax")


def test_a_user_s_own_presets_are_offered_after_ours(tmp_path: Path) -> None:
    (tmp_path / "Für Anna.toml").write_text(
        'title = "Anna"\ncodec = "hevc"\nquality = 30\nspeed = "fast"\ncontainer = ".mov"\n', "utf-8"
    )
    (tmp_path / "notes.txt").write_text("not a preset")
    said: list[str] = []
    presets = load_presets(tmp_path, said.append)
    own = find_preset(presets, "Für Anna")
    assert presets == (*PRESETS, own) and not said
    assert preset_settings(own) == EncoderSettings("libx265", 30, "fast")
    assert own.suffixes == (".mov", ".mp4", ".m4v") and own.text == ""


def test_a_user_s_own_preset_replaces_ours_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "h264.toml").write_text('title = "Mine"\ncodec = "h264"\nquality = 20\nencoder = "h264_qsv"\n')
    presets = load_presets(tmp_path)
    assert len(presets) == len(PRESETS) and preset_named(presets, "gone").title == "Mine"
    assert preset_settings(find_preset(presets, "h264")) == EncoderSettings("h264_qsv", 20)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("title = ", "Invalid value"),
        ('codec = "h264"', "missing required field `title`"),
        ('title = "x"\ncodec = "vp9"', 'no codec "vp9": `codec` is h264, hevc, prores or dnxhr'),
        ('title = "x"\ncodec = "h264"\nquality = 41', "a quality is 0 to 40, not 41"),
        ('title = "x"\ncodec = "h264"\nquality = "good"', "Expected `int | null`"),
        ('title = "x"\ncodec = "prores"\nquality = 3', "ProRes has a fixed quality"),
        ('title = "x"\ncodec = "prores"\ncontainer = ".mp4"', "ProRes goes into .mov, not into .mp4"),
        ('title = "x"\ncodec = "h264"\ncontainer = ".mkv"', "H.264 goes into .mp4, .m4v or .mov, not into .mkv"),
        ('title = "x"\ncodec = "hevc"\nencoder = "libx264"', "libx264 cannot encode HEVC"),
        ('title = "x"\ncodec = "hevc"\nspeed = "ludicrous"', "Invalid enum value"),
        ('title = "x"\ncodec = "hevc"\ncrf = 3', "unknown field `crf`"),
        ('title = "x"\ncodec = "hevc"\nname = "y"', "leave `name` out"),
        ("a = " + "[" * 5000, "recursion"),
        (b"title = '\xff'", "utf-8"),
    ],
)
def test_a_preset_that_cannot_be_used_is_told_and_left_out(tmp_path: Path, text: str | bytes, reason: str) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    said: list[str] = []
    assert load_presets(tmp_path, said.append) == PRESETS
    (sentence,) = said
    assert str(file) in sentence and reason in sentence and sentence.endswith("correct or remove the file.")


def test_a_folder_in_the_place_of_a_preset_is_told(tmp_path: Path) -> None:
    (tmp_path / "own.toml").mkdir()
    said: list[str] = []
    assert load_presets(tmp_path, said.append) == PRESETS and "Is a directory" in said[0]


def test_no_folder_of_one_s_own_is_no_fault(tmp_path: Path) -> None:
    said: list[str] = []
    assert load_presets(tmp_path / "none", said.append) == PRESETS and not said


def test_hardware_first_still_offers_software() -> None:
    preset = ExportPreset(name="x", title="X", codec="h264", encoder="h264_nvenc")
    assert preset.encoders[:2] == ("h264_nvenc", "libx264") and len(preset.encoders) == len(H264.encoders)


def test_finishing_goes_into_mov_only() -> None:
    with pytest.raises(MediaError, match=r"\.mov"):
        check_fits(settings_for("prores_ks"), HD, Path("o.mp4"))
    with pytest.raises(MediaError, match=r"\.mp4, \.m4v or \.mov"):
        check_fits(settings_for("libx264"), HD, Path("o.mkv"))
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
