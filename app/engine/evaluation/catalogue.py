"""Catalogues of training material: CSV files, a row for each file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.errors import MediaError

Row = dict[str, str]
Refusal = Callable[[str, str], MediaError]
"""(the line, or nothing where it is the whole file; what is wrong) -> the sentence for the user."""


def read_rows(catalogue: Path, columns: Sequence[str], refusal: Refusal) -> list[Row]:
    """All rows of a catalogue; each has all columns, and may have more.

    Raises what `refusal` makes of it for one that cannot be read or lacks a column.
    """
    try:
        with catalogue.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise refusal("", str(error)) from error
    for number, row in enumerate(rows, start=2):
        if any(row.get(column) is None for column in columns):
            raise refusal(f"line {number}", "has not all columns")
    return rows


def no_catalogue(catalogue: Path, of: str, columns: Sequence[str]) -> Refusal:
    """What is said of a file that is no catalogue of such things."""

    def sentence(line: str, wrong: str) -> MediaError:
        reason = f"{line} {wrong}".strip()
        return MediaError(
            f"{catalogue} is no catalogue of {of} ({reason}); give a CSV file with the columns {', '.join(columns)}."
        )

    return sentence


def is_cleared(row: Row) -> bool:
    """Whether the file may be used: its licence does not say "not cleared"."""
    return "not cleared" not in row["licence"]
