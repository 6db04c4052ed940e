"""Error dialog, settings dialog, notice bar, status bar and theme."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QPlainTextEdit, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from app.core.errors import MediaError
from app.core.settings import OPTIONS, Settings
from app.ui.dialogs.error import UNEXPECTED, ErrorDialog, describe
from app.ui.dialogs.settings import SettingsDialog
from app.ui.kit import palette
from app.ui.kit.theme import SMALLEST_POINTS, apply_theme, ours, stylesheet
from app.ui.window.notice import NoticeBar
from app.ui.window.status_bar import StatusBar


def caught(error: Exception, cause: Exception | None = None) -> Exception:
    with pytest.raises(type(error)) as raised:
        raise error from cause
    return raised.value


def test_a_users_error_has_its_sentence_and_the_cause_as_details() -> None:
    sentence, details = describe(caught(MediaError('"a.mp4" is damaged: choose another.'), ValueError("bad header")))
    assert sentence == '"a.mp4" is damaged: choose another.'
    assert "bad header" in details
    assert describe(caught(MediaError("No room.")))[1] == ""


def test_a_fault_of_ours_says_so_and_brings_its_traceback() -> None:
    sentence, details = describe(caught(KeyError("lost")))
    assert sentence == UNEXPECTED
    assert "KeyError: 'lost'" in details


def test_the_copy_button_copies_everything(qtbot: QtBot) -> None:
    dialog = ErrorDialog("It went wrong.", "Traceback: x")
    qtbot.addWidget(dialog)
    dialog.show()
    copy = dialog.findChild(QPushButton, "copy")
    assert copy is not None
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert "It went wrong." in text
    assert "Traceback: x" in text
    assert "Redub" in text


def test_details_are_hidden_until_they_are_wanted(qtbot: QtBot) -> None:
    dialog = ErrorDialog("It went wrong.", "Traceback: x")
    qtbot.addWidget(dialog)
    dialog.show()
    field = dialog.findChild(QPlainTextEdit, "details")
    assert field is not None
    assert not field.isVisible()
    button = next(each for each in dialog.findChildren(QPushButton) if "Details" in each.text())
    button.click()
    assert field.isVisible()


def test_the_settings_dialog_has_every_option(qtbot: QtBot) -> None:
    dialog = SettingsDialog(Settings())
    qtbot.addWidget(dialog)
    kinds = {bool: QCheckBox, int: QSpinBox, str: QComboBox}
    for option in OPTIONS:
        field = dialog.field(option.name)
        assert isinstance(field, kinds[option.kind])
        assert field.accessibleName() == option.title
        assert field.toolTip()


def test_the_settings_dialog_gives_back_what_it_got(qtbot: QtBot) -> None:
    given = Settings(device="cpu", memory_mb=128, scrub_sound=False, text_percent=150)
    dialog = SettingsDialog(given)
    qtbot.addWidget(dialog)
    assert dialog.settings == given
    dialog._restore()
    assert dialog.settings == Settings()


def test_the_settings_dialog_keeps_within_bounds(qtbot: QtBot) -> None:
    dialog = SettingsDialog(Settings())
    qtbot.addWidget(dialog)
    field = dialog.field("memory_mb")
    assert isinstance(field, QSpinBox)
    field.setValue(1)
    assert dialog.settings.memory_mb == 64


def test_the_notice_bar_offers_details_where_there_are_some(qtbot: QtBot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.tell("The clip has changed.")
    more = bar.findChild(QPushButton)
    assert more is not None
    assert bar.isVisible()
    assert more.isHidden()
    bar.tell("The clip has changed.", "sha256")
    with qtbot.waitSignal(bar.details_wanted) as told:
        more.click()
    assert told.args == ["The clip has changed.", "sha256"]


def test_the_status_bar_tells_device_weights_cache_and_speed(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.resize(1600, 30)
    bar.show()
    bar.set_network("cuda NVIDIA H100", "radio-starter")
    bar.set_rendering(12.34, busy=True)
    bar.set_cache(120_000_000, 512_000_000, 3_000_000_000)
    qtbot.waitUntil(lambda: "3.0 GB" in " ".join(label.text() for label in bar.findChildren(QLabel)))
    shown = " ".join(label.text() for label in bar.findChildren(QLabel))
    for part in ("cuda NVIDIA H100", "radio-starter", "12.3 frames a second", "120 MB of 512 MB", "3.0 GB"):
        assert part in shown


@pytest.fixture(params=palette.THEMES)
def theme(request: pytest.FixtureRequest) -> Iterator[palette.Theme]:
    palette.use(request.param)
    yield request.param
    palette.use("dark")


def test_text_on_its_own_ground_can_be_read(qapp: QApplication, theme: palette.Theme) -> None:
    ground = {palette.BACKGROUND, palette.PANEL, palette.RAISED, palette.CONTROL}
    looked_at = 0
    for rule in re.findall(r"\{[^{}]*\}", stylesheet(theme)):
        text = re.search(r"[^-]color:\s*(#[0-9a-fA-F]{6})", rule)
        back = re.search(r"background-color:\s*(#[0-9a-fA-F]{6})", rule)
        if text and back and back[1] in ground:
            assert palette.contrast(text[1], back[1]) >= 4.5, rule
            looked_at += 1
    assert looked_at > 10


def test_a_long_sentence_takes_the_place_of_the_figures_while_it_stands(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.resize(900, 30)
    bar.show()
    bar.set_cache(120_000_000, 512_000_000, 3_000_000_000)
    figure = bar.findChild(QLabel, "cache_use")
    assert figure is not None and figure.isVisible()
    sentence = "There is no sound device, or it cannot play this sound: playing goes on in silence, by the clock."
    bar.say(sentence)
    assert not figure.isVisible() and bar.toolTip() == sentence
    bar.clearMessage()
    assert figure.isVisible()


def test_nothing_of_the_old_themes_colours_is_left(qapp: QApplication, theme: palette.Theme) -> None:
    used = {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}\b", stylesheet(theme))}
    assert used and not used & (ours(theme).keys() - set(ours(theme).values()))


def test_disabled_text_can_be_read_and_focus_can_be_seen(qapp: QApplication) -> None:
    apply_theme(qapp)
    disabled = qapp.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text).name()
    assert palette.contrast(disabled, palette.PANEL) >= 4.5
    assert f"2px solid {palette.FOCUS}" in qapp.styleSheet()
    qapp.setStyleSheet("")


def test_text_grows_with_its_setting_and_never_below_what_can_be_read(qapp: QApplication) -> None:
    apply_theme(qapp, 100)
    usual = qapp.font().pointSizeF()
    apply_theme(qapp, 150)
    assert qapp.font().pointSizeF() == pytest.approx(1.5 * usual)
    apply_theme(qapp, 100)
    assert qapp.font().pointSizeF() == pytest.approx(usual)
    assert usual >= SMALLEST_POINTS
    qapp.setStyleSheet("")
