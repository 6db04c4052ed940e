"""Values as text for people."""

from __future__ import annotations

from collections.abc import Iterable


def listed(items: Iterable[str]) -> str:
    """One or more items for a sentence: "a, b or c"."""
    *head, last = items
    return f"{', '.join(head)} or {last}" if head else last
