"""Garbage is collected on the GUI thread alone.

Python collects on whichever thread happens to allocate, and what it finds in a cycle may be a window: to delete one
beside Qt's own thread is a crash, once in a while.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer, Slot

PERIOD_MS = 500
"""Milliseconds between two looks at how much there is to collect."""


class Collector(QObject):
    """Does what Python's own collector would do, on the thread that made it. `stop` it to hand that back."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        self._timer = QTimer(self)
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(self.look)
        gc.disable()
        self._timer.start()

    @Slot()
    def look(self) -> None:
        """Collects the oldest generation whose time has come."""
        counts = gc.get_count()
        due = [generation for generation in range(3) if counts[generation] > self._thresholds[generation]]
        if due:
            gc.collect(due[-1])

    def stop(self) -> None:
        """Python collects again by itself."""
        self._timer.stop()
        gc.enable()


@contextmanager
def collected_here() -> Generator[None]:
    """While it is open, garbage is collected on this thread, whose event loop must run."""
    collector = Collector()
    try:
        yield
    finally:
        collector.stop()
