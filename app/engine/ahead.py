"""What is worked out in a thread before it is asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import TypeVar

T = TypeVar("T")


class _End(Enum):
    """Stands behind the last item."""

    END = 0


def ahead(items: Iterable[T], depth: int) -> Generator[T]:
    """`items` in order, up to `depth` of them made in a thread while the caller has others in hand.

    What making them raises is raised here, in its turn. Close the generator where not all are taken: nothing is made
    after that.
    """
    iterator = iter(items)
    pool = ThreadPoolExecutor(1, "ahead")
    try:
        made = deque(pool.submit(next, iterator, _End.END) for _ in range(depth))
        while (item := made.popleft().result()) is not _End.END:
            made.append(pool.submit(next, iterator, _End.END))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
