"""The new voice dragged in the timeline and in the waveforms: one behaviour, whichever panel has the mouse."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.sound.peaks import build_peaks
from app.ui.panels.timeline.widget import Timeline
from app.ui.panels.waveform.view import WaveformView
from app.ui.session import Session
from tests.gui import sound_material as sound

F = Fraction
PROJECT = Project(
    segments=(
        Segment(TimeRange(F(1), F(2)), id=1),
        Segment(TimeRange(F(5, 2), F(3)), offset=F(2), id=2),
    ),
    offset=F(1, 2),
)
NONE, SHIFT, CONTROL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


class Panel:
    """A panel with the place of a time in its voice lane."""

    def __init__(self, session: Session, widget: QWidget, surface: QWidget, place: Callable[[float], QPointF]) -> None:
        self.session, self.widget, self.surface, self.place = session, widget, surface, place

    def _send(self, kind: QEvent.Type, seconds: float, modifiers: Qt.KeyboardModifier) -> None:
        at, left, none = self.place(seconds), Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        button = none if kind == QEvent.Type.MouseMove else left
        down = none if kind == QEvent.Type.MouseButtonRelease else left
        event = QMouseEvent(kind, at, self.surface.mapToGlobal(at), button, down, modifiers)
        QApplication.sendEvent(self.surface, event)

    def hold(self, *seconds: float, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """Presses at the first time and goes to the others."""
        self._send(QEvent.Type.MouseButtonPress, seconds[0], modifiers)
        for second in seconds[1:]:
            self.go(second, modifiers)

    def go(self, second: float, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self._send(QEvent.Type.MouseMove, second, modifiers)

    def drop(self, second: float) -> None:
        self._send(QEvent.Type.MouseButtonRelease, second, NONE)

    def drag(self, *seconds: float, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.hold(*seconds, modifiers=modifiers)
        self.drop(seconds[-1])

    def own(self, id: int) -> float | None:
        segment = self.session.project.segment(id)
        return None if segment is None or segment.offset is None else float(segment.offset)


def _timeline(session: Session) -> Panel:
    timeline = Timeline(session)
    timeline.resize(1000, 400)
    timeline.show()

    def place(seconds: float) -> QPointF:
        return QPointF(timeline.view.navigation.scale.x_of(seconds), timeline.view.lanes["voice"].middle)

    return Panel(session, timeline, timeline.view.viewport(), place)


def _waveform(session: Session, folder: Path) -> Panel:
    view = WaveformView(session, folder)
    view.resize(1000, 300)
    view.show()

    def place(seconds: float) -> QPointF:
        return QPointF(view.graph.x_of(seconds), view.graph.lane_rect("voice").center().y())

    return Panel(session, view, view.graph.viewport(), place)


@pytest.fixture(params=["timeline", "waveform"])
def panel(request: pytest.FixtureRequest, qtbot: QtBot, tmp_path: Path) -> Panel:
    session = Session()
    panel = _timeline(session) if request.param == "timeline" else _waveform(session, tmp_path)
    qtbot.addWidget(panel.widget, before_close_func=lambda widget: getattr(widget, "stop", lambda: None)())
    session.open(PROJECT, None)
    voice = sound.make_voice(tmp_path / "voice.wav", 2)
    session.set_clip(sound.make_clip(tmp_path / "clip.wav", 4))
    session.set_voice(voice)
    panel.widget.set_peaks("voice", build_peaks(Path(voice.path), tmp_path / "cache", lambda part: None))  # type: ignore[attr-defined]
    QApplication.processEvents()
    return panel


def near(offset: Fraction | float | None, seconds: float) -> bool:
    """Within the rounding of two mouse positions to pixels."""
    return offset is not None and abs(float(offset) - seconds) < 0.012


def test_it_is_applied_while_it_lasts_and_is_one_step(panel: Panel) -> None:
    panel.hold(1.0, 1.1, 1.2)
    assert near(panel.session.project.offset, 0.7)
    panel.go(1.3)
    panel.drop(1.3)
    assert near(panel.session.project.offset, 0.8)
    assert panel.session.project.offset * 1000 % 1 == 0
    assert panel.session.undo_stack.count() == 1
    panel.session.undo_stack.undo()
    assert panel.session.project == PROJECT


def test_the_segment_under_the_cursor_is_meant_whatever_is_selected(panel: Panel) -> None:
    panel.session.select(1)
    panel.drag(2.6, 2.7, 2.8)
    assert near(panel.own(2), 2.2)
    panel.session.select(2)
    panel.drag(1.5, 1.6, 1.7, modifiers=CONTROL)
    assert near(panel.own(1), 0.7)
    panel.session.select(2)
    panel.drag(2.2, 2.3, 2.4)
    assert near(panel.session.project.offset, 0.7)
    assert near(panel.own(2), 2.2)
    assert near(panel.own(1), 0.7)


@pytest.mark.parametrize("selection", [2, None])
def test_control_between_segments_means_the_selected_one(panel: Panel, selection: int | None) -> None:
    panel.session.select(selection)
    panel.drag(2.2, 2.3, 2.4, modifiers=CONTROL)
    assert near(panel.own(2), 2.0 if selection is None else 2.2)
    assert near(panel.session.project.offset, 0.7 if selection is None else 0.5)


def test_all_of_the_clip_gets_its_own_offset_as_a_segment(panel: Panel) -> None:
    panel.session.apply("Dub all of the clip", replace(PROJECT, segments=None))
    panel.drag(1.5, 1.6, 1.7, modifiers=CONTROL)
    segments = panel.session.project.segments
    assert segments is not None and len(segments) == 1
    assert near(segments[0].offset, 0.7)


def test_it_snaps_unless_told_otherwise(panel: Panel) -> None:
    panel.session.set_playhead(F(1, 5))
    panel.drag(1.5, 1.3, 1.22)
    assert panel.session.project.offset == F(1, 5), "its beginning jumps to the playhead"
    panel.session.undo_stack.undo()
    panel.drag(1.5, 1.3, 1.22, modifiers=SHIFT)
    assert near(panel.session.project.offset, 0.22)
    panel.session.undo_stack.undo()
    panel.widget.set_snapping(False)  # type: ignore[attr-defined]
    panel.drag(1.5, 1.3, 1.22)
    assert near(panel.session.project.offset, 0.22)
    panel.session.undo_stack.undo()
    panel.drag(1.5, 1.3, 1.22, modifiers=SHIFT)
    assert panel.session.project.offset == F(1, 5)


def test_escape_puts_it_back_without_a_step(panel: Panel, qtbot: QtBot) -> None:
    panel.hold(1.0, 1.1, 1.3)
    assert panel.session.project != PROJECT
    qtbot.keyClick(panel.widget, Qt.Key.Key_Escape)
    assert panel.session.project == PROJECT
    panel.go(1.5)
    panel.drop(1.5)
    assert panel.session.project == PROJECT
    assert panel.session.undo_stack.count() == 0


def test_a_click_goes_there_and_moves_nothing(panel: Panel) -> None:
    panel.drag(2.21)
    assert panel.session.playhead == F(55, 25)
    assert panel.session.undo_stack.count() == 0


def test_an_edit_from_elsewhere_ends_it(panel: Panel) -> None:
    panel.hold(1.0, 1.3)
    elsewhere = replace(panel.session.project, offset=F(3))
    panel.session.apply("Elsewhere", elsewhere)
    panel.go(1.6)
    panel.drop(1.6)
    assert panel.session.project == elsewhere
