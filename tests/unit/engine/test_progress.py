"""Telling progress and being stopped."""

from __future__ import annotations

import threading
import time

import pytest

from app.core.errors import Cancelled, UserError
from app.engine.progress import CancelToken, Progress, StageClock, no_progress


def test_nobody_is_told() -> None:
    listener: Progress = no_progress
    listener("decode", 1, None)


def test_work_goes_on_until_somebody_cancels() -> None:
    token = CancelToken()
    token.check()
    assert not token.cancelled
    token.cancel()
    assert token.cancelled
    with pytest.raises(Cancelled):
        token.check()


def test_cancelling_twice_is_cancelling() -> None:
    token = CancelToken()
    token.cancel()
    token.cancel()
    assert token.cancelled


def test_any_thread_may_cancel() -> None:
    token = CancelToken()
    stopped = threading.Event()

    def work() -> None:
        with pytest.raises(Cancelled):
            while True:
                token.check()
        stopped.set()

    worker = threading.Thread(target=work)
    worker.start()
    token.cancel()
    worker.join(timeout=30)
    assert stopped.is_set()


def test_being_stopped_is_not_an_error_of_the_user() -> None:
    assert not issubclass(Cancelled, UserError)


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
    with pytest.raises(ValueError, match="too large"), clock.stage("encode"):
        raise ValueError("too large")
    assert "encode" in clock.seconds
