"""The inspector: every edit one named step, what cannot be done told, and reference frames from their thread."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.core import edits
from app.core.fields import setting, specs_of
from app.core.project import SEGMENT_FIELDS, Project, Segment
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.faces.reference import ReferenceCandidate
from app.engine.media.clip import Clip, open_clip
from app.ui.panels.inspector.mouth_section import ELSEWHERE
from app.ui.panels.inspector.panel import Inspector
from app.ui.panels.inspector.setting_row import ChoiceRow, NumberRow, SwitchRow, setting_row
from app.ui.panels.inspector.time_section import on_frame
from app.ui.session import Session
from app.workers.reference_thread import CROP, Proposal, Proposals, ReferenceThread
from tests.gui.attention_material import F, analysis_of, flat_clip, open_session, segment
from tests.unit.engine.media.synth import ClipRecipe, make_clip

LONG = 60_000
"""Milliseconds that a busy machine may take; no test waits for it where all is well."""


class Bench:
    """An inspector on two segments; the first is selected."""

    def __init__(self, qtbot: QtBot, session: Session) -> None:
        self.qtbot, self.session = qtbot, session
        self.panel = Inspector(session)
        qtbot.addWidget(self.panel)
        self.wanted: list[tuple[int, Fraction | None]] = []
        self.panel.references_wanted.connect(lambda *wish: self.wanted.append(wish))
        self.panel.resize(370, 900)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        session.select(1)

    @property
    def segment(self) -> Segment:
        found = self.session.project.segment(1)
        assert found is not None
        return found

    @property
    def steps(self) -> list[str]:
        stack = self.session.undo_stack
        return [stack.text(n) for n in range(stack.count())]

    @property
    def refusal(self) -> str:
        label = self.panel.refusal
        return label.text() if label.isVisible() else ""

    def number(self, name: str) -> NumberRow:
        row = self.panel.mouth.rows[name]
        assert isinstance(row, NumberRow)
        return row

    def choice(self, name: str) -> QComboBox:
        row = self.panel.mouth.rows[name]
        assert isinstance(row, ChoiceRow)
        return row.combo

    def type(self, field: QWidget, text: str) -> None:
        field.setFocus()
        self.qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self.qtbot.keyClicks(field, text)
        self.qtbot.keyClick(field, Qt.Key.Key_Return)


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot, open_session(segment(1, 1, 3), segment(2, 5, 8)))


def proposals(*seconds: Fraction, face: int = 0, chosen: Fraction | None = None) -> Proposals:
    def one(time: Fraction, rank: int) -> Proposal:
        image = QImage(CROP, CROP, QImage.Format.Format_RGB888)
        image.fill(QColor(40 + 20 * rank, 90, 120))
        return Proposal(time, image, ReferenceCandidate(rank, time, 0.9 - rank / 10, 0.9, 0.8, 1.0, 0.7, 0.3))

    best = tuple(one(time, rank) for rank, time in enumerate(seconds))
    return Proposals("0" * 64, face, best, None if chosen is None else one(chosen, 5))


# time


def test_timecodes_are_shown(bench: Bench) -> None:
    time = bench.panel.time
    assert (time.start.text(), time.stop.text(), time.length.text()) == ("00:00:01:00", "00:00:03:00", "00:00:02:00")


def test_typed_timecodes_trim_with_one_step_each(bench: Bench) -> None:
    time = bench.panel.time
    bench.type(time.start, "00:00:01:10")
    assert bench.segment.range.start == F(35, 25)
    bench.type(time.stop, "2.49")
    assert bench.segment.range.stop == F(62, 25)  # the nearest frame
    bench.type(time.length, "12f")
    assert bench.segment.range.duration == F(12, 25)
    assert bench.steps == ["Trim segment"] * 3
    bench.session.undo_stack.undo()
    assert time.stop.text() == "00:00:02:12"


def test_a_trim_stops_at_the_neighbour(bench: Bench) -> None:
    bench.type(bench.panel.time.stop, "00:00:07:00")
    assert bench.segment.range.stop == 5
    assert bench.panel.time.stop.text() == "00:00:05:00"
    bench.type(bench.panel.time.stop, "00:00:07:00")  # as far as it goes already
    assert bench.panel.time.stop.text() == "00:00:05:00"
    assert len(bench.steps) == 1


@pytest.mark.parametrize("text", ["nonsense", "00:00:01:30", "00:99:00:00"])
def test_what_is_no_time_is_refused_with_a_sentence(bench: Bench, text: str) -> None:
    bench.type(bench.panel.time.start, text)
    assert text in bench.refusal
    assert bench.panel.time.start.text() == "00:00:01:00"
    assert bench.steps == []
    bench.type(bench.panel.time.start, "00:00:01:01")
    assert bench.refusal == ""


def test_up_and_down_trim_by_frames_and_a_held_key_is_one_step(bench: Bench) -> None:
    field = bench.panel.time.start
    field.setFocus()
    for repeat in (False, True, True):
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, "", repeat)
            QApplication.sendEvent(field, event)
    assert bench.segment.range.start == F(28, 25)
    bench.qtbot.keyClick(field, Qt.Key.Key_Down)
    assert bench.segment.range.start == F(27, 25)
    assert len(bench.steps) == 2


def test_a_key_that_qt_has_no_name_for_does_no_harm(bench: Bench) -> None:
    field = bench.panel.time.start
    field.setFocus()
    QApplication.sendEvent(field, QKeyEvent(QEvent.Type.KeyPress, 0x0142, Qt.KeyboardModifier.NoModifier, "ł"))
    assert "ł" in field.text()


def test_escape_forgets_what_was_typed(bench: Bench) -> None:
    field = bench.panel.time.start
    field.setFocus()
    bench.qtbot.keyClicks(field, "9")
    bench.qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "00:00:01:00"
    assert bench.steps == []


def test_drop_frame_rates_are_written_with_a_semicolon(qtbot: QtBot) -> None:
    rate = F(30000, 1001)
    start = 1800 / rate
    bench = Bench(qtbot, open_session(segment(1, start, start + 10 / rate), fps=rate, frames=2000))
    assert bench.panel.time.start.text() == "00:01:00;02"
    bench.type(bench.panel.time.stop, "00:01:00;22")
    assert bench.segment.range.stop == 1820 / rate


def test_without_a_clip_times_are_shown_but_not_edited(bench: Bench) -> None:
    bench.session.set_clip(None)
    assert bench.panel.time.start.text() == "0:00:01.000"
    assert bench.panel.time.start.isReadOnly()


def test_on_frame_takes_the_nearest_frame_even_where_stamps_are_rounded() -> None:
    clip = flat_clip(50, F(25))
    assert on_frame(clip, F(101, 100)) == 1
    assert on_frame(clip, F(103, 100)) == F(26, 25)
    assert on_frame(clip, F(-1)) == 0
    assert on_frame(clip, F(99)) == clip.stop == 2
    thirds = Clip("a", "0", clip.info, (0, 33, 67, 100), F(1, 1000), F(30), (8, 8))
    assert on_frame(thirds, F(2, 30)) == F(67, 1000)


# voice


def test_own_offset_is_switched_on_with_the_projects_value(bench: Bench) -> None:
    voice = bench.panel.voice
    bench.session.apply("Move", edits.set_offset(bench.session.project, F(1, 2)))
    assert voice.offset.milliseconds.value() == 500 and not voice.offset.milliseconds.isEnabled()
    voice.as_project.click()
    assert bench.segment.offset == F(1, 2)
    assert voice.offset.milliseconds.isEnabled()
    voice.as_project.click()
    assert bench.segment.offset is None
    assert bench.steps == ["Move", "Own voice offset", "Voice as the project"]


def test_milliseconds_and_frames_show_one_value(bench: Bench) -> None:
    voice = bench.panel.voice
    voice.as_project.click()
    bench.type(voice.offset.milliseconds, "100")
    assert bench.segment.offset == F(1, 10)
    assert voice.offset.frames.value() == 2.5
    bench.type(voice.offset.frames, "-3")
    assert bench.segment.offset == F(-3, 25)
    assert voice.offset.milliseconds.value() == -120
    assert bench.steps == ["Own voice offset", "Move voice", "Move voice"]


def test_frames_are_exact_at_a_broken_rate(qtbot: QtBot) -> None:
    bench = Bench(qtbot, open_session(segment(1, 1, 3), fps=F(30000, 1001)))
    bench.type(bench.panel.project.offset.frames, "1")
    assert bench.session.project.offset == F(1001, 30000)
    bench.panel.refresh()
    assert bench.session.project.offset == F(1001, 30000)


def test_project_offset_moves_segments_that_follow_it(bench: Bench) -> None:
    bench.type(bench.panel.project.offset.milliseconds, "-40")
    assert bench.session.project.offset == F(-1, 25)
    assert bench.panel.voice.offset.frames.value() == -1


# mouth


def test_a_slider_drag_is_one_step(bench: Bench) -> None:
    slider = bench.number("feather").slider
    bench.qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, slider.height() // 2))
    for value in (110, 130, 150):
        slider.setValue(value)
    bench.qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    assert bench.segment.feather == 1.5
    assert bench.number("feather").number.value() == 150
    assert bench.steps == ["Mask feather"]
    bench.session.undo_stack.undo()
    assert bench.segment.feather == 1.0 and slider.value() == 100


def test_two_drags_are_two_steps(bench: Bench) -> None:
    slider = bench.number("strength").slider
    for value in (80, 60):
        bench.qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
        slider.setValue(value)
        bench.qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    assert bench.steps == ["Mask strength"] * 2


def test_numbers_are_typed_and_reset(bench: Bench) -> None:
    feather = bench.number("feather")
    bench.type(feather.number, "250")
    assert bench.segment.feather == 2.5
    feather.reset.click()
    assert bench.segment.feather == 1.0
    assert not feather.reset.isEnabled()
    assert len(bench.steps) == 2


# every setting


def control_of(bench: Bench, name: str) -> QWidget:
    """The control that the label of a setting leads to."""
    sections = (bench.panel.time, bench.panel.voice, bench.panel.face, bench.panel.mouth)
    labels = [label for section in sections for label in section.findChildren(QLabel)]
    (label,) = (label for label in labels if label.buddy() and label.text() == SEGMENT_FIELDS[name].label)
    assert label.buddy() is not None
    return label.buddy()


@pytest.mark.parametrize("name", SEGMENT_FIELDS)
def test_every_setting_has_a_row_that_explains_itself(bench: Bench, name: str) -> None:
    control = control_of(bench, name)
    assert control.isVisible() and control.accessibleName()
    assert control.toolTip() or name == "reference"  # each of its frames has one of its own


@pytest.mark.parametrize("name", SEGMENT_FIELDS)
def test_a_row_has_the_bounds_the_unit_and_the_choices_that_are_declared(bench: Bench, name: str) -> None:
    spec, row = SEGMENT_FIELDS[name], bench.panel.mouth.rows.get(name)
    if row is None:
        assert name in ELSEWHERE
        return
    control = control_of(bench, name)
    assert control is row.focus and control.toolTip() == spec.text.removesuffix(".")
    if isinstance(row, NumberRow):
        times = 100 if spec.unit == "%" else 1
        low, high = spec.bounds
        assert (row.number.minimum(), row.number.maximum()) == (low * times, high * times)
        assert row.number.suffix() == (f" {spec.unit}" if spec.unit else "")
        assert row.number.value() == spec.default * times
        bench.type(row.number, str(high * times))
        assert getattr(bench.segment, name) == high
        row.slider.setValue(row.slider.minimum())
        assert getattr(bench.segment, name) == low
        row.reset.click()
    elif isinstance(row, ChoiceRow):
        assert [row.combo.itemData(n) for n in range(row.combo.count())] == [value for value, _ in spec.labels]
        assert row.combo.currentData() == spec.default
        for number, (value, _) in enumerate(spec.labels):
            row.combo.setCurrentIndex(number)
            assert getattr(bench.segment, name) == value
        row.combo.setCurrentIndex(row.combo.findData(spec.default))
    assert getattr(bench.segment, name) == spec.default
    assert set(bench.steps) == {spec.step}


class Shapes(msgspec.Struct, frozen=True):
    """Settings of kinds that no segment has so far."""

    rounds: Annotated[int, setting("Rounds", "How often it is done.", "paste", low=1, high=9)] = 3
    blur: Annotated[float, setting("Blur", "How soft it is.", "paste", low=0, high=4.5, unit="px")] = 1.5
    shift: Annotated[float, setting("Shift", "How far away it is.", "paste", unit="px")] = 0.0
    on: Annotated[bool, setting("On", "Whether it is done.", "paste")] = False
    way: Annotated[Literal["a", "b"], setting("Way", "How it is done.", "paste", labels={"b": "B", "a": "A"})] = "a"
    time: Annotated[Fraction | None, setting("Time", "When it is done.", "paste")] = None


@pytest.mark.parametrize(
    ("name", "value"), [("rounds", 7), ("blur", 2.25), ("shift", -12.5), ("on", True), ("way", "b")]
)
def test_a_generic_row_shows_and_tells_every_kind_of_value(qtbot: QtBot, name: str, value: object) -> None:
    row = setting_row(specs_of(Shapes)[name])
    qtbot.addWidget(row)
    told: list[tuple[object, ...]] = []
    row.changed.connect(lambda *change: told.append(change[:2]))
    row.set_value(value)
    assert told == []
    row.set_value(row.spec.default)
    if isinstance(row, NumberRow):
        assert row.slider.isHidden() == (name == "shift") == (row.focus is row.number)
        row.number.setValue(value)
        assert row.number.value() == value
    elif isinstance(row, ChoiceRow):
        row.combo.setCurrentIndex(row.combo.findData(value))
    else:
        assert isinstance(row, SwitchRow)
        row.check.click()
    assert told == [(name, value)] and type(told[0][1]) is type(value)


def test_a_sliders_ticks_are_finer_than_one_where_the_number_has_places(qtbot: QtBot) -> None:
    row = setting_row(specs_of(Shapes)["blur"])
    assert isinstance(row, NumberRow)
    qtbot.addWidget(row)
    told: list[object] = []
    row.changed.connect(lambda _name, value, _token: told.append(value))
    row.set_value(1.5)
    assert row.slider.value() == 150 and not row.reset.isEnabled()
    row.slider.setValue(225)
    row.set_value(2.25)
    row.reset.click()
    assert told == [2.25, 1.5]
    assert row.reset.toolTip() == "Blur back to 1.50 px"


def test_a_kind_that_no_row_suits_is_said(qapp: QApplication) -> None:
    with pytest.raises(TypeError, match="no row suits the setting time"):
        setting_row(specs_of(Shapes)["time"])


@pytest.mark.parametrize(("number", "value"), [(1, "close"), (2, "keep")])
def test_silence_is_chosen(bench: Bench, number: int, value: str) -> None:
    bench.choice("silence").setCurrentIndex(number)
    assert bench.segment.silence == value


def test_the_wheel_turns_only_what_has_the_keyboard(bench: Bench) -> None:
    slider = bench.number("feather").slider
    bench.panel.time.start.setFocus()
    wheel(slider)
    assert bench.segment.feather == 1.0
    slider.setFocus()
    wheel(slider)
    assert bench.segment.feather != 1.0


def wheel(widget: QWidget) -> None:
    middle = QPointF(widget.rect().center())
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        middle,
        QPointF(widget.mapToGlobal(widget.rect().center())),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        none,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


# face and reference


def test_faces_are_counted_and_chosen(bench: Bench) -> None:
    combo = bench.panel.face.face
    assert [combo.itemText(n) for n in range(combo.count())] == ["Face 1 · 90 % of frames", "Face 2 · 100 % of frames"]
    bench.session.apply("Reference", edits.set_segment(bench.session.project, 1, reference=F(1)))
    combo.setCurrentIndex(1)
    assert bench.segment.face == 1
    assert bench.segment.reference is None  # the frame was chosen for the other face


def test_a_face_that_is_not_there_is_named(qtbot: QtBot) -> None:
    bench = Bench(qtbot, open_session(segment(1, 1, 3, face=4)))
    assert bench.panel.face.face.currentText() == "Face 5 · not in this clip"
    assert bench.wanted == []


def test_proposals_are_asked_for_once_a_face(bench: Bench) -> None:
    assert bench.wanted == [(0, None)]
    bench.panel.set_references(proposals(F(9), F(2)))
    bench.session.select(2)
    bench.session.select(1)
    bench.number("feather").slider.setValue(120)
    assert bench.wanted == [(0, None)]
    bench.panel.face.face.setCurrentIndex(1)
    assert bench.wanted[-1] == (1, None)


def test_proposals_of_another_face_or_clip_are_not_shown(bench: Bench) -> None:
    bench.panel.set_references(proposals(F(9), face=1))
    assert bench.panel.face.strip.count() == 1
    bench.panel.set_references(proposals(F(9)))
    assert bench.panel.face.strip.count() == 2
    bench.session.set_clip(None)
    assert bench.panel.face.strip.count() == 1


def test_frames_outside_the_segment_come_first_and_hover_tells_why(bench: Bench) -> None:
    bench.panel.set_references(proposals(F(2), F(9), F(4)))
    strip = bench.panel.face.strip
    assert [strip.item(n).text() for n in range(strip.count())] == [
        "Automatic",
        "00:00:09:00",
        "00:00:04:00",
        "00:00:02:00",
    ]
    assert "score 80 of 100" in strip.item(1).toolTip() and "mouth open 80" in strip.item(1).toolTip()
    assert "in this segment" in strip.item(3).toolTip()
    assert strip.currentRow() == 0


def test_a_click_takes_a_proposal_and_automatic_gives_it_back(bench: Bench) -> None:
    bench.panel.set_references(proposals(F(9), F(4)))
    strip = bench.panel.face.strip
    at = strip.visualItemRect(strip.item(1)).center()
    bench.qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert bench.segment.reference == 9
    assert strip.currentRow() == 1
    strip.setFocus()
    bench.qtbot.keyClick(strip, Qt.Key.Key_Left)
    assert bench.segment.reference == 9  # moving about changes nothing
    bench.qtbot.keyClick(strip, Qt.Key.Key_Return)
    assert bench.segment.reference is None


def test_the_current_frame_becomes_the_reference(bench: Bench) -> None:
    bench.panel.set_references(proposals(F(9)))
    bench.session.set_playhead(F(51, 25))
    bench.panel.face.use_current.click()
    assert bench.segment.reference == F(51, 25)
    assert bench.wanted[-1] == (0, F(51, 25))
    assert bench.panel.face.strip.item(1).text() == "00:00:02:01"
    bench.panel.set_references(proposals(F(9), chosen=F(51, 25)))
    assert bench.panel.face.strip.count() == 3
    bench.session.set_playhead(F(0))
    bench.panel.face.go.click()
    assert bench.session.playhead == F(51, 25)


def test_a_frame_without_the_face_is_refused(bench: Bench) -> None:
    bench.session.set_playhead(F(99, 10))
    bench.panel.face.use_current.click()
    assert bench.segment.reference is None
    assert "Face 1 is not in the frame at 00:00:09:22" in bench.refusal
    bench.session.select(2)
    assert bench.refusal == ""


def test_without_faces_it_says_what_it_waits_for(bench: Bench) -> None:
    bench.session.set_analysis(None)
    assert "when the faces of the clip are known" in bench.panel.face.about.text()
    assert not bench.panel.face.use_current.isEnabled()
    clip = bench.session.clip
    assert clip is not None
    bench.session.set_analysis(analysis_of(clip, 1))
    assert bench.wanted == [(0, None), (0, None)]


# project


def test_project_settings_are_edited(bench: Bench) -> None:
    project = bench.panel.project
    project.original.setCurrentIndex(1)
    project.fit.setCurrentIndex(1)
    assert (bench.session.project.original_audio, bench.session.project.fit) == ("duck", "hold")
    assert bench.steps == ["Original sound", "Voice too long"]


def test_weights_come_from_the_catalogue_or_a_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    combo = bench.panel.project.weights
    bench.panel.set_weights(["radio-starter", "radio-192"])
    assert [combo.itemText(n) for n in range(combo.count())] == ["radio-starter", "radio-192", "File…"]
    pick(combo, 1)
    assert bench.session.project.weights == "radio-192"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/nets/mine.safetensors", ""))
    pick(combo, 2)
    assert bench.session.project.weights == "/nets/mine.safetensors"
    assert combo.currentText() == "mine.safetensors"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    pick(combo, combo.count() - 1)
    assert bench.session.project.weights == "/nets/mine.safetensors"
    assert combo.currentText() == "mine.safetensors"


def pick(combo: QWidget, index: int) -> None:
    """As a user does, which programs that set an index do not."""
    combo.setCurrentIndex(index)  # pyright: ignore[reportAttributeAccessIssue]
    combo.activated.emit(index)  # pyright: ignore[reportAttributeAccessIssue]


# the panel


def test_without_a_selection_the_project_is_shown_with_a_hint(bench: Bench) -> None:
    bench.session.set_playhead(F(2))
    bench.session.select(None)
    panel = bench.panel
    assert not panel.time.isVisible() and panel.project.isVisible()
    assert "No segment is selected (2 segments" in panel.hint.text()
    panel.select_here.click()
    assert bench.session.selection == 1
    assert panel.time.isVisible() and not panel.hint.isVisible()


def test_nothing_dubbed_yet_is_told(qtbot: QtBot) -> None:
    bench = Bench(qtbot, open_session())
    assert "Nothing is dubbed yet" in bench.panel.hint.text()
    assert not bench.panel.select_here.isVisible()
    bench.session.open(Project("a.mp4"), None)
    bench.session.set_clip(flat_clip(50, F(25)))
    assert bench.panel.hint.text().startswith("The whole clip is dubbed once there is a voice")


def test_selecting_and_showing_changes_nothing(bench: Bench) -> None:
    before = bench.session.project
    bench.session.select(2)
    bench.panel.set_references(proposals(F(9)))
    bench.panel.resize(240, 700)
    bench.panel.refresh()
    assert bench.session.project is before
    assert bench.steps == []


def test_a_removed_segment_leaves_the_project_alone(bench: Bench) -> None:
    bench.session.apply("Delete", edits.remove_segments(bench.session.project, [1]))
    assert not bench.panel.time.isVisible()


def test_narrow_panels_need_no_sideways_scrolling(bench: Bench) -> None:
    bench.panel.set_references(proposals(F(9), F(4)))
    for width in (230, 300, 370, 600):
        bench.panel.resize(width, 700)
        QApplication.processEvents()
        fields = (bench.panel.time.start, bench.number("feather").reset, bench.panel.face.go)
        for field in fields:
            right = field.mapTo(bench.panel, QPoint(field.width(), 0)).x()
            assert right <= width, (width, field.objectName())


def test_the_keyboard_goes_from_top_to_bottom(bench: Bench) -> None:
    bench.panel.voice.as_project.click()
    panel = bench.panel
    wanted = [panel.time.start, panel.time.stop, panel.time.length, panel.voice.takes, panel.voice.another]
    wanted += [panel.voice.offset.milliseconds]
    wanted += [panel.voice.offset.frames, panel.voice.as_project, panel.face.face, panel.face.strip]
    panel.time.start.setFocus()
    found = []
    for _ in wanted:
        found.append(QApplication.focusWidget())
        bench.qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert found == wanted


def test_every_label_has_its_control(bench: Bench) -> None:
    labels = [label for label in bench.panel.findChildren(QLabel) if label.buddy() is not None and label.text()]
    assert len(labels) >= 10
    for label in labels:
        assert label.buddy().accessibleName(), label.text()


# the thread


@pytest.fixture
def thread(qtbot: QtBot) -> Iterator[ReferenceThread]:
    made = ReferenceThread()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """40 frames; frame 30 is the sharpest."""
    rng = np.random.default_rng(5)
    noise = rng.integers(-60, 60, (96, 96, 1))
    pictures = []
    for index in range(40):
        strength = 1.0 if index == 30 else 0.3
        pictures.append(np.clip(120 + strength * noise, 0, 255).astype(np.uint8).repeat(3, axis=2))
    recipe = ClipRecipe(pts=[i * 512 for i in range(40)], size=(96, 96), pictures=pictures, options={"crf": "5"})
    return open_clip(make_clip(tmp_path_factory.mktemp("film") / "film.mp4", recipe))


def film_faces(film: Clip, absent: tuple[int, ...] = ()) -> FaceAnalysis:
    """A frontal face that stands still with its mouth open, guessed in frames 0 to 4; a second one in 10 frames."""
    from app.engine.faces.aligner import ALIGNED_POINTS, FACE

    points = np.full((68, 2), 48, np.float32)
    for place, number in enumerate(ALIGNED_POINTS):
        points[number] = np.array(FACE.template[place]) * 80 + 8
    points[2], points[14] = (10, 55), (86, 55)
    points[30] = (48, 55)
    points[36:48, 1] = points[36, 1]
    points[62], points[66] = (48, 60), (48, 76)
    count = film.count
    guessed = np.arange(count) < 5
    track = FaceTrack(0, 0, 0, np.repeat(points[None], count, axis=0), np.ones(count, np.float32), guessed)
    times = tuple(film.time_of(n) for n in range(count))
    return FaceAnalysis(film.size, times, (), (track,), "test", "1")


def test_thread_proposes_the_sharpest_frame_first(qtbot: QtBot, thread: ReferenceThread, film: Clip) -> None:
    with qtbot.waitSignal(thread.proposed, timeout=LONG) as caught:
        thread.request(film, film_faces(film), 0)
    found: Proposals = caught.args[0]
    assert found.clip == film.sha256 and found.face == 0 and found.chosen is None
    assert found.best[0].time == film.time_of(30)
    assert found.best[0].image.width() == CROP
    assert all(proposal.time >= film.time_of(5) for proposal in found.best)
    scores = [proposal.candidate.score for proposal in found.best if proposal.candidate]
    assert scores[0] == max(scores)


def test_thread_pictures_the_users_own_frame(qtbot: QtBot, thread: ReferenceThread, film: Clip) -> None:
    with qtbot.waitSignal(thread.proposed, timeout=LONG) as caught:
        thread.request(film, film_faces(film), 0, film.time_of(7) + F(1, 100))
    chosen = caught.args[0].chosen
    assert chosen.time == film.time_of(7) and not chosen.image.isNull()


def test_thread_answers_the_latest_request(qtbot: QtBot, thread: ReferenceThread, film: Clip) -> None:
    faces = film_faces(film)
    times: list[Fraction | None] = []
    thread.proposed.connect(lambda found: times.append(found.chosen and found.chosen.time))
    for index in range(20):
        thread.request(film, faces, 0, film.time_of(index))
    qtbot.waitUntil(lambda: times[-1:] == [film.time_of(19)], timeout=LONG)
    assert len(times) < 20


def test_thread_tells_what_is_wrong(qtbot: QtBot, thread: ReferenceThread, film: Clip, tmp_path: Path) -> None:
    with qtbot.waitSignal(thread.failed, timeout=LONG) as caught:
        thread.request(film, film_faces(film), 3)
    assert caught.args[0] == 3 and "has no face 4" in caught.args[1]
    gone = Clip(str(tmp_path / "gone.mp4"), "1", film.info, film.pts, film.time_base, film.fps, film.size)
    with qtbot.waitSignal(thread.failed, timeout=LONG) as caught:
        thread.request(gone, film_faces(film), 0)
    assert "gone.mp4" in caught.args[1]
    with qtbot.waitSignal(thread.proposed, timeout=LONG):
        thread.request(film, film_faces(film), 0)


def test_thread_stops_in_the_middle_of_its_work(qtbot: QtBot, film: Clip) -> None:
    thread = ReferenceThread()
    thread.start()
    thread.request(film, film_faces(film), 0)
    thread.stop()
    assert thread.isFinished()


def test_panel_and_thread_together(qtbot: QtBot, thread: ReferenceThread, film: Clip) -> None:
    session = open_session(segment(1, F(1, 5), F(4, 5)))
    session.set_clip(film)
    faces = film_faces(film)
    bench = Bench(qtbot, session)
    bench.panel.references_wanted.connect(lambda face, chosen: thread.request(film, faces, face, chosen))
    thread.proposed.connect(bench.panel.set_references)
    session.set_analysis(faces)
    qtbot.waitUntil(lambda: bench.panel.face.strip.count() > 4, timeout=LONG)
    assert bench.panel.face.strip.item(1).text() == "00:00:01:05"
    assert not bench.panel.face.face.itemIcon(0).isNull()


# Several segments


def test_what_is_changed_holds_for_all_selected_segments(bench: Bench) -> None:
    session, panel = bench.session, bench.panel
    session.select_all({1, 2}, 1)
    assert not panel.time.isVisible() and panel.same_for_all.isVisible()
    assert panel.hint.isVisible() and panel.hint.text().startswith("2 segments are selected")
    bench.number("feather").number.setValue(150)
    assert [s.feather for s in session.project.segments or ()] == [1.5, 1.5]
    session.select(2)
    assert panel.time.isVisible() and not panel.same_for_all.isVisible() and not panel.hint.isVisible()
    bench.choice("silence").setCurrentIndex(1)
    session.select_all({1, 2}, 2)
    before = session.project
    panel.same_for_all.click()
    one, other = session.project.segments or ()
    assert all(getattr(one, name) == getattr(other, name) for name in SEGMENT_FIELDS)
    assert bench.steps[-1] == "Same settings"
    session.undo_stack.undo()
    assert session.project == before
