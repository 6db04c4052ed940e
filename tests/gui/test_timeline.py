"""The timeline as a person uses it: mouse, keys, menus, and what it tells the rest of the editor."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from app.core.project import Mix, Project
from app.core.timebase import TimeRange
from app.engine.sound.peaks import build_peaks
from app.ui.actions import shortcut, spec_of
from app.ui.panels.timeline.note_dialog import NoteDialog
from app.ui.panels.timeline.widget import Timeline
from tests.gui.goldens import pixels
from tests.gui.timeline_material import (
    STATES,
    F,
    drag,
    example,
    make_analysis,
    make_clip,
    make_timeline,
    mouse,
    move,
    point,
    press,
    release,
    segment,
)

Make = Callable[..., Timeline]
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def make(qtbot: QtBot) -> Make:
    """Makes timelines that are closed at the end."""

    def made(project: Project | None = None, **how: object) -> Timeline:
        timeline = make_timeline(example() if project is None else project, make_clip(), **how)  # type: ignore[arg-type]
        qtbot.addWidget(timeline)
        return timeline

    return made


def ranges(timeline: Timeline) -> list[tuple[Fraction, Fraction]]:
    return [(s.range.start, s.range.stop) for s in timeline.session.project.segments or ()]


def action(menu: QMenu | None, text: str) -> QAction:
    """The item of a menu, also of the menus in it."""
    assert menu is not None
    found = [each for each in menu.findChildren(QAction) if each.text().partition("\t")[0] == text]
    assert len(found) == 1, [each.text() for each in menu.actions()]
    return found[0]


def choose(timeline: Timeline, at: QPointF, text: str) -> None:
    item = action(timeline.menus.menu_at(at), text)
    assert item.isEnabled(), text
    item.trigger()


def focus(timeline: Timeline, qtbot: QtBot) -> None:
    """Gives the timeline the keyboard."""
    timeline.activateWindow()
    timeline.setFocus()
    qtbot.waitUntil(timeline.hasFocus)


# Scrolling and zooming


def wheel(timeline: Timeline, at: QPointF, notches: int, modifiers: Qt.KeyboardModifier) -> None:
    surface = timeline.view.viewport()
    event = QWheelEvent(
        at,
        surface.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(surface, event)


def test_control_wheel_zooms_at_the_cursor(make: Make) -> None:
    timeline = make()
    at = point(timeline, 7, "video")
    before = timeline.view.navigation.scale.zoom
    wheel(timeline, at, 4, CONTROL)
    assert timeline.view.navigation.scale.zoom == pytest.approx(before * 1.25**4)
    assert timeline.view.navigation.scale.x_of(7) == pytest.approx(at.x(), abs=1)
    wheel(timeline, at, -20, CONTROL)
    assert timeline.view.navigation.fitted


def test_wheel_scrolls_the_time_and_shift_the_lanes(make: Make) -> None:
    timeline = make(size=(900, 200))
    timeline.view.navigation.restore(2.0, 400.0)
    nothing = Qt.KeyboardModifier.NoModifier
    wheel(timeline, QPointF(50, 50), -1, nothing)
    assert timeline.view.navigation.scale.scroll > 2.0 and timeline.view.verticalScrollBar().value() == 0
    scroll = timeline.view.navigation.scale.scroll
    top = timeline.view.lanes["voice"].top
    wheel(timeline, QPointF(50, 50), -1, SHIFT)
    assert timeline.view.navigation.scale.scroll == scroll
    assert timeline.view.lanes["voice"].top < top and timeline.view.lanes["ruler"].top == 0


def test_middle_drag_pans(make: Make) -> None:
    timeline = make()
    timeline.view.navigation.restore(5.0, 200.0)
    drag(timeline, QPointF(400, 200), QPointF(300, 200), button=Qt.MouseButton.MiddleButton)
    assert timeline.view.navigation.scale.scroll == pytest.approx(5.5)
    assert timeline.session.undo_stack.count() == 0


def test_keys_zoom_and_fit_and_the_session_remembers(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    timeline.session.set_playhead(F(10))
    x = timeline.view.navigation.scale.x_of(10)
    for _ in range(3):
        qtbot.keyClick(timeline, "+")
    assert timeline.view.navigation.scale.x_of(10) == pytest.approx(x, abs=1)
    assert timeline.session.view.zoom == timeline.view.navigation.scale.zoom
    qtbot.keyClick(timeline, "-")
    qtbot.keyClick(timeline, "\\")
    assert timeline.view.navigation.fitted and timeline.session.view.zoom == 0
    timeline.resize(500, 300)
    assert timeline.view.navigation.scale.x_of(20) <= timeline.view.viewport().width()


def test_a_saved_view_comes_back(make: Make) -> None:
    timeline = make()
    timeline.view.navigation.restore(5.0, 200.0)
    saved = timeline.session.saved_project()
    other = make(saved)
    assert other.view.navigation.scale.scroll == pytest.approx(5.0) and other.view.navigation.scale.zoom == 200.0


def test_the_scroll_bar_goes_along(make: Make) -> None:
    timeline = make()
    timeline.view.navigation.restore(5.0, 200.0)
    bar = timeline.view.horizontalScrollBar()
    assert bar.value() == 1000
    bar.setValue(1500)
    assert timeline.view.navigation.scale.scroll == pytest.approx(7.5)


# The playhead


def test_ruler_scrubs(make: Make) -> None:
    timeline = make()
    told: list[tuple[Fraction, bool]] = []
    timeline.scrubbed.connect(lambda time, exact: told.append((time, exact)))
    drag(timeline, point(timeline, 3.01, "ruler"), point(timeline, 6.03, "ruler"))
    assert told[0] == (F(3), False) and told[-1] == (F(6), True)
    assert timeline.session.playhead == F(6)
    press(timeline, QPointF(-400, 5))
    release(timeline, QPointF(-400, 5))
    assert timeline.session.playhead == 0
    assert timeline.session.undo_stack.count() == 0


def test_playhead_stays_in_sight_unless_told_otherwise(make: Make) -> None:
    timeline = make()
    timeline.view.navigation.restore(0.0, 400.0)
    width = timeline.view.viewport().width()
    for time in (1, 2, 3, 9, 4):
        timeline.session.set_playhead(F(time))
        assert 0 <= timeline.view.navigation.scale.x_of(time) < width
    timeline.set_following(False)
    timeline.session.set_playhead(F(19))
    assert timeline.view.navigation.scale.x_of(19) > width
    timeline.set_following(True)
    assert 0 <= timeline.view.navigation.scale.x_of(19) < width


def test_up_and_down_go_to_edges(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    seen: list[Fraction] = []
    for _ in range(8):
        qtbot.keyClick(timeline, Qt.Key.Key_Down)
        seen.append(timeline.session.playhead)
    assert seen == [1, 5, F(162, 25), 11, 14, 17, F(499, 25), F(499, 25)]
    qtbot.keyClick(timeline, Qt.Key.Key_Up)
    assert timeline.session.playhead == 17


def test_control_up_and_down_go_to_markers(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    for key, wanted in ((Qt.Key.Key_Down, 3), (Qt.Key.Key_Down, 12), (Qt.Key.Key_Down, 12), (Qt.Key.Key_Up, 3)):
        qtbot.keyClick(timeline, key, CONTROL)
        assert timeline.session.playhead == wanted


def test_faceless_stretch_is_clicked(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    with qtbot.waitSignal(timeline.faceless_clicked) as caught:
        at = point(timeline, 9, "faces")
        press(timeline, at)
        release(timeline, at)
    assert caught.args == [TimeRange(F(187, 25), F(312, 25))]
    assert timeline.session.playhead == F(187, 25)
    assert "Face 1 is not here: other faces only" in timeline.pointer.tooltip_at(at)


# Segments by mouse


def test_click_selects_and_empty_room_deselects(make: Make) -> None:
    timeline = make()
    for time, id in ((3, 1), (9, 2), (13, None)):
        at = point(timeline, time, "segments")
        press(timeline, at)
        release(timeline, at)
        assert timeline.session.selection == id
    assert timeline.session.undo_stack.count() == 0


def click(timeline: Timeline, time: float, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    at = point(timeline, time, "segments")
    press(timeline, at, modifiers=modifiers)
    release(timeline, at, modifiers=modifiers)


def test_control_click_adds_and_takes_away_and_shift_selects_up_to_there(make: Make) -> None:
    timeline = make()
    session = timeline.session
    click(timeline, 3)
    click(timeline, 15, CONTROL)
    assert (session.chosen, session.selection) == ({1, 3}, 3)
    click(timeline, 15, CONTROL)
    assert (session.chosen, session.selection) == ({1}, 1)
    click(timeline, 15, SHIFT)
    assert (session.chosen, session.selection) == ({1, 2, 3}, 3)
    click(timeline, 9)
    assert (session.chosen, session.selection) == ({2}, 2)
    assert session.undo_stack.count() == 0


def test_a_rubber_band_selects_what_it_touches_and_escape_takes_it_back(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    focus(timeline, qtbot)
    click(timeline, 15)
    start, stop = point(timeline, 4, "segments"), point(timeline, 7, "segments")
    press(timeline, start, modifiers=CONTROL)
    move(timeline, (start + stop) / 2, modifiers=CONTROL)
    move(timeline, stop, modifiers=CONTROL)
    scene = timeline.view.scene()
    assert scene is not None and scene.band is not None and scene.feedback is not None
    assert scene.feedback.lines == ("3 segments selected",)
    assert timeline.session.chosen == {1, 2, 3}
    qtbot.keyClick(timeline.view, Qt.Key.Key_Escape)
    assert timeline.session.chosen == {3}
    release(timeline, stop, modifiers=CONTROL)
    drag(timeline, point(timeline, 5.5, "segments"), point(timeline, 6.2, "segments"), modifiers=CONTROL)
    assert timeline.session.chosen == {3} and len(ranges(timeline)) == 3, "a band around nothing draws nothing"


def test_selected_segments_are_moved_as_one(make: Make) -> None:
    timeline = make()
    timeline.set_snapping(False)
    timeline.session.select_all({2, 3})
    before = ranges(timeline)
    drag(timeline, point(timeline, 9, "segments"), point(timeline, 10, "segments"))
    moved = ranges(timeline)
    assert moved[0] == before[0]
    assert [new[0] - old[0] for new, old in zip(moved[1:], before[1:], strict=True)] == [1, 1]
    drag(timeline, point(timeline, 10, "segments"), point(timeline, 19.5, "segments"))
    assert ranges(timeline)[2][1] == 20, "as far as the last one has room"
    assert [stop - start for start, stop in ranges(timeline)] == [stop - start for start, stop in before]
    assert timeline.session.undo_stack.undoText() == "Move 2 segments"
    assert timeline.session.chosen == {2, 3}


def test_selected_segments_are_deleted_copied_and_nudged(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    session, cursor = timeline.session, timeline.cursor_commands
    cursor.select_all()
    assert session.chosen == {1, 2, 3}
    cursor.nudge_later()
    assert [start for start, _ in ranges(timeline)] == [F(26, 25), F(163, 25), F(351, 25)]
    session.undo_stack.undo()
    session.select_all({2, 3})
    cursor.delete_selected()
    assert [s.id for s in session.project.segments or ()] == [1] and session.chosen == frozenset()
    session.undo_stack.undo()
    session.select_all({1, 3})
    cursor.copy_selected()
    session.select(2)
    cursor.delete_selected()
    session.set_playhead(F(8))
    with qtbot.waitSignal(timeline.problem):
        cursor.paste()  # the second one, 13 seconds on, would begin after the clip
    assert len(ranges(timeline)) == 2
    session.set_playhead(F(5))
    cursor.paste()
    assert ranges(timeline) == [(F(1), F(5)), (F(5), F(9)), (F(14), F(17)), (F(18), F(20))]
    assert session.undo_stack.undoText() == "Paste 2 segments" and len(session.chosen) == 2


def test_the_menu_of_a_selected_segment_is_about_all_of_them(make: Make) -> None:
    timeline = make()
    timeline.session.select_all({1, 2})
    choose(timeline, point(timeline, 9, "segments"), "Face 2")
    assert [s.face for s in timeline.session.project.segments or ()] == [1, 1, 0]
    choose(timeline, point(timeline, 9, "segments"), "Delete 2 segments")
    assert [s.id for s in timeline.session.project.segments or ()] == [3]


def test_drawing_makes_one_segment_and_one_step(make: Make) -> None:
    timeline = make()
    drag(timeline, point(timeline, 12, "segments"), point(timeline, 13.3, "segments"))
    assert (F(12), F(333, 25)) in ranges(timeline) or (F(12), F(332, 25)) in ranges(timeline)
    assert timeline.session.selected is not None and timeline.session.selected.range.start == 12
    assert timeline.session.undo_stack.count() == 1
    timeline.session.undo_stack.undo()
    assert timeline.session.project == example()


def test_drawing_backwards_stops_at_the_neighbour(make: Make) -> None:
    timeline = make()
    drag(timeline, point(timeline, 6, "segments"), point(timeline, 2, "segments"))
    assert (F(5), F(6)) in ranges(timeline)


def test_move_by_drag_is_one_step_and_keeps_to_frames(make: Make) -> None:
    timeline = make()
    timeline.set_snapping(False)
    drag(timeline, point(timeline, 9, "segments"), point(timeline, 9.77, "segments"))
    start, stop = ranges(timeline)[1]
    assert (start * 25).denominator == 1 and start == pytest.approx(7.25, abs=0.05)
    assert stop - start == F(11) - F(162, 25)
    assert timeline.session.undo_stack.count() == 1
    assert timeline.session.undo_stack.undoText() == "Move segment"


def test_move_snaps_its_end_to_the_neighbour_and_shows_it(make: Make) -> None:
    timeline = make()
    start, stop = point(timeline, 9, "segments"), point(timeline, 11.95, "segments")
    press(timeline, start)
    move(timeline, start + QPointF(20, 0))
    move(timeline, stop)
    scene = timeline.view.scene()
    assert scene is not None and scene.feedback is not None
    assert scene.feedback.snapped == 14
    assert scene.feedback.lines[1] == "4.520 s · 113 frames"
    release(timeline, stop)
    assert ranges(timeline)[1][1] == 14
    assert timeline.view.scene().feedback is None  # type: ignore[union-attr]


def test_shift_turns_snapping_round(make: Make) -> None:
    timeline = make()
    drag(timeline, point(timeline, 9, "segments"), point(timeline, 11.95, "segments"), modifiers=SHIFT)
    assert ranges(timeline)[1][1] != 14
    timeline.session.undo_stack.undo()
    timeline.set_snapping(False)
    drag(timeline, point(timeline, 9, "segments"), point(timeline, 11.95, "segments"), modifiers=SHIFT)
    assert ranges(timeline)[1][1] == 14


@pytest.mark.parametrize(
    ("grab", "to", "wanted"),
    [(1.03, 2.03, (2, 5)), (4.97, 3.97, (1, 4)), (4.97, 9.0, (1, F(162, 25))), (1.03, -3.0, (0, 5))],
)
def test_edges_trim_as_far_as_there_is_room(
    make: Make, grab: float, to: float, wanted: tuple[Fraction, Fraction]
) -> None:
    timeline = make()
    drag(timeline, point(timeline, grab, "segments"), point(timeline, to, "segments"))
    assert ranges(timeline)[0] == wanted
    assert timeline.session.undo_stack.undoText() == "Trim segment"


def test_escape_leaves_the_project_as_it_was(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    for start, stop, lane in (
        (9.0, 10.0, "segments"),
        (1.03, 3.0, "segments"),
        (12.0, 13.0, "segments"),
        (2.0, 3.0, "voice"),
        (3.0, 3.5, "marks"),
    ):
        press(timeline, point(timeline, start, lane))
        for part in (0.3, 1.0):
            move(timeline, point(timeline, start + part * (stop - start), lane))
        assert timeline.session.project != example(), lane
        qtbot.keyClick(timeline, Qt.Key.Key_Escape)
        assert timeline.session.project == example()
        assert timeline.session.undo_stack.count() == 0
        release(timeline, point(timeline, stop, lane))
        assert timeline.session.project == example()


def test_a_drag_that_comes_back_leaves_no_step(make: Make) -> None:
    timeline = make()
    start = point(timeline, 9, "segments")
    press(timeline, start)
    move(timeline, start + QPointF(80, 0))
    move(timeline, start)
    release(timeline, start)
    assert timeline.session.undo_stack.count() == 0 and not timeline.session.modified


def test_a_project_without_segments_can_be_trimmed(make: Make) -> None:
    timeline = make(Project(clip="film.mp4"))
    assert "Whole clip" in timeline.pointer.tooltip_at(point(timeline, 3, "segments"))
    drag(timeline, point(timeline, 19.97, "segments"), point(timeline, 14.97, "segments"))
    assert ranges(timeline) == [(0, 15)]


def test_a_drag_beyond_the_side_scrolls(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    timeline.view.navigation.restore(0.0, 300.0)
    press(timeline, point(timeline, 2, "segments"))
    outside = QPointF(timeline.view.viewport().width() + 60, timeline.view.lanes["segments"].middle)
    move(timeline, outside)
    qtbot.waitUntil(lambda: timeline.view.navigation.scale.scroll > 0.5)
    release(timeline, outside)
    scroll = timeline.view.navigation.scale.scroll
    qtbot.wait(60)
    assert timeline.view.navigation.scale.scroll == scroll


# Voice, markers and the marked range


def test_voice_drag_moves_the_project_or_one_segment(make: Make) -> None:
    timeline = make()
    timeline.set_snapping(False)
    second = timeline.view.navigation.scale.zoom
    at = point(timeline, 2, "voice")
    drag(timeline, at, at + QPointF(second / 2, 0))
    assert float(timeline.session.project.offset) == pytest.approx(1.5, abs=0.002)
    assert timeline.session.undo_stack.count() == 1
    inside = point(timeline, 8, "voice")
    drag(timeline, inside, inside - QPointF(second / 4, 0))
    own = timeline.session.project.segment(2)
    assert own is not None and own.offset is not None and float(own.offset) == pytest.approx(0.87, abs=0.002)
    drag(timeline, at, at + QPointF(second, 0), modifiers=CONTROL)
    first = timeline.session.project.segment(1)
    assert first is not None and first.offset is not None and float(first.offset) == pytest.approx(2.5, abs=0.002)
    assert float(timeline.session.project.offset) == pytest.approx(1.5, abs=0.002)


def test_voice_snaps_to_the_playhead(make: Make) -> None:
    timeline = make()
    timeline.session.set_playhead(F(3))
    at = point(timeline, 4.5, "voice")
    drag(timeline, at, at + QPointF(timeline.view.navigation.scale.zoom * 2 - 5, 0))
    assert timeline.session.project.offset == 3


def test_voice_is_drawn_where_each_segment_has_it(make: Make) -> None:
    """A segment's own offset shifts the wave within it, and nowhere else."""
    timeline = make(Project(clip="f", voice="v", segments=(segment(1, 2, 6), segment(2, 8, 12))))
    before = pixels(timeline.view.viewport().grab().toImage())
    plain = timeline.session.project
    timeline.session.apply(
        "Shift", Project(clip="f", voice="v", segments=(segment(1, 2, 6), segment(2, 8, 12, offset=F(1, 3))))
    )
    after = pixels(timeline.view.viewport().grab().toImage())
    lane = timeline.view.lanes["voice"]
    apart = np.abs(after - before)[lane.top : lane.bottom].max(axis=(0, 2)) > 30
    first, stop = (round(timeline.view.navigation.scale.x_of(time)) for time in (8, 12))
    assert apart[first + 2 : stop - 2].mean() > 0.5
    assert not apart[: first - 1].any() and not apart[stop + 1 :].any()
    assert timeline.session.project != plain


def test_markers_are_added_noted_moved_and_removed(make: Make, qtbot: QtBot) -> None:
    timeline = make(Project(clip="film.mp4", segments=()))
    timeline.session.set_playhead(F(4))
    qtbot.keyClick(timeline, "m")
    assert [marker.time for marker in timeline.session.project.markers] == [4]
    qtbot.keyClick(timeline, "m")
    dialog = timeline.findChild(NoteDialog)
    dialog.findChild(QLineEdit, "noteEdit").setText("  Breath  ")
    dialog.accept()
    assert timeline.session.project.markers[0].note == "Breath"
    at = point(timeline, 4, "marks")
    assert timeline.pointer.tooltip_at(at).startswith("Breath\n00:00:04:00")
    drag(timeline, at, point(timeline, 7.99, "marks"))
    assert timeline.session.project.markers[0].time == 8
    choose(timeline, point(timeline, 8, "marks"), "Delete marker")
    assert timeline.session.project.markers == ()
    assert timeline.session.undo_stack.count() == 4


def test_double_click_edits_a_note(make: Make) -> None:
    timeline = make()
    at = point(timeline, 3, "marks")
    mouse(timeline, QEvent.Type.MouseButtonDblClick, at)
    dialog = timeline.findChild(NoteDialog)
    assert dialog.note == "Door slams"
    dialog.reject()


def test_in_and_out_by_key_and_drag(make: Make, qtbot: QtBot) -> None:
    timeline = make(Project(clip="film.mp4", segments=()))
    timeline.session.set_playhead(F(4))
    qtbot.keyClick(timeline, "i")
    timeline.session.set_playhead(F(9))
    qtbot.keyClick(timeline, "o")
    project = timeline.session.project
    assert (project.mark_in, project.mark_out) == (4, F(226, 25))
    qtbot.keyClick(timeline, "i", SHIFT)
    assert timeline.session.playhead == 4
    qtbot.keyClick(timeline, "o", SHIFT)
    assert timeline.session.playhead == 9
    drag(timeline, point(timeline, 4, "marks"), point(timeline, 15, "marks"))
    project = timeline.session.project
    assert project.mark_in == F(225, 25) and project.mark_out == F(226, 25)
    qtbot.keyClick(timeline, "g")
    assert timeline.session.project.mark_in is None and timeline.session.project.mark_out is None


# Keys


def test_split_and_delete(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    timeline.session.set_playhead(F(3))
    qtbot.keyClick(timeline, "s")
    assert ranges(timeline)[:2] == [(1, 3), (3, 5)]
    timeline.session.select(1)
    qtbot.keyClick(timeline, Qt.Key.Key_Delete)
    assert ranges(timeline)[0] == (3, 5)
    assert timeline.session.undo_stack.count() == 2


def test_what_cannot_be_done_is_told(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    told: list[str] = []
    timeline.problem.connect(told.append)
    timeline.session.set_playhead(F(13))
    timeline.cursor_commands.split()
    timeline.cursor_commands.delete_selected()
    timeline.session.set_playhead(F(1))
    timeline.cursor_commands.split()
    assert len(told) == 3 and all(sentence.endswith(".") for sentence in told)
    assert timeline.session.project == example()


def test_tab_goes_from_segment_to_segment_and_out(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    focus(timeline, qtbot)
    seen: list[int | None] = []
    for _ in range(3):
        qtbot.keyClick(timeline, Qt.Key.Key_Tab)
        seen.append(timeline.session.selection)
    assert seen == [1, 2, 3] and timeline.hasFocus()
    assert "Selected: Segment 3" in timeline.accessibleDescription()
    qtbot.keyClick(timeline, Qt.Key.Key_Left, CONTROL)
    assert timeline.session.selection == 2
    qtbot.keyClick(timeline, Qt.Key.Key_Tab)
    qtbot.keyClick(timeline, Qt.Key.Key_Tab)
    assert timeline.session.selection == 3 and not timeline.hasFocus()


def test_control_tab_leaves_at_once(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    focus(timeline, qtbot)
    qtbot.keyClick(timeline, Qt.Key.Key_Tab, CONTROL)
    assert not timeline.hasFocus() and timeline.session.selection is None


def test_a_selected_segment_moves_and_trims_by_key(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    timeline.session.select(1)
    qtbot.keyClick(timeline, Qt.Key.Key_Right, CONTROL | SHIFT)
    assert ranges(timeline)[0] == (F(26, 25), F(126, 25))
    qtbot.keyClick(timeline, Qt.Key.Key_Left, CONTROL | SHIFT)
    assert ranges(timeline)[0] == (1, 5)
    timeline.session.set_playhead(F(2))
    qtbot.keyClick(timeline, "[")
    timeline.session.set_playhead(F(4))
    qtbot.keyClick(timeline, "]")
    assert ranges(timeline)[0] == (2, 4)


def test_every_command_is_in_the_table(make: Make) -> None:
    assert {spec_of(id).id for id in make().cursor_commands.slots()} == set(make().cursor_commands.slots())


# Menus


def test_segment_menu(make: Make) -> None:
    timeline = make()
    at = point(timeline, 9, "segments")
    session = timeline.session
    session.set_playhead(F(8))
    choose(timeline, at, "Face 2")
    choose(timeline, at, "Use current frame as reference")
    choose(timeline, at, "Reset voice offset")
    choose(timeline, at, "Dub the picture here")
    found = session.project.segment(2)
    assert session.selection == 2 and found is not None
    assert (found.face, found.reference, found.offset, found.strength) == (1, 8, None, 0.0)
    choose(timeline, at, "Split at the playhead")
    assert (F(162, 25), F(8)) in ranges(timeline)
    choose(timeline, point(timeline, 9, "segments"), "Dub this range only")
    assert ranges(timeline) == [(8, 11)]
    choose(timeline, point(timeline, 9, "segments"), "Delete segment")
    assert ranges(timeline) == []


def test_faces_of_the_menu_are_those_of_the_clip(make: Make) -> None:
    timeline = make()
    menu = timeline.menus.menu_at(point(timeline, 9, "segments"))
    assert menu is not None
    faces = menu.findChild(QMenu, "timelineFaces")
    assert [each.text() for each in faces.actions()] == ["Face 1", "Face 2"]
    assert [each.isChecked() for each in faces.actions()] == [False, True]


def test_room_and_video_menus(make: Make) -> None:
    timeline = make()
    choose(timeline, point(timeline, 12, "segments"), "Add segment here")
    assert (F(12), F(14)) in ranges(timeline)
    assert not action(timeline.menus.menu_at(point(timeline, 12.5, "video")), "Add segment here").isEnabled()
    choose(timeline, point(timeline, 18, "video"), "Add marker here")
    assert timeline.session.project.markers[-1].time == 18
    choose(timeline, point(timeline, 18, "video"), "Dub all")
    assert ranges(timeline)[1] == (5, F(162, 25)), "only what the voice covers, from 1 to 13 s"
    assert ranges(timeline)[-1] == (14, 17)


def test_ruler_menu(make: Make) -> None:
    timeline = make(Project(clip="film.mp4", segments=()))
    choose(timeline, point(timeline, 4, "ruler"), "Set in here")
    choose(timeline, point(timeline, 9, "ruler"), "Set out here")
    choose(timeline, point(timeline, 6, "ruler"), "Add marker here")
    project = timeline.session.project
    assert (project.mark_in, project.mark_out, project.markers[0].time) == (4, F(226, 25), 6)
    choose(timeline, point(timeline, 9, "ruler"), "Zoom in")
    assert not timeline.view.navigation.fitted
    choose(timeline, point(timeline, 9, "ruler"), "Show all")
    assert timeline.view.navigation.fitted
    choose(timeline, point(timeline, 9, "ruler"), "Clear in and out")
    assert timeline.session.project.mark_in is None


def test_voice_and_strip_menus_ask_the_others(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    with qtbot.waitSignal(timeline.offset_proposal_wanted):
        choose(timeline, point(timeline, 9, "voice"), "Propose offset…")
    choose(timeline, point(timeline, 9, "voice"), "Reset this segment's own offset")
    choose(timeline, point(timeline, 9, "voice"), "Reset offset")
    assert timeline.session.project.offset == 0
    with qtbot.waitSignal(timeline.render_wanted) as asked:
        choose(timeline, point(timeline, 3, "strip"), "Render this segment")
    assert asked.args == [TimeRange(F(1), F(5))]
    with qtbot.waitSignal(timeline.retry_wanted):
        choose(timeline, point(timeline, 16, "strip"), "Try again what failed")
    assert not action(timeline.menus.menu_at(point(timeline, 3, "strip")), "Try again what failed").isEnabled()


def test_menu_key_opens_the_selected_segments_menu(make: Make) -> None:
    timeline = make()
    timeline.session.select(3)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    QApplication.sendEvent(timeline.view.viewport(), event)
    menu = timeline.findChild(QMenu, "timelineMenu")
    assert menu.isVisible()
    assert action(menu, "Dub this range only").isEnabled()
    menu.close()


# What it gets and what it asks for


def test_mute_and_solo(make: Make) -> None:
    timeline = make()
    button = timeline.findChild(object, "voiceMute")
    button.click()
    assert timeline.session.project.voice_mix == Mix(mute=True)
    choose(timeline, point(timeline, 3, "original"), "Solo")
    assert timeline.session.project.original_mix == Mix(solo=True)
    timeline.session.undo_stack.undo()
    timeline.session.undo_stack.undo()
    assert not button.isChecked()


def test_snap_button_and_slot(make: Make) -> None:
    timeline = make()
    told: list[bool] = []
    timeline.snapping_changed.connect(told.append)
    button = timeline.findChild(object, "snapping")
    button.click()
    assert told == [False] and not timeline.pointer.snapping
    timeline.set_snapping(True)
    assert told == [False] and button.isChecked()


def test_pictures_are_asked_for_once(make: Make, qtbot: QtBot) -> None:
    timeline = make()
    with qtbot.waitSignal(timeline.thumbnails_wanted) as wanted:
        timeline.view.navigation.restore(5.0, 300.0)
    indices = wanted.args[0]
    scene = timeline.view.scene()
    assert scene is not None
    shown = [index for _, index in scene.slots.in_sight(scene.scale, 0, scene.scale.width)]
    assert indices[: len(set(shown))] == list(dict.fromkeys(shown)), "what is in sight comes first"
    told: list[object] = []
    timeline.thumbnails_wanted.connect(told.append)
    timeline.set_snapping(False)
    timeline.view.navigation.scroll_by(1)
    qtbot.wait(120)
    assert not told


def test_render_states_are_told(make: Make) -> None:
    timeline = make()
    assert timeline.pointer.tooltip_at(point(timeline, 2, "strip")) == "Rendered"
    assert timeline.pointer.tooltip_at(point(timeline, 3.5, "strip")) == "Being rendered"
    assert timeline.pointer.tooltip_at(point(timeline, 6, "strip")).startswith("Not dubbed")
    assert "could not be rendered" in timeline.pointer.tooltip_at(point(timeline, 15, "segments"))
    timeline.set_strip([(span, "ready") for span, _ in STATES])
    assert "could not be rendered" not in timeline.pointer.tooltip_at(point(timeline, 15, "segments"))


def test_states_differ_without_colour(make: Make) -> None:
    """What failed is hatched: along its row the brightness changes, in the others it does not."""
    timeline = make()
    image = pixels(timeline.view.viewport().grab().toImage()).mean(axis=2)
    row = image[timeline.view.lanes["strip"].middle]

    def spread(first: Fraction, stop: Fraction) -> float:
        left, right = (round(timeline.view.navigation.scale.x_of(time)) for time in (first, stop))
        return float(np.ptp(row[left + 3 : right - 3]))

    assert spread(F(387, 25), F(17)) > 30
    assert spread(F(7), F(11)) < 3


def test_a_real_waveform_as_it_grows(make: Make, tmp_path: Path) -> None:
    rate = 16000
    seconds = np.arange(rate * 12) / rate
    soundfile.write(tmp_path / "v.wav", 0.8 * np.sin(2 * np.pi * 220 * seconds) * (seconds % 2 < 1), rate)
    timeline = make()
    before = timeline.view.viewport().grab().toImage()
    build_peaks(tmp_path / "v.wav", tmp_path, lambda part: timeline.set_peaks("voice", part))
    after = timeline.view.viewport().grab().toImage()
    lane = timeline.view.lanes["voice"]
    green = np.abs(pixels(after) - pixels(before))[lane.top : lane.bottom].max(axis=2)
    assert green.max() > 60
    peak = pixels(after)[lane.middle - lane.height // 4]
    loud, silent = (round(timeline.view.navigation.scale.x_of(time)) for time in (1.5, 2.5))
    assert peak[loud, 1] > peak[silent, 1] + 60


def test_another_document_forgets_the_old_one(make: Make) -> None:
    timeline = make()
    press(timeline, point(timeline, 9, "segments"))
    move(timeline, point(timeline, 10, "segments"))
    timeline.session.open(Project(clip="other.mp4", segments=()), None)
    assert timeline.view.scene() is None and not timeline.pointer.active
    assert "other.mp4" in timeline.view.empty_message()
    assert timeline.menus.menu_at(QPointF(10, 10)) is None
    timeline.session.set_clip(make_clip(10, F(30000, 1001)))
    scene = timeline.view.scene()
    assert scene is not None and scene.voice.peaks is None and scene.ticks.drop
    assert timeline.view.navigation.fitted


def test_nothing_happens_without_a_clip(qtbot: QtBot) -> None:
    timeline = make_timeline(None)
    qtbot.addWidget(timeline)
    for command in (*timeline.cursor_commands.slots().values(), timeline.cancel):
        command()
    drag(timeline, QPointF(50, 50), QPointF(150, 50))
    assert timeline.session.project == Project() and timeline.session.undo_stack.count() == 0


def test_faces_of_the_selected_segment_are_shown(make: Make) -> None:
    timeline = make()
    timeline.session.set_analysis(make_analysis(make_clip()))
    for id, face in ((2, 1), (1, 0)):
        timeline.session.select(id)
        scene = timeline.view.scene()
        assert scene is not None and scene.faces is not None and scene.faces.face == face


def test_names_for_screen_readers(make: Make) -> None:
    timeline = make()
    assert timeline.accessibleName() == "Timeline"
    assert timeline.accessibleDescription() == "3 segments. None selected."
    assert all(
        timeline.findChild(object, name).accessibleName()
        for name in ("snapping", "originalMute", "originalSolo", "voiceMute", "voiceSolo")
    )


def test_menus_and_tooltips_show_the_keys_of_the_table(make: Make) -> None:
    timeline = make()
    shown: dict[str, str] = {}
    for lane, time in (("ruler", 9), ("segments", 9), ("segments", 12), ("voice", 9), ("strip", 3)):
        menu = timeline.menus.menu_at(point(timeline, time, lane))
        assert menu is not None
        pairs = (each.text().partition("\t") for each in menu.actions())
        shown |= {text: key for text, tab, key in pairs if tab}
    expected = {
        "Split at the playhead": "split",
        "Copy segment": "copy",
        "Paste at the playhead": "paste",
        "Delete segment": "delete",
        "Dub from in to out": "dub_range",
        "Dub all": "dub_all",
        "Set in here": "mark_in",
        "Set out here": "mark_out",
        "Clear in and out": "clear_marks",
        "Add marker here": "marker",
        "Zoom in": "zoom_in",
        "Zoom out": "zoom_out",
        "Show all": "zoom_fit",
        "Snapping": "snapping",
    }
    assert shown == {text: shortcut(id) for text, id in expected.items()}
    assert f"{shortcut('split')} splits" in timeline.pointer.tooltip_at(point(timeline, 9, "segments"))
    assert f"[{shortcut('snapping')}]" in timeline.view.headers.snap.toolTip()
