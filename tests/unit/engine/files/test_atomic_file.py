"""JSON files of the program's own; the writing itself is tested with projects."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.core.errors import UserError
from app.engine.files.atomic_file import write_json


def test_folders_are_made_and_the_text_is_for_people(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "c.json"
    write_json(file, {"é": [1, None]})
    assert msgspec.json.decode(file.read_bytes()) == {"é": [1, None]}
    assert file.read_text("utf-8").count("\n") > 3 and list(file.parent.iterdir()) == [file]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be made"):
        write_json(tmp_path / "file" / "c.json", 1)
