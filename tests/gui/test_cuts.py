"""A shot of another program's cut is chosen from a list and becomes the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import opentimelineio as otio
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.engine.media.clip import Clip, open_clip
from app.ui.dialogs.cut import CutDialog
from app.ui.dialogs.error import ErrorDialog
from tests.gui.shell_bench import Bench
from tests.unit.engine.interchange.cuts import cut_of, film, gap, save, shot


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    yield made
    made.editor.close()


def dialog_of(bench: Bench) -> CutDialog:
    bench.until(lambda: isinstance(QApplication.activeModalWidget(), CutDialog))
    found = QApplication.activeModalWidget()
    assert isinstance(found, CutDialog)
    return found


def test_a_shot_is_chosen(bench: Bench, tmp_path: Path) -> None:
    media = film(tmp_path / "film.mp4")
    offline = otio.schema.Clip("offline", otio.schema.MissingReference(), shot("x", media, 0, 5).source_range)
    cut = cut_of(offline, gap(5), shot("two", media, 24, 48))
    bench.answers.to_open = save(cut, tmp_path / "cut.otio")
    bench.window.actions_["open_cut"].trigger()
    dialog = dialog_of(bench)
    first, second = (dialog.table.topLevelItem(row) for row in range(2))
    assert first is not None and "names no media" in first.text(3) and first.isDisabled()
    assert second is not None and second.isSelected() and second.text(4) == "24000/1001"
    dialog.accept()
    bench.until(lambda: bench.session.clip is not None)
    clip: Clip = open_clip(media)
    (segment,) = bench.session.project.segments
    assert clip.indices_in(segment.range) == range(24, 72)
    assert (bench.session.project.cut, bench.session.project.cut_clip) == (str(tmp_path / "cut.otio"), 2)


def test_what_is_no_cut_is_told(bench: Bench, tmp_path: Path) -> None:
    bench.answers.to_open = tmp_path / "cut.otio"
    bench.answers.to_open.write_text("{}")
    bench.window.actions_["open_cut"].trigger()
    bench.until(lambda: isinstance(QApplication.activeModalWidget(), ErrorDialog))
