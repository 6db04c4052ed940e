"""Catalogues are read whole or refused with the line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import MediaError
from app.engine.evaluation.catalogue import is_cleared, no_catalogue, read_rows

COLUMNS = ("file", "licence")


def read(file: Path) -> list[dict[str, str]]:
    """As the catalogues of clips are."""
    return read_rows(file, COLUMNS, no_catalogue(file, "things", COLUMNS))


def test_rows_come_in_order_with_all_they_have(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("file,note,licence\nä.mp4,,CC0\nb.mp4,x,not cleared yet\n", encoding="utf-8")
    rows = read(file)
    assert [(row["file"], row["note"]) for row in rows] == [("ä.mp4", ""), ("b.mp4", "x")]
    assert [is_cleared(row) for row in rows] == [True, False]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"file,note\na,b\n", "line 2 has not all columns"),
        (b"file,licence\na,CC0\nb\n", "line 3 has not all columns"),
        (b"file,licence\n\xff\xfe,CC0\n", "can't decode"),
    ],
)
def test_what_is_no_catalogue_is_refused_in_a_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    with pytest.raises(MediaError) as refused:
        read(file)
    sentence = str(refused.value)
    assert sentence.startswith(f"{file} is no catalogue of things (") and reason in sentence
    assert sentence.endswith("; give a CSV file with the columns file, licence.")


def test_a_missing_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"none\.csv is no catalogue of things \(.*No such file"):
        read(tmp_path / "none.csv")
