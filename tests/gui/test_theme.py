"""The light theme and the way back: what is open follows, painted or styled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.ui.dialogs.settings import SettingsDialog
from app.ui.kit import palette
from app.ui.kit.theme import apply_theme
from tests.gui.shell_bench import Bench
from tests.gui.timeline_material import example, make_clip


@pytest.fixture
def bench(qtbot: QtBot, qapp: QApplication) -> Iterator[Bench]:
    apply_theme(qapp)
    made = Bench(qtbot)
    yield made
    made.editor.view_settings.take(replace(made.editor.settings, theme="dark"))
    made.editor.close()
    qapp.setStyleSheet("")


def commonest(widget: QWidget) -> str:
    """The colour of most pixels."""
    image = widget.grab().toImage()
    seen = [image.pixelColor(x, y).name() for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)]
    return max(set(seen), key=seen.count)


def test_everything_that_is_open_follows(bench: Bench, qapp: QApplication) -> None:
    looks, panels, session = bench.editor.view_settings, bench.editor.panels, bench.editor.session
    session.open(example(), None)
    session.set_clip(make_clip())
    bench.window.show_editor()
    for theme, wanted, other in (("light", palette.LIGHT, palette.DARK), ("dark", palette.DARK, palette.LIGHT)):
        looks.take(replace(bench.editor.settings, theme=theme))
        sheets = " ".join(widget.styleSheet() for widget in bench.window.findChildren(QWidget))
        assert [name for name, colour in other.items() if colour in sheets] == []
        assert wanted["WARNING"] in bench.window.notice.styleSheet()
        assert panels.waveform.graph.backgroundBrush().color().name() == wanted["BACKGROUND"]
        assert panels.waveform.graph.lanes["voice"]._playhead.pen.color().name() == wanted["PLAYHEAD"]
        assert {band.fill for band in panels.waveform.graph.lanes["voice"]._segments._bands} == {wanted["SEGMENT"]}
        assert commonest(panels.timeline.view.viewport()) in (wanted["BACKGROUND"], wanted["PANEL"])
        assert commonest(panels.preview.canvas) == wanted["BACKGROUND"]
        assert qapp.palette().window().color() == QColor(wanted["PANEL"])


def test_the_theme_is_chosen_in_the_settings_and_kept(bench: Bench) -> None:
    bench.editor.view_settings.ask_settings()
    dialog = bench.dialog(SettingsDialog)
    dialog.field("theme").setCurrentText("light")
    dialog.accept()
    assert palette.LIGHT["TEXT"] == palette.TEXT and bench.editor.settings.theme == "light"
