"""The window's layout on disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from app.ui.window.layout import Layout, load_layout, save_layout


def test_there_and_back(tmp_path: Path) -> None:
    file = tmp_path / "settings" / "layout.json"
    save_layout(file, Layout(b"\x00\xff", b"abc"))
    assert load_layout(file) == Layout(b"\x00\xff", b"abc")


def test_a_full_disk_leaves_the_layout_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "layout.json"
    save_layout(file, Layout(b"old"))

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    save_layout(file, Layout(b"new"))
    assert load_layout(file) == Layout(b"old") and list(tmp_path.iterdir()) == [file]
    assert "cannot be kept" in caplog.text and "no space" in caplog.text
