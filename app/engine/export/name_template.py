"""File names from a template such as "{clip}_{voice}_{date}_{preset}"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from app.core.errors import UserError
from app.core.text import listed

DEFAULT_TEMPLATE = "{clip}_{voice}_{date}_{preset}"

FIELDS = {
    "clip": "the clip's name",
    "voice": "the voice's name",
    "project": "the project's name",
    "preset": "the preset's name",
    "range": "whole, range or segment",
    "date": "today, as 2025-01-31",
    "time": "now, as 18-05-09",
}
"""The fields a template may contain, with what each is replaced by."""

LONGEST = 200
"""Bytes of a name in UTF-8: file systems take 255, and the temporary name beside it needs some."""

# What Windows, and so a shared disk, refuses in names.
_ILLEGAL = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(\..*)?", re.IGNORECASE)
_FIELD = re.compile(r"\{([^{}]*)\}")


class NameValues(msgspec.Struct, frozen=True):
    """The values that replace the fields."""

    clip: str
    """Path or name; the folder and the suffix are left out."""
    voice: str
    project: str
    preset: str
    range: str
    now: datetime

    def of(self, field: str) -> str:
        """The text for one of `FIELDS`."""
        if field == "date":
            return self.now.strftime("%Y-%m-%d")
        if field == "time":
            return self.now.strftime("%H-%M-%S")
        if field in ("clip", "voice", "project"):
            return Path(getattr(self, field)).stem or f"no {field}"
        return str(getattr(self, field))


def expand(template: str, values: NameValues) -> str:
    """The name, without a suffix, that a template gives; always one that a file may have.

    Raises UserError for a field that does not exist, a brace that is not closed and an empty template.
    """
    for field in _FIELD.findall(template):
        if field not in FIELDS:
            raise UserError(f'File names have no field "{{{field}}}": use {listed(f"{{{name}}}" for name in FIELDS)}.')
    name = _FIELD.sub(lambda match: values.of(match[1]), template)
    if re.search(r"[{}]", _FIELD.sub("", template)):
        raise UserError(f'The file name "{template}" has an unmatched brace: write fields as {{clip}}.')
    if not template.strip():
        raise UserError("The file name is empty: write one, such as {clip}_{voice}.")
    return legal(name)


def legal(name: str) -> str:
    """`name` with all that a file's name may not hold on Linux, macOS or Windows replaced or left out."""
    name = _ILLEGAL.sub("_", name).strip().rstrip(". ").lstrip(".")
    name = name.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore").rstrip(". ")
    if not name:
        return "export"
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def unique(target: Path, taken: Callable[[Path], bool] = Path.exists) -> Path:
    """`target`, or the first of "name 2", "name 3"... that is not `taken`."""
    number, found = 1, target
    while taken(found):
        number += 1
        found = target.with_name(f"{target.stem} {number}{target.suffix}")
    return found
