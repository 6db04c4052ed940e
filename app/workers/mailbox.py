"""How the GUI thread asks a worker: the latest message on each subject counts, and leaving one never blocks."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Any


class Mailbox:
    """Messages by subject: a newer one takes the place of an older one that was not read yet."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._box: dict[str, Any] = {}

    def post(self, subject: str, content: Any, *, instead_of: Collection[str] = ()) -> None:
        """Leaves a message; those on the subjects `instead_of` are thrown away."""
        with self._condition:
            for other in instead_of:
                self._box.pop(other, None)
            self._box[subject] = content
            self._condition.notify()

    def add(self, subject: str, items: Collection[str]) -> None:
        """Adds to the set that waits under a subject."""
        with self._condition:
            self._box.setdefault(subject, set()).update(items)
            self._condition.notify()

    def take(self, wait: float | None) -> dict[str, Any]:
        """All messages; after `wait` seconds (None: however long it takes) without one, none."""
        with self._condition:
            if wait != 0.0:
                self._condition.wait_for(lambda: bool(self._box), wait)
            box, self._box = self._box, {}
            return box
