"""The attention dock: what it asks for, what it shows, and how a patch is picked."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QKeyEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QFileDialog
from pytestqt.qtbot import QtBot

from app.core import edits
from app.core.project import SEGMENT_FIELDS
from app.core.timebase import TimeRange
from app.ui.panels.attention.dock import START, AttentionDock
from app.ui.panels.attention.marks import GREEN
from app.ui.panels.attention.overlay import Overlay
from app.ui.panels.attention.style import LAYERS
from app.ui.session import Session
from tests.gui.attention_material import F, analysis_of, look, open_session, refusal, result, segment
from tests.unit.core.strategies import another_value


class Bench:
    """A dock at frame 50 of segment 1, and all that it asked for."""

    def __init__(self, qtbot: QtBot, session: Session) -> None:
        self.qtbot, self.session = qtbot, session
        session.set_playhead(F(2))
        self.dock = AttentionDock(session)
        qtbot.addWidget(self.dock)
        self.asked: list[tuple[int, int, str]] = []
        self.overlays: list[Overlay | None] = []
        self.patches: list[tuple[int, int]] = []
        self.dock.wanted.connect(lambda *wish: self.asked.append(wish))
        self.dock.overlay_changed.connect(self.overlays.append)
        self.dock.patch_changed.connect(lambda *patch: self.patches.append(patch))
        self.dock.resize(560, 480)
        with qtbot.waitExposed(self.dock):
            self.dock.show()

    def settle(self) -> None:
        """Lets queued signals arrive."""
        QApplication.processEvents()

    def on(self) -> None:
        self.dock.set_overlay(True)
        self.settle()

    def give(self, index: int = 50, layer: str = "6.2") -> None:
        self.dock.set_result(result(index, layer))
        self.settle()


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot, open_session(segment(1, 1, 3), segment(2, 5, 10)))


def middle(bench: Bench, patch: tuple[int, int]) -> QPoint:
    """Pixels of the generated picture's widget."""
    square = bench.dock.pictures.generated.square()
    step = square.width() / 16
    return QPointF(square.left() + (patch[0] + 0.5) * step, square.top() + (patch[1] + 0.5) * step).toPoint()


def test_while_off_nothing_is_asked_for_or_shown(bench: Bench) -> None:
    bench.session.set_playhead(F(5, 2))
    bench.dock.controls.set_layer("5.1")
    bench.settle()
    bench.give()
    assert bench.asked == []
    assert bench.dock.overlay() is None
    assert "no map is computed" in bench.dock.message
    assert not bench.dock.controls.copy.isEnabled()


def test_on_asks_for_the_frame_at_the_playhead(bench: Bench, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bench.dock.overlay_toggled, check_params_cb=lambda on: on is True):
        bench.on()
    assert bench.asked == [(1, 50, "6.2")]
    assert "being computed" in bench.dock.message


def test_it_follows_the_playhead_once_for_each_frame(bench: Bench) -> None:
    bench.on()
    for time in (F(51, 25), F(52, 25), F(52, 25)):
        bench.session.set_playhead(time)
        bench.settle()
    assert bench.asked == [(1, 50, "6.2"), (1, 51, "6.2"), (1, 52, "6.2")]


def test_going_away_and_back_at_once_asks_once_and_shows_the_result(bench: Bench) -> None:
    bench.on()
    bench.asked.clear()
    bench.session.set_playhead(F(4))
    bench.session.set_playhead(F(2))
    bench.settle()
    assert bench.asked == [(1, 50, "6.2")]
    bench.give()
    assert bench.dock.overlay() is not None


def test_a_result_is_shown_and_drawn_over_the_preview(bench: Bench) -> None:
    bench.on()
    bench.give()
    assert bench.dock.message == ""
    overlay = bench.dock.overlay()
    assert overlay is not None and overlay.patch == START
    assert bench.overlays[-1] == overlay
    assert bench.dock.controls.save.isEnabled()


def test_another_frames_result_is_dimmed_and_not_drawn_over_the_preview(bench: Bench) -> None:
    bench.on()
    bench.give()
    bench.session.set_playhead(F(53, 25))
    bench.settle()
    assert bench.dock.overlay() is None
    assert bench.dock.message == ""
    where = bench.dock.findChild(object, "attentionWhere").text()  # pyright: ignore[reportAttributeAccessIssue]
    assert where.startswith("00:00:02:00") and "being computed" in where
    assert bench.dock.figure_now() is None  # its caption would name another project's settings
    assert not bench.dock.controls.save.isEnabled()
    bench.give(index=53)
    assert bench.dock.overlay() is not None


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_can_be_chosen(bench: Bench, layer: str) -> None:
    bench.on()
    bench.dock.controls.set_layer(layer)
    bench.settle()
    assert bench.asked[-1] == (1, 50, layer)
    bench.give(layer=layer)
    assert bench.dock.overlay() is not None


def test_an_edit_that_changes_the_map_asks_again_others_do_not(bench: Bench) -> None:
    bench.on()
    bench.give()
    session = bench.session
    session.apply("Marker", edits.add_marker(session.project, F(1)))
    session.apply("Feather", edits.set_segment(session.project, 1, feather=2.0))
    bench.settle()
    assert len(bench.asked) == 1
    session.apply("Voice", edits.set_offset(session.project, F(1, 10)))
    bench.settle()
    assert len(bench.asked) == 2
    assert bench.dock.overlay() is None


def test_silence_changes_the_map_only_where_the_mouth_is_closed(bench: Bench) -> None:
    """The network is then given silence to hear; the other choices come after it."""
    bench.on()
    bench.give()
    session = bench.session
    for silence, asked in (("keep", 1), ("network", 1), ("close", 2), ("keep", 3), ("network", 3)):
        old = len(bench.asked)
        session.apply("Silence", edits.set_segment(session.project, 1, silence=silence))
        bench.settle()
        assert bench.asked == [(1, 50, "6.2")] * asked, silence
        assert (bench.dock.overlay() is None) == (asked > old), silence
        bench.give()
        assert bench.dock.overlay() is not None


def test_an_edge_that_moves_leaves_the_map_as_it_is(bench: Bench) -> None:
    """Neither the network nor the automatic reference knows where the segment ends."""
    bench.on()
    bench.give()
    session, whole = bench.session, TimeRange(F(0), F(10))
    session.apply("Trim", edits.trim_segment(session.project, 1, F(3, 2), F(4), whole))
    bench.settle()
    assert bench.asked == [(1, 50, "6.2")]
    assert bench.dock.overlay() is not None


@pytest.mark.parametrize("name", SEGMENT_FIELDS)
def test_a_setting_changes_the_map_exactly_if_it_affects_the_network(bench: Bench, name: str) -> None:
    spec = SEGMENT_FIELDS[name]
    bench.on()
    bench.give()
    known = {spec.network_key(spec.default)}
    for value in spec.choices or (another_value(spec),):
        session = bench.session
        session.apply("Setting", edits.set_segment(session.project, 1, **{name: spec.default}))
        bench.settle()
        bench.give()
        session.apply("Setting", edits.set_segment(session.project, 1, **{name: value}))
        bench.settle()
        stale = spec.affects == "network" and spec.network_key(value) not in known
        assert (bench.dock.overlay() is None) == stale, value


def test_anothers_silence_changes_no_map(bench: Bench) -> None:
    bench.on()
    bench.session.apply("Silence", edits.set_segment(bench.session.project, 2, silence="close"))
    bench.settle()
    assert len(bench.asked) == 1


def test_a_result_that_came_before_it_was_asked_for_is_not_fresh(bench: Bench) -> None:
    bench.on()
    bench.session.apply("Voice", edits.set_offset(bench.session.project, F(1, 10)))
    bench.dock.set_result(result(50))  # of the project as it was
    assert bench.dock.overlay() is None
    bench.settle()
    bench.give()
    assert bench.dock.overlay() is not None


def test_a_late_result_does_not_replace_a_fresh_one(bench: Bench) -> None:
    bench.on()
    bench.give()
    bench.give(index=48)
    overlay = bench.dock.overlay()
    assert overlay is not None and overlay.result.index == 50


def test_a_change_is_asked_for_after_all_others_know_of_it(bench: Bench) -> None:
    bench.on()
    known: list[object] = []
    seen: list[bool] = []
    bench.session.changed.connect(lambda old, new: known.append(new))
    bench.dock.wanted.connect(lambda *wish: seen.append(bool(known)))
    bench.session.apply("Voice", edits.set_offset(bench.session.project, F(1, 10)))
    bench.settle()
    assert seen == [True]


def test_why_there_is_no_map_is_told(bench: Bench) -> None:
    bench.on()
    session = bench.session
    session.set_playhead(F(4))
    assert "Nothing is dubbed at 00:00:04:00" in bench.dock.message
    session.set_playhead(F(99, 10))
    assert "Face 1 is not in this frame" in bench.dock.message
    session.set_playhead(F(6))
    bench.settle()
    bench.dock.set_result(refusal(150, "The weights have no layer 6.2.", segment_id=2))
    assert bench.dock.message == "The weights have no layer 6.2."
    clip = session.clip
    assert clip is not None
    session.set_analysis(None)
    assert "not known yet" in bench.dock.message
    session.set_analysis(analysis_of(clip, 1))
    session.apply("No voice", edits.set_voice(session.project, "", ""))
    assert "no new voice" in bench.dock.message
    session.set_clip(None)
    assert "No clip is open" in bench.dock.message


def test_an_old_problem_does_not_replace_what_is_wanted_now(bench: Bench) -> None:
    bench.on()
    bench.dock.set_result(refusal(49, "The face is gone."))
    assert "being computed" in bench.dock.message


def test_switching_off_forgets_the_map_and_asks_no_more(bench: Bench) -> None:
    bench.on()
    bench.give()
    bench.dock.set_overlay(False)
    bench.session.set_playhead(F(5, 2))
    bench.settle()
    assert len(bench.asked) == 1
    assert bench.overlays[-1] is None
    bench.on()
    assert bench.asked[-1] == (1, 62, "6.2")


def test_another_document_empties_the_dock(bench: Bench) -> None:
    bench.on()
    bench.give()
    bench.session.open(msgspec.structs.replace(bench.session.project, clip=""), None)
    assert bench.dock.overlay() is None
    assert "No clip is open" in bench.dock.message


def test_hovering_picks_and_a_click_pins(bench: Bench, qtbot: QtBot) -> None:
    bench.on()
    bench.give()
    generated = bench.dock.pictures.generated
    qtbot.mouseMove(generated, middle(bench, (3, 4)))
    assert bench.dock.patch == (3, 4)
    qtbot.mouseClick(generated, Qt.MouseButton.LeftButton, pos=middle(bench, (5, 6)))
    assert bench.dock.patch == (5, 6) and bench.dock.pinned
    qtbot.mouseMove(generated, middle(bench, (9, 9)))
    assert bench.dock.patch == (5, 6)
    qtbot.mouseClick(generated, Qt.MouseButton.LeftButton, pos=middle(bench, (5, 6)))
    assert not bench.dock.pinned
    assert bench.patches[-1] == (5, 6)


def test_the_preview_picks_patches_by_the_same_rules(bench: Bench) -> None:
    bench.on()
    bench.give()
    bench.dock.hover(1, 2)
    assert bench.dock.patch == (1, 2)
    bench.dock.pick(4, 4)
    bench.dock.hover(1, 2)
    assert bench.dock.patch == (4, 4)
    bench.dock.pick(4, 4)
    bench.dock.hover(1, 2)
    assert bench.dock.patch == (1, 2)


def test_arrow_keys_move_the_patch_to_the_edge_and_return_pins(bench: Bench, qtbot: QtBot) -> None:
    bench.on()
    bench.give()
    generated = bench.dock.pictures.generated
    generated.setFocus()
    bench.dock.hover(1, 14)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(generated, key)
    assert bench.dock.patch == (0, 15)
    qtbot.keyClick(generated, Qt.Key.Key_Return)
    assert bench.dock.pinned
    qtbot.keyClick(generated, Qt.Key.Key_Up)
    qtbot.keyClick(generated, Qt.Key.Key_Right)
    assert bench.dock.patch == (1, 14)
    qtbot.keyClick(generated, Qt.Key.Key_Escape)
    assert not bench.dock.pinned


def test_arrow_keys_are_kept_from_the_windows_shortcuts(bench: Bench) -> None:
    def accepted(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> bool:
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifier)
        event.ignore()
        QApplication.sendEvent(bench.dock.pictures.generated, event)
        return event.isAccepted()

    assert accepted(Qt.Key.Key_Left)
    assert not accepted(Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert not accepted(Qt.Key.Key_Space)


def test_exact_value_under_the_mouse(bench: Bench, qtbot: QtBot) -> None:
    bench.on()
    maps = np.full((4, 256, 256), 1 / 256, np.float32)
    maps[:, START[1] * 16 + START[0]] = 0
    maps[:, START[1] * 16 + START[0], 2 * 16 + 7] = 0.75
    maps[:, START[1] * 16 + START[0], 2 * 16 + 8] = 0.25
    bench.dock.set_result(result(50, seen=look(maps)))
    bench.settle()
    readout = bench.dock.findChild(object, "attentionReadout")
    assert readout.text().startswith("Peak 75.0 % at column 7, row 2")  # pyright: ignore[reportAttributeAccessIssue]
    reference = bench.dock.pictures.reference
    square = reference.square()
    step = square.width() / 16
    qtbot.mouseMove(reference, QPointF(square.left() + 8.5 * step, square.top() + 2.5 * step).toPoint())
    assert readout.text() == "25.0 % at column 8, row 2 · 64.0 times the even share"  # pyright: ignore[reportAttributeAccessIssue]
    QApplication.sendEvent(reference, QEvent(QEvent.Type.Leave))
    assert readout.text().startswith("Peak")  # pyright: ignore[reportAttributeAccessIssue]


def test_a_head_can_be_chosen_and_stays(bench: Bench) -> None:
    bench.on()
    bench.give()
    head = bench.dock.controls.head
    assert [head.itemText(n) for n in range(head.count())] == [
        "Mean of 4 heads",
        "Head 1",
        "Head 2",
        "Head 3",
        "Head 4",
    ]
    head.setCurrentIndex(3)
    overlay = bench.dock.overlay()
    assert overlay is not None and overlay.style.head == 2
    bench.give()
    overlay = bench.dock.overlay()
    assert overlay is not None and overlay.style.head == 2


def test_fewer_heads_fall_back_to_the_mean(bench: Bench) -> None:
    bench.on()
    bench.give()
    bench.dock.controls.head.setCurrentIndex(4)
    bench.dock.set_result(result(50, seen=look(look().maps[:2])))
    assert bench.dock.style_now.head is None


def test_every_control_of_the_look_reaches_the_overlay(bench: Bench) -> None:
    bench.on()
    bench.give()
    controls = bench.dock.controls
    controls.colours.setCurrentIndex(controls.colours.findData("magma"))
    controls.scale.setCurrentIndex(controls.scale.findData("log"))
    controls.opacity.setValue(30)
    for check in (controls.smooth, controls.grid, controls.on_preview):
        check.toggle()
    overlay = bench.dock.overlay()
    assert overlay is not None
    style = overlay.style
    assert (style.colours, style.scale, style.opacity) == ("magma", "log", 0.3)
    assert (style.smooth, style.grid, style.on_preview) == (True, False, False)


def test_copy_puts_a_captioned_picture_on_the_clipboard(bench: Bench) -> None:
    bench.on()
    bench.give()
    bench.dock.copy()
    image = QGuiApplication.clipboard().image()
    assert image.width() > 1000
    made = bench.dock.figure_now()
    assert made is not None
    name, figure = made
    assert name == "talk-attention-0-00-02.000-layer-6.2-patch-8-10.png"
    caption = figure.text("Description")
    for part in (
        "talk.mp4",
        "0:00:02.000",
        "frame 50",
        "Att 6,2",
        "mean of 4 heads",
        "column 8, row 10",
        "radio-starter",
    ):
        assert part in caption


def test_saved_picture_holds_the_caption(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.on()
    bench.give()
    target = tmp_path / "figure"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    bench.dock.save()
    image = QImage(str(tmp_path / "figure.png"))
    assert "Att 6,2" in image.text("Description")


def test_a_folder_that_is_not_there_is_told(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.on()
    bench.give()
    target = tmp_path / "nowhere" / "figure.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    bench.dock.save()
    where = bench.dock.findChild(object, "attentionWhere").text()  # pyright: ignore[reportAttributeAccessIssue]
    assert "cannot be written" in where and str(target) in where


def test_green_square_is_painted_on_the_generated_face(bench: Bench) -> None:
    bench.on()
    bench.give()
    image = bench.dock.pictures.generated.grab().toImage()
    at = middle(bench, START) * image.devicePixelRatio()
    near = [image.pixelColor(at.x() + dx, at.y() + dy) for dx in range(-9, 10) for dy in range(-9, 10)]
    assert QColor(GREEN) in near


def test_pictures_stand_beside_or_above_each_other(bench: Bench) -> None:
    bench.on()
    bench.give()
    box = bench.dock.pictures.layout()
    assert isinstance(box, QBoxLayout)
    assert box.direction() == QBoxLayout.Direction.LeftToRight
    bench.dock.resize(300, 900)
    bench.settle()
    assert box.direction() == QBoxLayout.Direction.TopToBottom


def test_controls_have_names_and_tooltips(bench: Bench) -> None:
    controls = bench.dock.controls
    for widget in (controls.switch, controls.pin, controls.copy, controls.save, controls.head, controls.opacity):
        assert widget.objectName() and widget.accessibleName() and (widget.toolTip() or widget is controls.opacity)
