"""The start screen: three places, recent projects, the demo; by mouse, keyboard and drop."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidget, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.engine.media.codecs import CONTAINERS
from app.engine.media.output import container_format
from app.ui.dialogs.start_screen import StartScreen
from app.ui.kit import palette
from app.ui.kit.file_kinds import CLIP_FILTER, OUTPUT_FILTER, VOICE_FILTER, kind_of, sort_files
from app.ui.window.recent_pictures import keep_picture

NO_KEYS, LEFT, COPY = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction


@pytest.fixture
def screen(qtbot: QtBot) -> StartScreen:
    made = StartScreen()
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    return made


def drop(widget: QWidget, *paths: str) -> bool:
    """Drops files on a widget as Qt does it; whether it took them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the other signature came with Qt 6.12
        entering = QDragEnterEvent(QPoint(5, 5), COPY, data, LEFT, NO_KEYS)
    entering.ignore()
    widget.dragEnterEvent(entering)
    if entering.isAccepted():
        widget.dropEvent(QDropEvent(QPointF(5, 5), COPY, data, LEFT, NO_KEYS))
    return entering.isAccepted()


def button(screen: StartScreen, name: str) -> QPushButton:
    found = screen.findChild(QPushButton, name)
    assert found is not None
    return found


def test_nothing_can_be_opened_before_something_is_chosen(screen: StartScreen) -> None:
    assert not button(screen, "start").isEnabled()
    screen.set_voice(Path("/films/voice.wav"))
    assert button(screen, "start").isEnabled()


def test_a_video_brings_a_name_for_the_output(screen: StartScreen) -> None:
    screen.set_clip(Path("/films/take.mov"))
    assert screen.output.path == Path("/films/take_dubbed.mp4")
    screen.set_clip(Path("/films/other.mov"))
    assert screen.output.path == Path("/films/other_dubbed.mp4")
    screen.set_output(Path("/out/mine"))
    screen.set_clip(Path("/films/third.mov"))
    assert screen.output.path == Path("/out/mine.mp4"), "what the user chose stays"


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("mine", "mine.mp4"),
        ("mine.MOV", "mine.MOV"),
        ("mine.m4v", "mine.m4v"),
        ("mine.mkv", "mine.mp4"),
        ("v1.2 final", "v1.2 final.mp4"),
        ("mine.", "mine..mp4"),
    ],
)
def test_an_output_has_a_name_that_an_export_may_have(screen: StartScreen, given: str, taken: str) -> None:
    screen.set_output(Path("/out") / given)
    assert screen.output.path == Path("/out") / taken
    container_format(screen.output.path)


def test_the_dialog_offers_what_an_export_may_be() -> None:
    offered = re.findall(r"\*(\.\w+)", OUTPUT_FILTER)
    assert offered == list(CONTAINERS)


def test_what_dialogs_list_is_taken_when_it_is_dropped(qapp: object) -> None:
    for name_filter, kinds in ((CLIP_FILTER, {"clip"}), (VOICE_FILTER, {"clip", "voice"}), (OUTPUT_FILTER, {"clip"})):
        found = {suffix: kind_of(Path(f"a{suffix}")) for suffix in re.findall(r"\*(\.\w+)", name_filter)}
        assert found and set(found.values()) == kinds, found


def test_starting_hands_over_all_three(screen: StartScreen, qtbot: QtBot) -> None:
    screen.set_clip(Path("/films/take.mov"))
    screen.set_voice(Path("/films/voice.wav"))
    with qtbot.waitSignal(screen.start_wanted) as told:
        QTest.mouseClick(button(screen, "start"), LEFT)
    assert told.args == [Path("/films/take.mov"), Path("/films/voice.wav"), Path("/films/take_dubbed.mp4")]


def test_places_take_drops(screen: StartScreen) -> None:
    assert drop(screen.clip, "/films/take.mov")
    assert drop(screen.voice, "/films/take2.mov"), "a video may lend its sound"
    assert screen.clip.path == Path("/films/take.mov")
    assert screen.voice.path == Path("/films/take2.mov")


def test_places_leave_projects_and_bundles_to_the_window(screen: StartScreen) -> None:
    assert not drop(screen.clip, "/films/a.redub")
    assert not drop(screen.clip, "/films/a.mp4", "/films/b.wav")
    assert screen.clip.path is None


def test_recent_projects_have_their_pictures(screen: StartScreen, tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    image = QImage(320, 180, QImage.Format.Format_RGB32)
    image.fill(QColor("#20c040"))
    keep_picture(image, picture)
    screen.set_recent([Path("/films/a.redub"), Path("/films/b.redub")], [picture, tmp_path / "none.jpg"])
    recent = screen.findChild(QListWidget, "recent")
    assert recent is not None
    size = recent.iconSize()
    icons = [recent.item(row).icon().pixmap(size).toImage() for row in range(2)]
    middles = [icon.pixelColor(icon.width() // 2, icon.height() // 2) for icon in icons]
    assert abs(middles[0].green() - 0xC0) < 12 and middles[1] == QColor(palette.BACKGROUND)
    assert recent.item(0).text() == "a\n/films"


def test_recent_projects_open_with_a_click(screen: StartScreen, qtbot: QtBot) -> None:
    recent = screen.findChild(QListWidget, "recent")
    assert recent is not None
    assert not recent.isVisible()
    screen.set_recent([Path("/films/a.redub"), Path("/films/b.redub")])
    assert recent.isVisible()
    place = recent.visualItemRect(recent.item(1)).center()
    with qtbot.waitSignal(screen.project_wanted) as told:
        QTest.mouseClick(recent.viewport(), LEFT, NO_KEYS, place)
    assert told.args == [Path("/films/b.redub")]


def test_every_place_can_be_reached_and_told_apart_without_a_mouse(screen: StartScreen) -> None:
    for slot, name in ((screen.clip, "Video"), (screen.voice, "New voice"), (screen.output, "Output")):
        assert slot.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert slot.accessibleName() == f"{name}: empty"
        assert slot.accessibleDescription()
    screen.set_clip(Path("/films/take.mov"))
    assert screen.clip.accessibleName() == "Video: take.mov"


def test_a_place_with_the_keyboard_looks_different(screen: StartScreen, qtbot: QtBot) -> None:
    screen.voice.setFocus()
    without = screen.clip.grab().toImage()
    screen.clip.setFocus()
    assert screen.clip.grab().toImage() != without


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.MP4", "clip"),
        ("a.mov", "clip"),
        ("a.mkv", "clip"),
        ("a.mxf", "clip"),
        ("a.wav", "voice"),
        ("a.flac", "voice"),
        ("a.mp3", "voice"),
        ("a.redub", "project"),
        ("a.txt", None),
        ("a", None),
    ],
)
def test_files_are_told_apart_by_name(name: str, kind: str | None, qapp: object) -> None:
    assert kind_of(Path(name)) == kind


def test_a_handful_of_files_finds_its_places(qapp: object) -> None:
    wav, mp4, other = Path("v.wav"), Path("c.mp4"), Path("d.mp4")
    sorted_ = sort_files([wav, mp4])
    assert (sorted_.clip, sorted_.voice, sorted_.unknown) == (mp4, wav, ())
    sorted_ = sort_files([mp4, other])
    assert (sorted_.clip, sorted_.voice) == (mp4, other)
    assert sort_files([mp4, wav, other, Path("x.txt")]).unknown == (other, Path("x.txt"))
