"""What is attached to a report of a problem."""

from __future__ import annotations

import logging
import zipfile
from pathlib import Path

import pytest

from app.core.errors import UserError
from app.engine.files.problem_report import LOG, keep_log, write_report


def test_log_and_texts_are_in_it_and_nobodys_home_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "anna"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "anna"))
    handler = keep_log(tmp_path / "log")
    assert handler is not None
    logging.getLogger("redub").warning("%s/film.mp4 cannot be read", tmp_path / "anna")
    logging.getLogger().removeHandler(handler)
    handler.close()
    target = tmp_path / "report.zip"
    write_report(target, tmp_path / "log", {"doctor.txt": "Redub 1"})
    with zipfile.ZipFile(target) as archive:
        assert set(archive.namelist()) == {"doctor.txt", LOG}
        assert archive.read("doctor.txt") == b"Redub 1"
        log = archive.read(LOG).decode()
    assert "~/film.mp4 cannot be read" in log and "anna" not in log
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "report.zip"]


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        write_report(tmp_path / "gone" / "report.zip", tmp_path, {})


def test_without_a_log_the_program_goes_on(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file")
    assert keep_log(tmp_path / "log") is None
