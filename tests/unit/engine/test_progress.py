"""Telling progress and being stopped."""

from __future__ import annotations

import threading

import pytest

from app.core.errors import Cancelled, UserError
from app.engine.progress import CancelToken, Progress, no_progress


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
