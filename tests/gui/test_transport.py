"""The transport bar: shows where we are, takes a time that is typed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.engine.media.clip import Clip, open_clip
from app.engine.media.probe import MediaInfo
from app.ui.actions import Actions
from app.ui.kit import palette
from app.ui.kit.level_meter import FLOOR, LevelMeter, decibels, share
from app.ui.kit.line import Line
from app.ui.panels.transport import BUTTONS, TransportBar
from app.ui.session import Session
from tests.unit.engine.media.synth import ClipRecipe, make_clip

PAL, NTSC = Fraction(25), Fraction(30000, 1001)


def made_clip(fps: Fraction, frames: int) -> Clip:
    info = MediaInfo("c.mp4", "mp4", frames / fps, Fraction(0), None, None, ())
    return Clip("c.mp4", "0", info, tuple(range(frames)), 1 / fps, fps, (640, 360))


@pytest.fixture
def session(qapp: object) -> Session:
    return Session()


@pytest.fixture
def bar(session: Session, qtbot: QtBot) -> TransportBar:
    actions = Actions(session)
    made = TransportBar(session, actions)
    qtbot.addWidget(made)
    made.show()
    return made


def text(bar: TransportBar, name: str) -> str:
    label = bar.findChild(Line, name)
    assert label is not None
    return label.full_text


def test_it_shows_frame_timecode_total_and_rate(bar: TransportBar, session: Session) -> None:
    session.set_clip(made_clip(PAL, 250))
    session.set_playhead(Fraction(51, 25))
    assert bar.field.text() == "00:00:02:01"
    assert text(bar, "frame_number") == "frame 51"
    assert text(bar, "total") == "/ 00:00:10:00"
    assert text(bar, "frame_rate") == "25 fps"


def test_drop_frame_rates_count_with_gaps_unless_switched_off(bar: TransportBar, session: Session) -> None:
    session.set_clip(made_clip(NTSC, 2000))
    session.set_playhead(1800 / NTSC)
    assert bar.field.text() == "00:01:00;02"
    session.set_drop_frame(False)
    assert bar.field.text() == "00:01:00:00" and text(bar, "total") == "/ 00:01:06:20"


def test_a_time_can_be_typed(bar: TransportBar, session: Session, qtbot: QtBot) -> None:
    session.set_clip(made_clip(PAL, 250))
    bar.field.setFocus()
    bar.field.selectAll()
    with qtbot.waitSignal(bar.time_entered) as told:
        QTest.keyClicks(bar.field, "00:00:03:10")
        QTest.keyClick(bar.field, Qt.Key.Key_Return)
    (time,) = told.args or [None]
    assert session.clip is not None
    assert session.clip.index_at(time) == 85


@pytest.mark.parametrize("index", [0, 1, 1799, 1800, 17982, 17983])
def test_typing_what_is_shown_goes_nowhere_else(bar: TransportBar, session: Session, qtbot: QtBot, index: int) -> None:
    clip = made_clip(NTSC, 18000)
    session.set_clip(clip)
    session.set_playhead(clip.time_of(index))
    with qtbot.waitSignal(bar.time_entered) as told:
        bar.field.returnPressed.emit()
    (time,) = told.args or [None]
    assert clip.index_at(time) == index


def test_what_is_no_time_is_refused_with_a_sentence(bar: TransportBar, session: Session, qtbot: QtBot) -> None:
    session.set_clip(made_clip(PAL, 250))
    bar.field.setText("soon")
    with qtbot.waitSignal(bar.refused) as told:
        bar.field.returnPressed.emit()
    assert "soon" in (told.args or [""])[0]


def test_escape_leaves_the_time_as_it_was(bar: TransportBar, session: Session) -> None:
    session.set_clip(made_clip(PAL, 250))
    bar.field.setFocus()
    QTest.keyClicks(bar.field, "99")
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert bar.field.text() == "00:00:00:00"


def test_a_field_that_is_being_typed_in_is_left_alone(bar: TransportBar, session: Session, qtbot: QtBot) -> None:
    session.set_clip(made_clip(PAL, 250))
    bar.activateWindow()
    bar.field.setFocus()
    qtbot.waitUntil(bar.field.hasFocus)
    QTest.keyClicks(bar.field, "1:")
    session.set_playhead(Fraction(2))
    assert bar.field.text() == "1:"


def test_a_varying_rate_is_called_an_average(bar: TransportBar, session: Session, tmp_path: Path) -> None:
    clip = open_clip(make_clip(tmp_path / "c.mp4", ClipRecipe()))
    video = clip.info.video
    assert video is not None
    info = msgspec.structs.replace(clip.info, video=msgspec.structs.replace(video, variable=True))
    session.set_clip(msgspec.structs.replace(clip, info=info))
    assert text(bar, "frame_rate").endswith("fps (average)")


def test_its_buttons_are_the_actions_and_take_no_focus_by_click(bar: TransportBar) -> None:
    buttons = bar.findChildren(QToolButton)
    assert [each.defaultAction().objectName() for each in buttons] == list(BUTTONS)
    for each in buttons:
        assert each.focusPolicy() == Qt.FocusPolicy.TabFocus
        assert each.accessibleName() and each.toolTip()


# Levels


def test_a_meter_rises_at_once_falls_slowly_and_holds_its_peak(qtbot: QtBot) -> None:
    meter = LevelMeter()
    qtbot.addWidget(meter)
    meter.show()
    meter.set_levels(1.0, 0.1)
    assert meter.shown == (0.0, pytest.approx(-20))
    meter.set_levels(0.0, 0.0)
    qtbot.waitUntil(lambda: meter.shown[0] < -3)
    assert meter.held == (0.0, pytest.approx(-20)), "the peak stays for a moment"
    qtbot.waitUntil(lambda: meter.shown == (FLOOR, FLOOR), timeout=20_000)
    qtbot.waitUntil(lambda: not meter._timer.isActive(), timeout=20_000)
    assert "silent" in meter.accessibleName()


def test_a_meter_shows_loud_parts_in_colours_of_their_own(qtbot: QtBot) -> None:
    meter = LevelMeter()
    qtbot.addWidget(meter)
    meter.resize(120, 16)
    meter.set_levels(1.0, 0.01)
    picture = meter.grab().toImage()
    above, below = 2, picture.height() - 3
    assert picture.pixelColor(20, above).name() == palette.READY
    assert picture.pixelColor(round(share(-4) * 120), above).name() == palette.WARNING
    assert picture.pixelColor(118, above).name() == palette.ERROR
    assert picture.pixelColor(100, below).name() == palette.BACKGROUND


@pytest.mark.parametrize(("peak", "level"), [(1.0, 0.0), (0.5, -6.02), (2.0, 0.0), (0.0, FLOOR), (1e-9, FLOOR)])
def test_peaks_are_shown_in_decibels(peak: float, level: float) -> None:
    assert decibels(peak) == pytest.approx(level, abs=0.01)
