"""The clock of a dub's stages."""

from __future__ import annotations

import time

import msgspec
import pytest

from app.engine.report import DubReport, FitCheck, Span, StageClock


def test_stages_add_up_to_less_than_the_whole() -> None:
    clock = StageClock()
    for name in ("decode", "blend", "decode"):
        with clock.stage(name):
            time.sleep(0.002)
    assert list(clock.seconds) == ["decode", "blend"]
    assert min(clock.seconds.values()) > 0
    assert sum(clock.seconds.values()) <= clock.total()


def test_only_the_making_of_items_is_timed() -> None:
    clock = StageClock()
    taken = []
    for item in clock.timed("decode", iter(range(3))):
        before = clock.seconds["decode"]
        time.sleep(0.002)
        assert clock.seconds["decode"] == before
        taken.append(item)
    assert taken == [0, 1, 2]


def test_a_stage_that_fails_is_timed_too() -> None:
    clock = StageClock()
    with pytest.raises(ValueError), clock.stage("encode"):
        raise ValueError
    assert "encode" in clock.seconds


def test_a_report_survives_json() -> None:
    report = DubReport(
        "c", "v", "o", 5, 4, (Span(0.1, 0.2, "no face"),), {"decode": 0.1, "total": 1.0}, 5.0, "cpu", "w", "0" * 64,
        "mediapipe", True, "libx264, CRF 16", ((0.5, 1.25),), 0.0, 0.1, 0.0, FitCheck(None, 2.0, "s"), ("w",),
    )  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(report), type=DubReport) == report
