"""The settings' file."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import UserError
from app.core.settings import Settings
from app.engine.files.settings_file import load_settings, save_settings


def refuse(sentence: str) -> None:
    raise AssertionError(sentence)


def test_there_and_back(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "redub"
    assert load_settings(folder, refuse) == Settings()
    settings = Settings(device="cpu", disk_gb=0, snapping=False)
    save_settings(settings, folder)
    assert load_settings(folder, refuse) == settings


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"5", b"[" * 99999])
def test_a_damaged_file_is_told_and_the_defaults_hold(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "settings.json").write_bytes(content)
    said: list[str] = []
    assert load_settings(tmp_path, said.append) == Settings()
    assert len(said) == 1 and "settings.json" in said[0]
    assert (tmp_path / "settings.json").read_bytes() == content


def test_one_wrong_value_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"disk_gb": -1, "memory_mb": 128, "device": "tpu", "gone": 1}')
    said: list[str] = []
    assert load_settings(tmp_path, said.append) == Settings(memory_mb=128)
    assert len(said) == 1 and "device, disk_gb" in said[0]


def test_a_place_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be made"):
        save_settings(Settings(), tmp_path / "file" / "x")
