"""The cache manager, on real folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QLabel, QMessageBox, QPushButton, QSpinBox, QTreeWidget
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.engine.files.cache_usage import KINDS
from app.ui.dialogs.cache_manager import CacheManager


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    for name, size in (("faces/a.npz", 2000), ("frames/1.png", 5_000_000)):
        file = tmp_path / "kept" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(b"\0" * size)
    return tmp_path / "kept"


def _open(qtbot: QtBot, cache: Path) -> CacheManager:
    dialog = CacheManager(cache, Settings())
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: bool(dialog.usage), timeout=10_000)
    return dialog


def _button(dialog: CacheManager, name: str) -> QPushButton:
    found = dialog.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def _answer(qtbot: QtBot, dialog: CacheManager, clear: bool) -> None:
    """Clicks in the question as soon as it is there."""

    def click() -> None:
        box = dialog.findChild(QMessageBox, "cache_question")
        if box is None or not box.isVisible():
            QTimer.singleShot(10, dialog, click)
            return
        buttons: list[QAbstractButton] = box.buttons()
        wanted = next(b for b in buttons if ("Clear" in b.text()) == clear)
        qtbot.mouseClick(wanted, Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, dialog, click)


def _sizes(dialog: CacheManager) -> dict[str, str]:
    table = dialog.findChild(QTreeWidget, "cache_table")
    items = [table.topLevelItem(row) for row in range(table.topLevelItemCount())]
    return {item.text(0): item.text(1) for item in items}


def _select(dialog: CacheManager, title: str) -> None:
    table = dialog.findChild(QTreeWidget, "cache_table")
    table.findItems(title, Qt.MatchFlag.MatchExactly)[0].setSelected(True)


def test_sizes_are_shown(qtbot: QtBot, cache: Path) -> None:
    dialog = _open(qtbot, cache)
    sizes = _sizes(dialog)
    assert len(sizes) == len(KINDS) and sizes["Faces"] == "2.0 kB" and sizes["Dubbed frames"] == "5.0 MB"
    assert "2 files" in dialog.findChild(QLabel, "cache_said").text()
    assert not _button(dialog, "cache_clear").isEnabled() and _button(dialog, "cache_clear_all").isEnabled()


def test_the_selected_is_cleared_after_a_question(qtbot: QtBot, cache: Path) -> None:
    dialog = _open(qtbot, cache)
    _select(dialog, "Dubbed frames")
    _answer(qtbot, dialog, clear=True)
    with qtbot.waitSignal(dialog.cleared, timeout=10_000) as cleared:
        qtbot.mouseClick(_button(dialog, "cache_clear"), Qt.MouseButton.LeftButton)
    assert cleared.args == [("frames",)]
    qtbot.waitUntil(lambda: _sizes(dialog)["Dubbed frames"] == "0 bytes", timeout=10_000)
    assert _sizes(dialog)["Faces"] == "2.0 kB" and (cache / "faces/a.npz").exists()
    assert not (cache / "frames/1.png").exists()


def test_no_means_no(qtbot: QtBot, cache: Path) -> None:
    dialog = _open(qtbot, cache)
    _answer(qtbot, dialog, clear=False)
    qtbot.mouseClick(_button(dialog, "cache_clear_all"), Qt.MouseButton.LeftButton)
    assert (cache / "frames/1.png").exists() and (cache / "faces/a.npz").exists()


def test_all_is_cleared(qtbot: QtBot, cache: Path) -> None:
    dialog = _open(qtbot, cache)
    _answer(qtbot, dialog, clear=True)
    with qtbot.waitSignal(dialog.cleared, timeout=10_000) as cleared:
        qtbot.mouseClick(_button(dialog, "cache_clear_all"), Qt.MouseButton.LeftButton)
    assert cleared.args == [tuple(KINDS)]
    qtbot.waitUntil(lambda: not _button(dialog, "cache_clear_all").isEnabled(), timeout=10_000)
    assert not [file for file in cache.rglob("*") if file.is_file()]


def test_limits_are_told_when_they_changed(qtbot: QtBot, cache: Path) -> None:
    dialog = _open(qtbot, cache)
    spin = dialog.findChild(QSpinBox, "cache_disk_gb")
    assert spin.value() == Settings().disk_gb
    spin.setValue(25)
    with qtbot.waitSignal(dialog.settings_changed) as changed:
        dialog.reject()
    assert changed.args == [Settings(disk_gb=25)]


def test_untouched_limits_are_not_told_and_closing_ends_the_thread(qtbot: QtBot, cache: Path) -> None:
    dialog = CacheManager(cache, Settings())
    qtbot.addWidget(dialog)
    told: list[Settings] = []
    dialog.settings_changed.connect(told.append)
    dialog.show()
    dialog.reject()
    assert not told
