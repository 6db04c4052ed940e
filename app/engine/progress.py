"""How long work tells its progress and learns that it should stop."""

from __future__ import annotations

import threading
from typing import Protocol

from app.core.errors import Cancelled


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
