"""Items made in a thread: the same ones in order, no more than asked for, errors in their turn."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from app.engine.ahead import ahead


@pytest.mark.parametrize("count", [0, 1, 3, 20])
@pytest.mark.parametrize("depth", [1, 4])
def test_the_items_come_in_order(count: int, depth: int) -> None:
    assert list(ahead(range(count), depth)) == list(range(count))


def test_items_are_made_in_another_thread_while_one_is_in_hand() -> None:
    made: list[int] = []
    second = threading.Event()

    def items() -> Iterator[threading.Thread]:
        for number in range(3):
            made.append(number)
            if number == 1:
                second.set()
            yield threading.current_thread()

    ready = ahead(items(), 2)
    assert next(ready) is not threading.current_thread()
    assert second.wait(5), "nobody went on"
    assert len(list(ready)) == 2
    assert made == [0, 1, 2]


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("no more")

    got: list[int] = []
    with pytest.raises(OSError, match="no more"):
        got.extend(ahead(items(), 4))
    assert got == [1, 2]


def test_nothing_is_made_after_it_is_closed() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    ready = ahead(items(), 3)
    next(ready)
    ready.close()
    count = len(made)
    assert count <= 4
    assert threading.active_count() == 1 or all("ahead" not in thread.name for thread in threading.enumerate())
    assert len(made) == count
