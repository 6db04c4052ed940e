"""File names that are not text: a system allows any bytes in a name, but JSON and screens need text."""

from __future__ import annotations

from typing import Any, cast


def readable(text: str) -> str:
    r"""The text with bytes that are not UTF-8 escaped, as in "caf\xe9.wav"; other text as it is."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def readable_values(value: Any) -> Any:
    """What JSON is made of (dictionaries, lists, texts, numbers) with every text made `readable`."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, dict):
        return {readable_values(key): readable_values(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list):
        return [readable_values(item) for item in cast("list[Any]", value)]
    return value
