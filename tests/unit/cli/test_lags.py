"""What `lags` says when all clips were heard, and what it keeps."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from app.cli.lags import run
from app.core.errors import UserError
from models.training.lag import Answer, Lag

HERE, LATE, EARLY = Answer(0, 0.9, 0.9, 0.3), Answer(2, 0.9, 0.1, 0.3), Answer(-3, 0.9, 0.1, 0.3)
FOUND = [
    Lag("still", 0, HERE, HERE),
    Lag("late", 0, LATE, LATE),
    Lag("early", 0, EARLY, EARLY),
    Lag("known", 2, HERE, HERE),
    Lag("torn", 0, LATE, EARLY),
    Lag("torn anew", 1, EARLY, LATE),
    Lag("alright", 0, HERE, HERE),
]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the clips whose lag was kept."""
    names: list[str] = []
    monkeypatch.setattr("app.cli.lags.measure_lags", lambda _data, _sync: FOUND)
    monkeypatch.setattr("app.cli.lags.keep_lag", lambda _data, lag: names.append(lag.clip))
    return names


def options(dry_run: bool = False) -> Namespace:
    """Of the command line."""
    return Namespace(data=Path("clips"), ear=Path("sync.pt"), dry_run=dry_run)


def test_each_clip_is_told_and_all_are_counted(kept: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A clip that is left out is not counted as paired anew, whatever was kept of it before."""
    assert run(options()) == 0
    told = capsys.readouterr()
    assert [line.split(" (")[0] for line in told.out.splitlines()] == [
        "still: +0 frames",
        "late: +2 frames",
        "early: -3 frames",
        "known: +2 frames",
        "torn: left out",
        "torn anew: left out",
        "alright: +0 frames",
    ]
    assert told.err.strip() == (
        "redub: 7 clips were heard: 3 out of step, 2 that nobody can tell, because ear and regression disagree; "
        "training goes by that."
    )
    assert kept == [lag.clip for lag in FOUND]


def test_a_dry_run_keeps_nothing(kept: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(options(dry_run=True)) == 0
    assert kept == []
    assert "disagree; nothing was kept." in capsys.readouterr().err


def test_no_clip_that_is_long_enough_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.lags.measure_lags", lambda _data, _sync: [])
    with pytest.raises(UserError, match="long enough to be heard"):
        run(options())
