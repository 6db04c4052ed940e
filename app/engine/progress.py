"""How long work tells its progress, learns that it should stop, and adds up where its time went."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from app.core.errors import Cancelled

T = TypeVar("T")


class Progress(Protocol):
    """Receives progress; called from the working thread, often, so it must be quick."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """`stage` is a short noun phrase; `done` of `total` items; `total` is None where unknown."""


def no_progress(stage: str, done: int, total: int | None) -> None:
    """A `Progress` that tells nobody."""


class CancelToken:
    """A flag that any thread may raise and the worker checks between small pieces of work."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Asks the worker to stop."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the worker to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raises `Cancelled` if somebody asked the worker to stop."""
        if self._event.is_set():
            raise Cancelled


class StageClock:
    """Adds up where the time goes; stages do not nest."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._started = time.perf_counter()

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Counts what happens inside towards `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def timed(self, name: str, items: Iterator[T]) -> Iterator[T]:
        """`items`, the making of each counted towards `name`."""
        while True:
            with self.stage(name):
                item = next(items, None)
            if item is None:
                return
            yield item

    def total(self) -> float:
        """Seconds since the clock was made."""
        return time.perf_counter() - self._started
