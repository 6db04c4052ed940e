"""Choices for the next export."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import UserError
from app.engine.export.export_choices import NAME, ExportChoices, load_choices, save_choices


def test_there_and_back(tmp_path: Path) -> None:
    chosen = ExportChoices("prores", ".mov", "prores_ks", None, "/films", "{clip}")
    save_choices(chosen, tmp_path / "new")
    assert load_choices(tmp_path / "new") == chosen


def test_nothing_kept_gives_the_usual(tmp_path: Path) -> None:
    assert load_choices(tmp_path) == ExportChoices()


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"crf": "much"}', b"\xff"])
def test_what_cannot_be_read_gives_the_usual_and_is_logged(
    tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / NAME).write_bytes(data)
    assert load_choices(tmp_path) == ExportChoices() and "cannot be read" in caplog.text


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be made"):
        save_choices(ExportChoices(), tmp_path / "file")
