"""What a dub reports."""

from __future__ import annotations

import msgspec

from app.engine.dub.report import DubReport, FitCheck, Span


def test_a_report_survives_json() -> None:
    report = DubReport(
        "c", "v", "o", 5, 4, (Span(0.1, 0.2, "no face"),), {"decode": 0.1, "total": 1.0}, 5.0, "cpu", "w", "0" * 64,
        "facemesh", True, "libx264, CRF 16", ((0.5, 1.25),), 0.0, 0.1, 0.0, FitCheck(None, 2.0, "s"), ("w",),
    )  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(report), type=DubReport) == report
