"""Gate and meter of a job."""

from __future__ import annotations

import threading

import pytest

from app.core.errors import Cancelled
from app.core.text import duration_text
from app.engine.job import Gate, Meter, Reading, reading_text


def test_a_gate_holds_until_it_opens() -> None:
    gate, passed = Gate(), threading.Event()
    gate.pause()
    assert gate.paused

    def work() -> None:
        gate.check()
        passed.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert not passed.wait(0.05)
    gate.resume()
    assert passed.wait(5) and not gate.paused
    worker.join()


def test_cancelling_frees_a_paused_worker() -> None:
    gate, caught = Gate(), threading.Event()
    gate.pause()

    def work() -> None:
        with pytest.raises(Cancelled):
            gate.check()
        caught.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert not caught.wait(0.05)
    gate.cancel()
    assert caught.wait(5) and gate.cancelled
    worker.join()
    gate.pause()
    assert not gate.paused  # one that was cancelled is not held again


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _run(meter: Meter, clock: _Clock, count: int, step: float, total: int | None = 100, start: int = 1) -> None:
    for done in range(start, start + count):
        clock.now += step
        meter.update("dubbing", done, total)


def test_rate_and_time_left() -> None:
    clock = _Clock()
    meter = Meter(clock)
    _run(meter, clock, 50, 0.1)
    reading = meter.reading
    assert (reading.stage, reading.done, reading.fraction) == ("dubbing", 50, 0.5)
    assert reading.rate == pytest.approx(10, rel=0.05)
    assert reading.seconds_left == pytest.approx(5, rel=0.05)
    assert meter.seconds == pytest.approx(5)


def test_nothing_is_claimed_at_the_start() -> None:
    clock = _Clock()
    meter = Meter(clock)
    assert meter.reading == Reading()
    _run(meter, clock, 3, 0.1)
    assert meter.reading.rate is None and meter.reading.seconds_left is None


def test_an_unknown_total_leaves_fraction_and_time_open() -> None:
    clock = _Clock()
    meter = Meter(clock)
    _run(meter, clock, 20, 0.1, None)
    assert meter.reading.fraction is None and meter.reading.seconds_left is None
    assert meter.reading.rate == pytest.approx(10, rel=0.1)


def test_a_pause_does_not_slow_the_rate() -> None:
    clock = _Clock()
    meter = Meter(clock)
    _run(meter, clock, 30, 0.1)
    meter.pause()
    clock.now += 1000
    assert meter.seconds == pytest.approx(3)
    meter.resume()
    _run(meter, clock, 20, 0.1, start=31)
    assert meter.reading.rate == pytest.approx(10, rel=0.05)
    assert meter.seconds == pytest.approx(5)


def test_the_rate_follows_a_change_and_the_time_left_follows_calmly() -> None:
    clock = _Clock()
    meter = Meter(clock)
    _run(meter, clock, 100, 0.1, 1000)
    before = meter.reading.seconds_left
    assert before is not None
    clock.now += 2.0  # one item hangs
    meter.update("dubbing", 101, 1000)
    after = meter.reading.seconds_left
    assert after is not None and abs(after - before) < 15
    _run(meter, clock, 60, 0.5, 1000, start=102)
    assert meter.reading.rate == pytest.approx(2, rel=0.1)
    assert meter.reading.seconds_left == pytest.approx((1000 - 161) / 2, rel=0.15)


def test_a_new_stage_starts_over() -> None:
    clock = _Clock()
    meter = Meter(clock)
    _run(meter, clock, 50, 0.1)
    clock.now += 0.1
    meter.update("faces", 1, 10)
    assert meter.reading == Reading("faces", 1, 10, 0.1)


def test_the_end_has_no_time_left() -> None:
    clock = _Clock()
    meter = Meter(clock)
    _run(meter, clock, 100, 0.1)
    assert (meter.reading.fraction, meter.reading.seconds_left) == (1.0, 0.0)


def test_words() -> None:
    assert [duration_text(s) for s in (-1, 7.4, 750, 3725)] == ["0:00", "0:07", "12:30", "1:02:05"]
    assert reading_text(Reading("dubbing", 120, 250, 0.48, 17.32, 7.6)) == (
        "0:08 left, 17.3 frames/s, dubbing 120 of 250"
    )
    assert reading_text(Reading("peaks", 3)) == "peaks 3" and reading_text(Reading()) == ""
