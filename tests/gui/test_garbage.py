"""Garbage with windows in it is collected on Qt's thread alone."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.ui.window.garbage import collected_here


class Knot:
    """Refers to itself, so that only the collector frees it; says on which thread."""

    freed_on: list[int]

    def __init__(self, freed_on: list[int]) -> None:
        self.freed_on, self.me = freed_on, self

    def __del__(self) -> None:
        self.freed_on.append(threading.get_ident())


@pytest.fixture(autouse=True)
def _collector_as_before() -> Iterator[None]:
    yield
    assert gc.isenabled()


def test_knots_of_another_thread_are_freed_on_this_one(qtbot: QtBot) -> None:
    freed_on: list[int] = []

    def work() -> None:
        for _ in range(20_000):  # many times what Python's own collector waits for
            Knot(freed_on)

    with collected_here():
        worker = threading.Thread(target=work)
        worker.start()
        worker.join()
        qtbot.waitUntil(lambda: len(freed_on) == 20_000, timeout=60_000)
    assert set(freed_on) == {threading.get_ident()}
