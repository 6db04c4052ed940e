"""What a job in the background is made of, without a thread: a gate to pause at, a meter of progress, a log."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

from app.core.text import duration_text
from app.engine.progress import CancelToken

WINDOW = 10.0
"""Seconds of work that the rate is taken over: long enough to be calm, short enough to follow a change."""
SETTLED = 1.0
"""Seconds of work before a rate and a time left are told: the first items are slow."""
CALM = 4.0
"""Time constant in seconds of the smoothing of the time left."""


class Gate(CancelToken):
    """A cancel token that also holds its worker up while it is paused.

    `check` and `wait_while_paused` block in the working thread; everything else returns at once, on any thread.
    """

    def __init__(self) -> None:
        super().__init__()
        self._open = threading.Event()
        self._open.set()

    @property
    def paused(self) -> bool:
        """Whether the worker is asked to wait."""
        return not self._open.is_set()

    def pause(self) -> None:
        """Asks the worker to wait at its next check."""
        if not self.cancelled:
            self._open.clear()

    def resume(self) -> None:
        """Lets it go on."""
        self._open.set()

    def cancel(self) -> None:
        """Asks the worker to stop, waiting or not."""
        super().cancel()
        self._open.set()

    def check(self) -> None:
        """Waits while paused; raises Cancelled if somebody asked the worker to stop."""
        self.wait_while_paused()
        super().check()

    def wait_while_paused(self) -> None:
        """Returns at once unless it is paused, else when it goes on or is cancelled."""
        self._open.wait()


class Reading(msgspec.Struct, frozen=True):
    """What a job's progress shows."""

    stage: str = ""
    """What is being done, a short noun phrase."""
    done: int = 0
    total: int | None = None
    fraction: float | None = None
    """0 to 1 of this stage; None where nobody knows how much there is."""
    rate: float | None = None
    """Items a second; None until it has settled."""
    seconds_left: float | None = None
    """Of this stage, smoothed."""


class Meter:
    """Turns calls of `Progress` into a `Reading`; thread-safe, time paused does not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._away = 0.0
        self._paused_at: float | None = None
        self._start = clock()
        self._begin("")

    def update(self, stage: str, done: int, total: int | None) -> None:
        """`done` of `total` items of a stage; a new stage starts over."""
        with self._lock:
            if stage != self._reading.stage or done < self._reading.done:
                self._begin(stage)
            now = self._working()
            self._marks.append((now, done))
            while len(self._marks) > 2 and now - self._marks[0][0] > WINDOW:
                self._marks.popleft()
            self._reading = self._read(stage, done, total)

    def pause(self) -> None:
        """Stops the clock."""
        with self._lock:
            if self._paused_at is None:
                self._paused_at = self._clock()

    def resume(self) -> None:
        """Lets the clock go on."""
        with self._lock:
            if self._paused_at is not None:
                self._away += self._clock() - self._paused_at
                self._paused_at = None

    @property
    def reading(self) -> Reading:
        """How things stand."""
        with self._lock:
            return self._reading

    @property
    def seconds(self) -> float:
        """Seconds of work since the meter was made."""
        with self._lock:
            return self._working()

    def _begin(self, stage: str) -> None:
        """A stage begins: what was known of another one's speed says nothing about it."""
        self._left: float | None = None
        self._left_at = 0.0
        self._reading = Reading(stage)
        self._marks: deque[tuple[float, int]] = deque(maxlen=2000)
        """(seconds of work, items done) of the last reports; the first one's own item took nobody knows how long."""

    def _working(self) -> float:
        """Seconds since the start in which the job was not paused."""
        now = self._clock() if self._paused_at is None else self._paused_at
        return now - self._start - self._away

    def _read(self, stage: str, done: int, total: int | None) -> Reading:
        fraction = min(1.0, done / total) if total else None
        (first, before), (last, _) = self._marks[0], self._marks[-1]
        if last - first < SETTLED or done <= before:
            return Reading(stage, done, total, fraction)
        rate = (done - before) / (last - first)
        if total is None:
            return Reading(stage, done, total, fraction, rate)
        left = self._calm(max(0, total - done) / rate, last) if done < total else 0.0
        return Reading(stage, done, total, fraction, rate, left)

    def _calm(self, left: float, now: float) -> float:
        """The time left counts down by itself and follows new readings with a delay."""
        if self._left is not None:
            passed = now - self._left_at
            expected = max(0.0, self._left - passed)
            left = expected + (1 - math.exp(-passed / CALM)) * (left - expected)
        self._left, self._left_at = left, now
        return left


def reading_text(reading: Reading, unit: str = "frames") -> str:
    """Such as "0:08 left, 17.3 frames/s, dubbing 120 of 250": first what is wanted most, where room is short."""
    if not reading.stage:
        return ""
    parts = [f"{reading.stage} {reading.done}" + (f" of {reading.total}" if reading.total else "")]
    if reading.rate is not None:
        parts.insert(0, f"{reading.rate:.1f} {unit}/s")
    if reading.seconds_left is not None:
        parts.insert(0, f"{duration_text(reading.seconds_left)} left")
    return ", ".join(parts)
