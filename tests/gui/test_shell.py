"""The whole window with a quick network in the real one's place: opening, dubbing, playing, asking, ending."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox, QToolButton, QTreeWidget
from pytestqt.qtbot import QtBot

from app.core.errors import MediaError, UserError
from app.core.project import Project, Segment
from app.core.streams import Streams
from app.core.timebase import TimeRange
from app.engine.export.export_request import ExportRequest
from app.engine.files.project_file import load_project, save_project
from app.engine.files.settings_file import load_settings
from app.engine.media.clip import Clip, Voice, open_clip
from app.engine.media.encoders import EncoderSettings
from app.engine.ports import Dubber
from app.engine.provenance.credentials import own_credentials
from app.engine.provenance.signing import sign
from app.engine.provenance.statement import Facts, Statement
from app.ui.actions import all_actions
from app.ui.dialogs.error import ErrorDialog
from app.ui.dialogs.export.dialog import ExportDialog
from app.ui.dialogs.relink import RelinkDialog
from app.ui.dialogs.settings import SettingsDialog
from app.ui.kit.file_dialogs import remember_folder
from app.ui.window.backends import Backends
from app.ui.window.folders import user_folders
from app.ui.window.layout import load_layout
from app.ui.window.questions import Questions
from app.wiring import signing_folder
from app.workers.jobs import JobState
from tests.gui.shell_bench import Bench
from tests.unit.engine.rendering import QuickDubber, broken_voice, textured_clip


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    yield made
    made.editor.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return textured_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Voice:
    return broken_voice(tmp_path_factory.mktemp("voice") / "voice.wav")


def test_every_action_does_something(bench: Bench) -> None:
    expected = {spec.id for spec in all_actions() if not spec.held}
    assert bench.window.actions_.bound == expected


def test_a_clip_and_a_voice_become_a_dub(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    (segment,) = bench.session.project.segments
    assert segment.range == TimeRange(Fraction(0), min(clip.stop, voice.duration))
    assert bench.session.selection == segment.id
    pane = bench.editor.panels.preview
    bench.until(lambda: pane.frame is not None and pane.frame.dubbed is not None)
    assert pane.frame is not None
    assert pane.frame.dubbed is not None
    assert pane.frame.dubbed != pane.frame.original
    bench.until(lambda: not bench.editor.rendering)
    states = {state for _, state in bench.editor.threads.renders.queue.strip(bench.session.project, clip)}
    assert states == {"ready"}
    assert bench.dubber.threads, "the network was never asked"


def test_weights_that_do_not_know_the_face_are_told_as_the_command_line_does(
    qtbot: QtBot, clip: Clip, voice: Voice
) -> None:
    dubber = QuickDubber()
    dubber.known_fit = 60.0
    bench = Bench(qtbot, dubber)
    bench.open(clip, voice)
    bench.until(lambda: bench.session.fits)
    (check,) = bench.session.fits.values()
    assert check.doubtful and "do not know this face well" in check.sentence
    assert [notice.sentence for notice in bench.window.notice.notices] == [check.sentence]
    checks = bench.editor.panels.checks
    checks.refresh()
    tree = checks.findChild(QTreeWidget, "checks_list")
    assert tree is not None and [tree.topLevelItem(0).text(1), tree.topLevelItem(0).toolTip(1)][0] == "Weak fit"
    assert check.sentence in tree.topLevelItem(0).toolTip(1)
    bench.window.actions_["export"].trigger()
    dialog = bench.dialog(ExportDialog)
    assert ("warning", check.sentence) in dialog._notes.lines
    dialog.reject()
    bench.window.actions_["new"].trigger()
    assert bench.window.notice.notices == () and not bench.session.fits
    bench.editor.close()


def test_weights_that_know_the_face_trouble_nobody(qtbot: QtBot, clip: Clip, voice: Voice) -> None:
    dubber = QuickDubber()
    dubber.known_fit = -60.0
    bench = Bench(qtbot, dubber)
    bench.open(clip, voice)
    bench.until(lambda: bench.session.fits)
    assert bench.window.notice.notices == ()
    bench.editor.close()


def test_taking_a_choice_back_takes_the_clip_away_and_brings_it_back(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    while bench.session.undo_stack.canUndo():
        bench.session.undo_stack.undo()
    assert bench.session.clip is None
    assert bench.session.voice is None
    while bench.session.undo_stack.canRedo():
        bench.session.undo_stack.redo()
    bench.until(lambda: bench.session.clip is not None and bench.session.voice is not None)
    assert len(bench.session.project.segments) == 1


def test_the_keys_move_the_playhead(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    keys, shift = Qt.Key, Qt.KeyboardModifier.ShiftModifier
    for key, modifier, frame in (
        (keys.Key_Right, None, 1),
        (keys.Key_Period, None, 2),
        (keys.Key_Left, None, 1),
        (keys.Key_Comma, None, 0),
        (keys.Key_Right, shift, 25),
        (keys.Key_Left, shift, 0),
        (keys.Key_End, None, 39),
        (keys.Key_Home, None, 0),
    ):
        bench.key(key, modifier or Qt.KeyboardModifier.NoModifier)
        assert bench.index == frame, QKeySequence(key).toString()


def test_k_held_turns_j_and_l_into_single_frames(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    handle = bench.window.windowHandle()
    QTest.keyPress(handle, Qt.Key.Key_K)
    for _ in range(3):
        bench.key(Qt.Key.Key_L)
    bench.key(Qt.Key.Key_J)
    QTest.keyRelease(handle, Qt.Key.Key_K)
    assert bench.index == 2
    assert not bench.editor.threads.player.playing
    bench.key(Qt.Key.Key_L)
    assert bench.editor.threads.player.playing
    bench.key(Qt.Key.Key_K)
    assert not bench.editor.threads.player.playing


def test_marks_split_and_delete_by_key(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    bench.editor.playing.go(clip.time_of(10))
    bench.key(Qt.Key.Key_I)
    bench.key(Qt.Key.Key_M)
    bench.editor.playing.go(clip.time_of(19))
    bench.key(Qt.Key.Key_O)
    bench.key(Qt.Key.Key_S)
    project = bench.session.project
    assert (project.mark_in, project.mark_out) == (clip.time_of(10), clip.time_of(20))
    assert [marker.time for marker in project.markers] == [clip.time_of(10)]
    assert len(project.segments) == 2
    bench.key(Qt.Key.Key_Delete)
    assert len(bench.session.project.segments) == 1
    bench.key(Qt.Key.Key_I, Qt.KeyboardModifier.ShiftModifier)
    assert bench.index == 10
    bench.key(Qt.Key.Key_G)
    assert bench.session.project.mark_in is None


def test_keys_go_into_a_field_that_takes_text(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    bench.window.actions_["go_to"].trigger()
    field = bench.window.findChild(QLineEdit, "timecode")
    assert field is not None
    bench.until(field.hasFocus)
    for key in (Qt.Key.Key_1, Qt.Key.Key_Period, Qt.Key.Key_2):
        bench.key(key)
    assert field.text() == "1.2"
    assert bench.index == 0
    bench.key(Qt.Key.Key_Return)
    assert bench.index == 30


def test_the_original_shows_while_its_key_is_held(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    pane = bench.editor.panels.preview
    bench.until(lambda: pane.frame is not None and pane.frame.dubbed is not None)
    handle = bench.window.windowHandle()
    QTest.keyPress(handle, Qt.Key.Key_H)
    assert next(badge.kind for badge in pane.badges) == "original"
    QTest.keyRelease(handle, Qt.Key.Key_H)
    assert next(badge.kind for badge in pane.badges) == "dubbed"


def test_modes_follow_keys_and_buttons(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    pane, actions = bench.editor.panels.preview, bench.window.actions_
    bench.key(Qt.Key.Key_3)
    assert pane.mode == "wipe"
    pane.set_mode("side")
    assert actions["show_side"].isChecked()
    assert not actions["show_wipe"].isChecked()


def test_attention_is_asked_for_only_while_it_is_on(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    bench.until(lambda: not bench.editor.rendering and bench.dubber.drawn)
    assert bench.dubber.looked == 0
    dock = bench.editor.panels.attention
    bench.key(Qt.Key.Key_T)
    bench.until(lambda: dock.overlay() is not None)
    assert bench.dubber.looked == 1
    bench.key(Qt.Key.Key_T)
    bench.key(Qt.Key.Key_Right)
    bench.qtbot.wait(200)
    assert bench.dubber.looked == 1


def test_a_new_voice_position_renders_anew_and_undoing_finds_the_old_frames(
    bench: Bench, clip: Clip, voice: Voice
) -> None:
    bench.open(clip, voice)
    bench.until(lambda: not bench.editor.rendering and bench.dubber.drawn)
    before = sum(bench.dubber.drawn)
    bench.key(Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert bench.session.project.offset == 1 / clip.fps
    bench.until(lambda: sum(bench.dubber.drawn) > before and not bench.editor.rendering)
    after = sum(bench.dubber.drawn)
    bench.session.undo_stack.undo()
    bench.qtbot.wait(300)
    assert sum(bench.dubber.drawn) == after
    states = {state for _, state in bench.editor.threads.renders.queue.strip(bench.session.project, clip)}
    assert states == {"ready"}


def test_the_steps_of_starting_can_be_taken_back_and_done_again(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    stack = bench.session.undo_stack
    names = [stack.text(number) for number in range(stack.count())]
    assert sorted(names[:2]) == ["Choose new voice", "Choose video"] and names[2:] == ["Dub what the voice covers"]
    whole = bench.session.project
    for _ in range(2):
        while stack.canUndo():
            stack.undo()
        assert bench.session.project == Project() and bench.session.clip is None
        while stack.canRedo():
            stack.redo()
        assert bench.session.project == whole and stack.count() == 3
        bench.until(lambda: bench.session.analysis is not None)


def test_what_is_saved_opens_as_it_was(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    bench.open(clip, voice)
    bench.editor.playing.go(clip.time_of(7))
    bench.answers.to_save = tmp_path / "film.redub"
    bench.window.actions_["save"].trigger()
    assert bench.window.windowTitle() == "film[*] - Redub"
    assert not bench.window.isWindowModified()
    saved = bench.session.project
    bench.until(lambda: bench.editor.panels.preview.frame is not None)
    bench.window.actions_["new"].trigger()
    assert bench.editor.documents.picture(tmp_path / "film.redub").is_file(), "for the list of recent projects"
    assert not bench.window.shows_editor
    bench.editor.menu_actions.take_files([tmp_path / "film.redub"])
    bench.until(lambda: bench.session.clip is not None and bench.session.analysis is not None)
    assert bench.session.project.segments == saved.segments
    assert bench.index == 7
    assert not bench.window.isWindowModified(), "opening is no change"


def test_drops_find_their_places(bench: Bench, clip: Clip, voice: Voice) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(voice.path), QUrl.fromLocalFile(clip.path)])
    place, copy, left = QPointF(5, 5), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    bench.window.dropEvent(QDropEvent(place, copy, data, left, Qt.KeyboardModifier.NoModifier))
    bench.until(lambda: bench.session.clip is not None and bench.session.voice is not None)
    assert bench.session.project.clip == clip.path


def test_a_drop_of_another_clip_asks_before_it_takes_the_place_of_the_old(
    bench: Bench, clip: Clip, voice: Voice, tmp_path: Path
) -> None:
    bench.open(clip, voice)
    other = textured_clip(tmp_path / "other.mp4", count=12)
    for answer, name in (("cancel", "clip.mp4"), ("replace", "other.mp4")):
        bench.answers.asked.clear()
        bench.answers.replace = answer  # type: ignore[assignment]
        bench.editor.menu_actions.take_files([Path(other.path)])
        assert bench.answers.asked == ["replace clip.mp4 by other.mp4"]
        bench.until(lambda: not bench.editor.jobs.active)
        assert Path(bench.session.project.clip).name == name
    bench.answers.asked.clear()
    bench.editor.menu_actions.take_files([Path(other.path), Path(voice.path)])
    assert bench.answers.asked == [], "the same clip again"
    bench.answers.replace = "new"
    bench.editor.menu_actions.take_files([Path(clip.path)])
    bench.until(lambda: bench.session.project.clip == clip.path)
    assert bench.session.project.voice == "", "a new project"


def test_a_file_that_is_no_video_is_refused_and_changes_nothing(bench: Bench, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video at all")
    bench.editor.menu_actions.choose(bad, None)
    dialog = bench.dialog(ErrorDialog)
    assert "bad.mp4" in dialog.report
    assert bench.session.project == Project()
    dialog.reject()


def test_media_that_moved_are_asked_for(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    project = Project(clip=str(tmp_path / "gone.mp4"), clip_sha256=clip.sha256, voice=voice.path)
    save_project(project, tmp_path / "film.redub")
    bench.editor.documents.open(tmp_path / "film.redub")
    dialog = bench.dialog(RelinkDialog)
    dialog.use_file("clip", Path(clip.path))
    bench.until(lambda: dialog.project.clip == clip.path)
    dialog.accept()
    bench.until(lambda: bench.session.clip is not None)
    assert bench.session.project.clip == clip.path


def test_a_network_that_cannot_be_loaded_is_told(qtbot: QtBot, clip: Clip, voice: Voice) -> None:
    bench = Bench(qtbot)
    backends = bench.backends()

    def refuse(_weights: str, _device: str, _notify: Callable[[str], None]) -> Dubber:
        raise UserError("The weights are damaged: fetch them again.")

    bench.editor.threads._backends = Backends(
        refuse, backends.weights_sha256, backends.weights_names, backends.make_detector
    )
    bench.open(clip, voice)
    bench.until(bench.window.notice.isVisible)
    assert bench.window.notice.label.text() == "The weights are damaged: fetch them again."
    bench.editor.close()


def test_frames_that_fail_are_marked_and_the_rest_goes_on(qtbot: QtBot, clip: Clip, voice: Voice) -> None:
    dubber = QuickDubber()
    dubber.problem = MediaError("No room on the device.")
    bench = Bench(qtbot, dubber)
    bench.open(clip, voice)
    bench.until(lambda: bench.window.notice.isVisible())
    assert "No room on the device." in bench.window.notice.label.text()
    bench.until(lambda: "failed" in {badge.kind for badge in bench.editor.panels.preview.badges})
    bench.editor.close()


def test_closing_asks_about_changes_and_work(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    bench.until(lambda: not bench.editor.rendering and not bench.editor.jobs.active)
    bench.answers.asked.clear()
    bench.answers.save = "cancel"
    assert not bench.window.close()
    assert bench.answers.asked == ["save Untitled"]
    bench.answers.save = "discard"
    assert bench.window.close()


def test_closing_while_rendering_asks_and_stops(qtbot: QtBot, clip: Clip, voice: Voice) -> None:
    dubber = QuickDubber()
    dubber.gate = threading.Event()
    bench = Bench(qtbot, dubber)
    bench.open(clip, voice)
    bench.until(lambda: dubber.entered.is_set() and bench.editor.rendering)
    bench.answers.stop = False
    assert not bench.window.close()
    assert "Rendering" in bench.answers.asked[-1]
    bench.answers.stop = True
    dubber.gate.set()
    assert bench.window.close()
    assert not bench.editor.threads.renders.isRunning()


def test_the_layout_is_remembered_and_can_be_reset(qtbot: QtBot) -> None:
    bench = Bench(qtbot)
    bench.window.show_editor()
    bench.window.docks["History"].close()
    bench.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, bench.window.docks["Inspector"])
    bench.window.close()

    again = Bench(qtbot)
    again.window.show_editor()
    docks = again.window.docks
    assert not docks["History"].isVisible()
    assert again.window.dockWidgetArea(docks["Inspector"]) == Qt.DockWidgetArea.LeftDockWidgetArea
    again.window.actions_["reset_layout"].trigger()
    assert not docks["History"].isHidden()
    assert again.window.dockWidgetArea(docks["Inspector"]) == Qt.DockWidgetArea.RightDockWidgetArea
    again.window.close()


def test_docks_keep_their_sizes_from_start_to_start(qtbot: QtBot) -> None:
    """Each start took a little of the timeline away: sizes were measured before the window had its own."""
    heights: list[int] = []
    for _ in range(4):
        bench = Bench(qtbot)
        bench.window.resize(1440, 900)
        qtbot.wait(50)
        bench.window.show_editor()
        qtbot.wait(150)
        heights.append(bench.window.docks["Timeline"].height())
        bench.window.close()
    assert max(heights) - min(heights) <= 2, heights


def test_settings_are_kept_and_hold_at_once(bench: Bench) -> None:
    bench.window.actions_["settings"].trigger()
    dialog = bench.dialog(SettingsDialog)
    dialog.field("snapping").setChecked(False)
    dialog.field("autosave_seconds").setValue(12)
    dialog.accept()
    assert bench.editor.settings.autosave_seconds == 12
    assert not bench.window.actions_["snapping"].isChecked()
    bench.window.actions_["snapping"].trigger()
    assert bench.editor.settings.snapping
    assert load_settings(user_folders().config).autosave_seconds == 12


def test_panels_have_names_for_screen_readers(bench: Bench) -> None:
    panels = bench.editor.panels
    for panel in (panels.preview, panels.timeline, panels.waveform, panels.inspector, panels.attention, panels.jobs):
        assert panel.accessibleName(), panel.objectName()


def test_space_plays_whatever_has_the_keyboard_but_a_text_field(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    player = bench.editor.threads.player
    button = bench.window.findChild(QToolButton, "previewFacesButton")
    assert button is not None
    places = (bench.editor.panels.timeline, button, bench.editor.panels.inspector.face.face, bench.window.docks["Jobs"])
    begun: list[bool] = []  # a slow machine may be at the end of the clip before it can be asked
    player.state_changed.connect(lambda playing, _speed: begun.append(playing))
    for place in places:
        player.pause()
        begun.clear()
        place.setFocus(Qt.FocusReason.TabFocusReason)
        bench.key(Qt.Key.Key_Space)
        assert True in begun, place
    player.pause()
    begun.clear()
    assert not bench.window.actions_["show_faces"].isChecked()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    bench.key(Qt.Key.Key_Return)
    assert bench.window.actions_["show_faces"].isChecked(), "Return presses a button"
    field = bench.window.findChild(QLineEdit, "timecode")
    assert field is not None
    field.setFocus()
    bench.key(Qt.Key.Key_Space)
    assert True not in begun


def test_each_panel_has_a_key(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    for number, title in enumerate(bench.window.docks, 1):
        bench.key(Qt.Key(int(Qt.Key.Key_0) + number), Qt.KeyboardModifier.ControlModifier)
        dock = bench.window.docks[title]
        assert not dock.visibleRegion().isEmpty(), title
        assert dock.isAncestorOf(QApplication.focusWidget()), title


def test_a_segment_is_copied_and_pasted_by_key(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    control = Qt.KeyboardModifier.ControlModifier
    bench.editor.playing.go(clip.time_of(10))
    bench.key(Qt.Key.Key_BracketRight)
    bench.key(Qt.Key.Key_C, control)
    bench.editor.playing.go(clip.time_of(20))
    bench.key(Qt.Key.Key_V, control)
    one, other = bench.session.project.segments
    assert other.range.start == clip.time_of(20) and other.range.duration == one.range.duration
    assert bench.session.selection == other.id


def test_a_picture_and_a_report_are_saved(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    bench.open(clip, voice)
    renders = bench.editor.threads.renders

    def dubbed() -> bool:
        key = renders.queue.key_at(bench.index)
        return key is not None and renders.cache.get(key) is not None

    bench.until(dubbed)
    for action, name in (("still", "a.png"), ("report", "b.zip")):
        bench.answers.to_save = tmp_path / name.partition(".")[0]
        bench.window.actions_[action].trigger()
        bench.until((tmp_path / name).is_file)


def test_a_file_is_verified_in_words(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    """One that this installation signed, and one that nobody did."""
    bench.open(clip, voice)
    signed = Path(shutil.copy(clip.path, tmp_path / "signed.mp4"))
    facts = Facts(
        "signed.mp4", str(clip.path), (str(voice.path),), "quick", "ab" * 32, (TimeRange(Fraction(0), Fraction(1)),)
    )
    sign(signed, facts, Statement(), own_credentials(signing_folder()))
    for file, words in ((signed, "whom this computer trusts"), (Path(clip.path), "carries no manifest")):
        bench.answers.to_open = file
        bench.window.actions_["verify"].trigger()
        bench.until(lambda: any(box.isVisible() for box in bench.window.findChildren(QMessageBox)))
        (box,) = (box for box in bench.window.findChildren(QMessageBox) if box.isVisible())
        assert words in box.text()
        box.close()


def test_the_picture_fills_a_screen_and_comes_back(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    pane = bench.editor.panels.preview
    bench.key(Qt.Key.Key_F11, Qt.KeyboardModifier.ShiftModifier)
    full = pane.window()
    assert full is not bench.window and full.isFullScreen() and pane.isVisible()
    bench.until(full.isActiveWindow)
    QTest.keyClick(full.windowHandle(), Qt.Key.Key_Right)
    assert bench.index == 1, "the keys work there too"
    QTest.keyClick(full.windowHandle(), Qt.Key.Key_Escape)
    assert pane.window() is bench.window and pane.isVisible()
    bench.window.actions_["full_picture"].trigger()
    bench.window.close()


def test_files_are_asked_for_where_the_last_one_was(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, begun = Bench(qtbot), []
    (tmp_path / "films").mkdir()

    def choose(_parent: object, _title: str, start: str, *_more: object) -> tuple[str, str]:
        begun.append(start)
        return str(tmp_path / "films" / "a.mp4"), ""

    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getOpenFileName", choose)
    remember_folder(None)
    asked = Questions(bench.window)
    asked.open_file("Choose the video", "", tmp_path)
    bench.window.start.voice.click()
    assert begun == [str(tmp_path), str(tmp_path / "films")]
    bench.window.close()
    kept = load_layout(user_folders().config / "layout.json")
    assert kept is not None and kept.folder == str(tmp_path / "films")
    remember_folder(None)


def test_a_project_without_segments_on_purpose_stays_so(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    save_project(Project(clip=clip.path, voice=voice.path, segments=()), tmp_path / "none.redub")
    bench.editor.documents.open(tmp_path / "none.redub")
    bench.until(lambda: bench.session.clip is not None and bench.session.voice is not None)
    assert bench.session.project.segments == ()


def test_segments_beyond_a_shorter_clip_are_cut(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    longer = Segment(TimeRange(Fraction(0), clip.stop + 3), id=1)
    save_project(Project(voice=voice.path, segments=(longer,)), tmp_path / "film.redub")
    bench.editor.documents.open(tmp_path / "film.redub")
    bench.until(lambda: bench.session.voice is not None)
    bench.editor.media.choose_clip(Path(clip.path))
    bench.until(lambda: bench.session.clip is not None)
    assert bench.session.project.segments[0].range.stop == clip.stop


def test_other_streams_of_the_same_clip_are_opened(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    bench.editor.media.choose_streams(clip, Streams(picture=0))
    bench.until(lambda: bench.session.clip is not None and bench.session.clip.streams == Streams(picture=0))
    assert bench.session.project.clip_streams == Streams(picture=0)
    bench.session.undo_stack.undo()
    bench.until(lambda: bench.session.clip is not None and bench.session.clip.streams == Streams())


def test_an_interrupted_session_is_recovered(qtbot: QtBot, clip: Clip, voice: Voice) -> None:
    bench = Bench(qtbot)
    bench.open(clip, voice)
    bench.editor.interrupt()
    assert not bench.window.isVisible()
    again = Bench(qtbot)
    (lost,) = again.editor.documents.pending()
    assert lost.project.clip == clip.path
    again.editor.documents.discard(lost)
    again.editor.close()


def test_saved_projects_hold_the_hashes_of_their_media(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    bench.open(clip, voice)
    bench.answers.to_save = tmp_path / "film.redub"
    bench.editor.documents.save()
    saved = load_project(tmp_path / "film.redub")
    assert (saved.clip_sha256, saved.voice_sha256) == (clip.sha256, voice.sha256)
    bench.editor.documents.start(Project(clip=clip.path, voice=voice.path))  # as the demo is opened
    bench.until(lambda: bench.session.clip is not None and bench.session.voice is not None)
    bench.answers.to_save = tmp_path / "demo.redub"
    bench.editor.documents.save()
    saved = load_project(tmp_path / "demo.redub")
    assert (saved.clip_sha256, saved.voice_sha256) == (clip.sha256, voice.sha256)


def test_a_clip_that_is_missing_is_told_where_it_would_be_seen(bench: Bench, tmp_path: Path) -> None:
    bench.editor.documents.start(Project(clip=str(tmp_path / "gone.mp4")))
    title, todo = bench.editor.panels.preview.canvas.scene.empty
    assert title == "gone.mp4 is missing" and "Relink" in todo
    assert bench.editor.panels.timeline.view.empty_message().startswith("gone.mp4 is missing")
    bench.editor.documents.start(Project())
    canvas = bench.editor.panels.preview.canvas
    assert canvas.scene.empty[0] == "No video yet"
    go_on = threading.Event()
    demo = bench.editor.jobs.start("Demo clip", "demo", lambda _progress, _cancel: go_on.wait(60))
    assert canvas.scene.empty[0].startswith("Making the demo")
    go_on.set()
    bench.until(lambda: demo.state.finished)
    bench.until(lambda: canvas.scene.empty[0] == "No video yet")


def test_nothing_is_left_when_the_window_is_gone(qtbot: QtBot, clip: Clip, voice: Voice) -> None:
    bench = Bench(qtbot)
    bench.open(clip, voice)
    bench.window.close()
    for thread in (bench.editor.threads.renders, bench.editor.threads.frames, bench.editor.threads.peaks):
        assert not thread.isRunning()
    assert QApplication.activeModalWidget() is None


def test_an_export_runs_while_renders_rest(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    bench.open(clip, voice)
    bench.until(lambda: not bench.editor.rendering)
    target = tmp_path / "dubbed.mp4"
    request = ExportRequest(bench.session.project, target, EncoderSettings(preset="ultrafast"))
    bench.window.docks["History"].raise_()
    job = bench.editor.exporting.start(request)
    bench.until(bench.editor.panels.jobs.isVisible)
    assert "Export dubbed.mp4" in bench.window.status.job.line.full_text and bench.window.status.job.isVisible()
    with pytest.raises(UserError):
        bench.editor.exporting.start(request)  # the same file
    bench.until(lambda: job.state.finished)
    assert job.state is JobState.DONE, job.text()
    assert open_clip(target).count == clip.count
    bench.until(lambda: not bench.window.status.job.isVisible())
    assert "dubbed.mp4 is done" in bench.window.status.currentMessage()


def test_closing_while_exporting_asks_and_leaves_no_half_file(
    qtbot: QtBot, clip: Clip, voice: Voice, tmp_path: Path
) -> None:
    dubber = QuickDubber()
    bench = Bench(qtbot, dubber)
    bench.open(clip, voice)
    bench.until(lambda: not bench.editor.rendering and not bench.editor.jobs.active)
    dubber.gate = threading.Event()
    target = tmp_path / "out" / "dubbed.mp4"
    target.parent.mkdir()
    bench.editor.exporting.start(ExportRequest(bench.session.project, target, EncoderSettings(preset="ultrafast")))
    bench.answers.stop = False
    assert not bench.window.close()
    assert "Export dubbed.mp4" in bench.answers.asked[-1]
    bench.answers.stop = True
    dubber.gate.set()
    assert bench.window.close()
    assert list(target.parent.iterdir()) == []


def test_the_output_of_the_start_screen_reaches_the_export_dialog(
    bench: Bench, clip: Clip, voice: Voice, tmp_path: Path
) -> None:
    bench.editor.menu_actions.start(Path(clip.path), Path(voice.path), tmp_path / "mine.mov")
    bench.until(lambda: bench.session.analysis is not None and bench.session.voice is not None)
    bench.window.actions_["export"].trigger()
    dialog = bench.dialog(ExportDialog)
    assert (dialog.choices.folder, dialog.choices.template, dialog.choices.suffix) == (str(tmp_path), "mine", ".mov")
    dialog.reject()


def test_a_clip_that_is_deleted_under_our_feet_is_told(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(Path(clip.path).read_bytes())
    project = bench.session.project
    bench.editor.menu_actions.choose(copy, None)
    bench.until(lambda: bench.session.clip is not None)
    copy.unlink()
    bench.editor.menu_actions.choose(copy, None)
    dialog = bench.dialog(ErrorDialog)
    assert "copy.mp4" in dialog.report
    dialog.reject()
    assert bench.session.project != project
    assert bench.session.clip is not None, "what was open stays"


def test_a_voice_outside_the_clip_is_told_and_dubs_nothing(
    bench: Bench, clip: Clip, voice: Voice, tmp_path: Path
) -> None:
    save_project(Project(clip=clip.path, voice=voice.path, offset=Fraction(100)), tmp_path / "late.redub")
    bench.editor.documents.open(tmp_path / "late.redub")
    bench.until(lambda: bench.session.clip is not None and bench.session.voice is not None)
    assert bench.session.project.segments == ()
    assert "lies outside the video" in bench.window.notice.label.text()
