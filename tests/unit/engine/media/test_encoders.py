"""Which encoders work."""

from __future__ import annotations

from app.engine.media.encoders import CANDIDATES, EncoderSettings, available_encoders, check_encoder, encoder_options


def test_every_candidate_is_tried_and_failure_has_a_reason() -> None:
    checks = available_encoders()
    assert [check.name for check in checks] == list(CANDIDATES)
    assert all(bool(check.reason) != check.works for check in checks)
    assert checks[0].works and not checks[0].hardware


def test_an_unknown_encoder_is_told() -> None:
    assert check_encoder("h264_of_tomorrow").reason == "not in this build of FFmpeg"


def test_quality_is_said_in_the_encoder_s_words() -> None:
    assert encoder_options(EncoderSettings()) == {"crf": "16", "preset": "medium"}
    assert encoder_options(EncoderSettings("h264_nvenc", 20))["qp"] == "20"
    assert encoder_options(EncoderSettings("h264_v4l2m2m")) == {}
