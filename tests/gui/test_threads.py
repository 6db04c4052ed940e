"""The editor's threads as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.ui.window.threads import GB, MB, Threads


class NoParts:
    """Enough of the parts to make the threads."""

    make_dubber = weights_sha256 = None


def test_limits_are_taken_also_before_the_cache_was_looked_at(tmp_path: Path, qtbot: QtBot) -> None:
    parent = QObject()
    threads = Threads(tmp_path, Settings(memory_mb=512, disk_gb=10), cast("Any", NoParts()), parent)
    cache = threads.renders.cache
    assert not cache.is_open
    threads.set_limits(Settings(memory_mb=64, disk_gb=1))
    assert (cache.memory_bytes, cache.disk_bytes) == (64 * MB, GB)
    cache.flush()
    threads.stop()
