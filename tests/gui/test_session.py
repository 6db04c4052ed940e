"""The session: undoing by value, drags that become one step, the playhead on frames, the selection."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.core import edits
from app.core.errors import UserError
from app.core.project import Project, View
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip
from app.engine.media.probe import MediaInfo
from app.ui.session import Session
from tests.unit.core.strategies import WHOLE, times

F = Fraction


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    return Session()


def span(start: float, stop: float) -> TimeRange:
    return TimeRange(F(start), F(stop))


def clip_of(*pts: int) -> Clip:
    """A clip with frames at these milliseconds; no file is behind it."""
    info = MediaInfo("a.mp4", "mp4", F(pts[-1], 1000), F(0), None, None, ())
    return Clip("a.mp4", "0", info, pts, F(1, 1000), F(25), (64, 48))


def test_a_new_session_is_empty_and_unmodified(session: Session) -> None:
    assert session.project == Project()
    assert (session.modified, session.selection, session.file, session.clip) == (False, None, None, None)
    assert not session.undo_stack.canUndo()


def test_steps_have_names_and_undo_gives_the_old_value_back(session: Session) -> None:
    told: list[tuple[Project, Project]] = []
    session.changed.connect(lambda old, new: told.append((old, new)))
    start = session.project
    one = edits.add_segment(start, span(1, 3))
    two = edits.split_segment(one, 1, F(2))
    session.apply("Draw segment", one)
    session.apply("Split segment", two)
    assert session.undo_stack.undoText() == "Split segment"
    session.undo_stack.undo()
    assert session.project is one
    session.undo_stack.undo()
    assert session.project is start
    session.undo_stack.redo()
    assert session.project is one
    assert told == [(start, one), (one, two), (two, one), (one, start), (start, one)]


def test_no_change_is_no_step(session: Session) -> None:
    session.apply("Nothing", Project())
    assert session.undo_stack.count() == 0 and not session.modified


def test_a_new_step_forgets_what_was_undone(session: Session) -> None:
    session.apply("Move voice", edits.set_offset(session.project, F(1)))
    session.undo_stack.undo()
    session.apply("Move voice", edits.set_offset(session.project, F(2)))
    assert not session.undo_stack.canRedo() and session.undo_stack.count() == 1


def drag(session: Session, token: object, *offsets: int) -> None:
    before = session.project
    for offset in offsets:
        session.apply("Move voice", edits.set_offset(before, F(offset)), merge=token)


def test_a_drag_is_one_step(session: Session) -> None:
    drag(session, object(), 1, 2, 3)
    assert (session.undo_stack.count(), session.project.offset) == (1, 3)
    session.undo_stack.undo()
    assert session.project.offset == 0


def test_two_drags_are_two_steps(session: Session) -> None:
    drag(session, ("offset", 1), 1, 2)
    drag(session, ("offset", 2), 3, 4)
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    assert session.project.offset == 2


def test_drags_whose_tokens_look_alike_to_qt_are_two_steps(session: Session) -> None:
    """Qt compares 31 bits of their hash before it asks."""
    drag(session, 1, 1)
    drag(session, 1 + 2**31, 2)
    assert session.undo_stack.count() == 2


def test_a_drag_back_to_where_it_began_leaves_no_step(session: Session) -> None:
    session.apply("Marker", edits.add_marker(session.project, F(1)))
    drag(session, object(), 1, 2, 0)
    assert session.undo_stack.count() == 1
    assert session.undo_stack.undoText() == "Marker"


def test_a_drag_does_not_merge_over_the_save(session: Session) -> None:
    token = object()
    drag(session, token, 1)
    session.mark_saved(Path("/films/a.redub"))
    drag(session, token, 2)
    assert session.modified and session.undo_stack.count() == 2
    session.undo_stack.undo()
    assert not session.modified


def test_saving_and_what_is_modified(session: Session) -> None:
    files: list[object] = []
    session.file_changed.connect(files.append)
    session.apply("Move voice", edits.set_offset(session.project, F(1)))
    assert session.modified
    session.mark_saved(Path("/films/a.redub"))
    assert not session.modified and session.file == Path("/films/a.redub") and files == [Path("/films/a.redub")]
    session.undo_stack.undo()
    assert session.modified
    session.undo_stack.redo()
    assert not session.modified


def test_the_playhead_stands_on_frames_of_the_clip(session: Session) -> None:
    told: list[Fraction] = []
    session.playhead_changed.connect(told.append)
    session.set_clip(clip_of(0, 33, 66, 100))
    for time, stands in ((F(5, 100), F(33, 1000)), (F(9), F(1, 10)), (F(-1), F(0)), (F(33, 1000), F(33, 1000))):
        session.set_playhead(time)
        assert session.playhead == stands
    session.set_playhead(F(34, 1000))
    assert told == [F(33, 1000), F(1, 10), F(0), F(33, 1000)], "told only where it moved"
    assert not session.modified, "where the user is makes no step"


def test_another_clip_takes_the_playhead_in(session: Session) -> None:
    session.set_playhead(F(50))
    session.set_clip(clip_of(0, 40, 80))
    assert session.playhead == F(80, 1000)


def test_the_view_is_saved_and_never_undone(session: Session) -> None:
    session.apply("Move voice", edits.set_offset(session.project, F(1)))
    session.set_playhead(F(3))
    session.set_view(2.0, 50.0)
    session.undo_stack.undo()
    assert session.view == View(F(3), 2.0, 50.0) == session.saved_project().view
    session.open(session.saved_project(), None)
    assert session.view == View(F(3), 2.0, 50.0)


def test_the_selection_follows_the_segments(session: Session) -> None:
    told: list[int | None] = []
    session.selection_changed.connect(told.append)
    session.apply("Draw segment", edits.add_segment(session.project, span(1, 3)))
    session.select(1)
    assert session.selected == session.project.segment(1)
    session.apply("Remove", edits.remove_segments(session.project, [1]))
    assert session.selection is None and session.selected is None
    session.undo_stack.undo()
    session.select(99)
    assert session.selection is None
    assert told == [1, None]


def test_another_document_starts_over(session: Session) -> None:
    resets: list[bool] = []
    session.reset.connect(lambda: resets.append(session.undo_stack.count() == 0 and session.clip is None))
    session.apply("Draw segment", edits.add_segment(session.project, span(1, 3)))
    session.select(1)
    session.set_clip(clip_of(0, 40))
    other = Project(clip="b.mp4")
    session.open(other, Path("/b.redub"))
    assert session.project is other and session.file == Path("/b.redub")
    assert (session.selection, session.clip, session.modified) == (None, None, False)
    assert resets == [True]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["add", "trim", "move", "remove", "undo", "redo"]), times(), times())))
def test_any_work_can_be_undone_to_the_start_and_redone(
    qtbot: QtBot, work: list[tuple[str, Fraction, Fraction]]
) -> None:
    session = Session()
    start = session.project
    for name, one, other in work:
        _act(session, name, one, other)
    end, steps = session.project, session.undo_stack.index()
    for _ in range(steps):
        session.undo_stack.undo()
    assert session.project is start
    for _ in range(steps):
        session.undo_stack.redo()
    assert session.project is end


def _act(session: Session, name: str, one: Fraction, other: Fraction) -> None:
    project = session.project
    try:
        if name == "add":
            session.apply(name, edits.add_segment(project, TimeRange(min(one, other), max(one, other))))
        elif name == "trim":
            session.apply(name, edits.trim_segment(project, 1, one, None, WHOLE))
        elif name == "move":
            session.apply(name, edits.move_segment(project, 1, one, WHOLE))
        elif name == "remove":
            session.apply(name, edits.remove_segments(project, [1]))
        else:
            getattr(session.undo_stack, name)()
    except UserError:
        assert session.project is project


def test_no_step_is_pushed_while_another_is_being_told(session: Session) -> None:
    refused: list[str] = []

    def push(_old: Project, new: Project) -> None:
        try:
            session.apply("Another", edits.set_offset(new, new.offset + 1))
        except RuntimeError as error:
            refused.append(str(error))

    session.changed.connect(push)
    session.apply("Move voice", edits.set_offset(session.project, Fraction(1)))
    assert len(refused) == 1 and "Another" in refused[0]
    assert session.undo_stack.count() == 1 and session.project.offset == 1
