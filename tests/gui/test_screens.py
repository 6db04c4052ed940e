"""Any screen: the first window fits it, nothing is cut off, and every dialog fits or scrolls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.engine.media.clip import Clip, Voice
from app.ui.kit.theme import apply_theme
from app.ui.window.main_window import FIRST, MainWindow
from tests.gui.clipping import clipped
from tests.gui.shell_bench import Bench
from tests.gui.test_mnemonics import DIALOGS
from tests.unit.engine.rendering import broken_voice, textured_clip

SIZES = [(1280, 660, 100), (1366, 706, 100), (1920, 1018, 100), (1280, 660, 150), (1920, 1018, 150)]
"""Width, height of what a window manager leaves of a screen; text in per cent."""


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clip, Voice]:
    folder = tmp_path_factory.mktemp("media")
    return textured_clip(folder / "clip.mp4"), broken_voice(folder / "voice.wav")


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    yield made
    made.editor.close()


@pytest.mark.parametrize(("width", "height", "percent"), SIZES)
def test_nothing_is_cut_off(
    qapp: QApplication, qtbot: QtBot, media: tuple[Clip, Voice], width: int, height: int, percent: int
) -> None:
    apply_theme(qapp, percent)
    bench = Bench(qtbot)
    bench.window.resize(width, height)
    bench.open(*media)
    assert (bench.window.width(), bench.window.height()) == (width, height), "the window is larger than the screen"
    bench.until(lambda: not bench.editor.jobs.active and not bench.editor.rendering)
    found: set[str] = set()
    for dock in bench.window.docks.values():
        dock.raise_()
        qtbot.wait(60)
        cut = set(clipped(bench.window))
        if cut:  # the reference frames, say, came a moment ago, and what wraps is not laid out yet
            qtbot.wait(400)
            cut &= set(clipped(bench.window))
        found |= cut
    bench.editor.close()
    assert (bench.window.width(), bench.window.height()) == (width, height), "the window is larger than the screen"
    assert not found, "\n".join(sorted(found))


def test_docks_come_back_when_the_window_grows(bench: Bench, media: tuple[Clip, Voice], qtbot: QtBot) -> None:
    window = bench.window
    window.resize(1600, 980)
    bench.open(*media)
    docks = window.docks

    def sized(width: int, height: int) -> None:
        """Timeline, jobs and inspector have about the share of the window that they begin with."""
        below, left, right = docks["Timeline"].height(), docks["Jobs"].width(), docks["Inspector"].width()
        shares = below / height, left / width, right / width
        assert 0.3 < shares[0] < 0.4 and 0.14 < shares[1] < 0.21 and 0.25 < shares[2] < 0.31, shares

    qtbot.waitUntil(lambda: sized(1600, 980), timeout=20_000)
    window.resize(900, 640)
    qtbot.waitUntil(lambda: docks["Timeline"].height() < 300, timeout=20_000)
    window.resize(1600, 980)
    qtbot.waitUntil(lambda: sized(1600, 980), timeout=20_000)


def test_the_first_window_fits_the_screen(qtbot: QtBot) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    window.fit_screen()
    room = window.screen().availableSize()
    assert window.width() <= room.width() and window.height() <= room.height()
    small = room.width() <= FIRST[0] or room.height() <= FIRST[1]
    assert bool(window.windowState() & Qt.WindowState.WindowMaximized) is small


@pytest.mark.parametrize("percent", [100, 150])
@pytest.mark.parametrize("name", DIALOGS)
def test_every_dialog_fits_the_smallest_screen(qapp: QApplication, qtbot: QtBot, name: str, percent: int) -> None:
    apply_theme(qapp, percent)
    dialog = DIALOGS[name]()
    qtbot.addWidget(dialog)
    room = QSize(SIZES[0][0], SIZES[0][1])
    dialog.setMaximumSize(room)
    dialog.show()
    qtbot.wait(60)
    size = dialog.size()
    assert size.width() <= room.width() and size.height() <= room.height()
    assert clipped(dialog) == []
    dialog.reject()
