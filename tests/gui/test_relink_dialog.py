"""Relinking, with real files that were moved, renamed and changed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.core.project import Project
from app.ui.dialogs.relink import RelinkDialog
from app.workers.task import Task
from tests.unit.engine.media.synth import ClipRecipe, make_clip


def write_sound(file: Path, seed: int) -> Path:
    soundfile.write(file, np.random.default_rng(seed).uniform(-0.1, 0.1, 800), 8000)
    return file


def write_clip(file: Path, grey: int) -> Path:
    pictures = [np.full((48, 64, 3), grey, np.uint8)] * 3
    return make_clip(file, ClipRecipe(pts=[0, 512, 1024], size=(64, 48), pictures=pictures))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A clip and a voice in one folder, with their hashes."""
    (tmp_path / "old").mkdir()
    clip, voice = write_clip(tmp_path / "old" / "take 1.mp4", 40), write_sound(tmp_path / "old" / "anna.wav", 1)
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in (clip, voice)]
    return Project(clip=str(clip), voice=str(voice), clip_sha256=hashes[0], voice_sha256=hashes[1])


@pytest.fixture
def moved(project: Project, tmp_path: Path) -> Path:
    """The folder to which both went."""
    shutil.move(tmp_path / "old", tmp_path / "new" / "deep")
    return tmp_path / "new"


@pytest.fixture
def dialog(project: Project, moved: Path, qtbot: QtBot) -> Iterator[RelinkDialog]:
    made = RelinkDialog(project)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.reject()


def wait(qtbot: QtBot, dialog: RelinkDialog) -> None:
    qtbot.waitUntil(lambda: not dialog.busy, timeout=20_000)


def button(dialog: RelinkDialog, name: str) -> QPushButton:
    return dialog.findChild(QPushButton, name)


def said(dialog: RelinkDialog, name: str) -> str:
    return dialog.findChild(QLabel, name).text().replace("\u200b", "")


def test_it_says_what_is_missing(dialog: RelinkDialog, project: Project) -> None:
    assert "video and the new voice of this project are not where they were" in said(dialog, "relink_introduction")
    assert "not there any more" in dialog.row("clip").status
    assert dialog.project == project
    assert not button(dialog, "relink").isEnabled() and button(dialog, "search").isEnabled()


def test_a_search_finds_both(dialog: RelinkDialog, moved: Path, qtbot: QtBot) -> None:
    dialog.search_folder(moved)
    assert dialog.busy and not button(dialog, "search").isEnabled() and button(dialog, "stop").isVisible()
    wait(qtbot, dialog)
    assert dialog.project.clip == str(moved / "deep" / "take 1.mp4")
    assert dialog.project.voice == str(moved / "deep" / "anna.wav")
    assert "same content" in dialog.row("clip").status and "2 files were compared" in said(dialog, "relink_said")
    assert not button(dialog, "search").isEnabled(), "nothing is missing any more"
    qtbot.mouseClick(button(dialog, "relink"), Qt.MouseButton.LeftButton)
    assert dialog.result() == dialog.DialogCode.Accepted


def test_a_chosen_file_brings_its_neighbour(
    dialog: RelinkDialog, moved: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = moved / "deep" / "take 1.mp4"
    clip.rename(clip.with_name("renamed.mp4"))
    name = str(clip.with_name("renamed.mp4"))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (name, ""))
    qtbot.mouseClick(button(dialog, "browse_clip"), Qt.MouseButton.LeftButton)
    wait(qtbot, dialog)
    assert (dialog.project.clip, Path(dialog.project.voice).name) == (name, "anna.wav")
    assert not dialog.row("voice").is_missing


def test_other_content_is_warned_of_and_taken_only_when_wanted(
    dialog: RelinkDialog, moved: Path, project: Project, qtbot: QtBot
) -> None:
    other = write_sound(moved / "deep" / "anna.wav", 2)
    dialog.search_folder(moved)
    wait(qtbot, dialog)
    row, anyway = dialog.row("voice"), dialog.findChild(QCheckBox, "anyway_voice")
    assert "another file" in row.status and row.is_missing and row.accepted is None
    assert dialog.project.voice == project.voice and dialog.project.clip != project.clip
    assert anyway.isVisible() and not anyway.isChecked()
    anyway.setChecked(True)
    assert dialog.project.voice == str(other)
    assert dialog.project.voice_sha256 == hashlib.sha256(other.read_bytes()).hexdigest()
    anyway.setChecked(False)
    assert dialog.project.voice == project.voice


def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(
    dialog: RelinkDialog, moved: Path, project: Project, qtbot: QtBot
) -> None:
    dialog.use_file("clip", write_sound(moved / "no picture.wav", 3))
    wait(qtbot, dialog)
    assert "no picture.wav" in dialog.row("clip").status
    assert dialog.project == project and not button(dialog, "relink").isEnabled()
    dialog.use_file("voice", moved / "gone.wav")
    wait(qtbot, dialog)
    assert "does not exist" in dialog.row("voice").status


def test_nothing_found_is_said(dialog: RelinkDialog, project: Project, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "empty").mkdir()
    dialog.search_folder(tmp_path / "empty")
    wait(qtbot, dialog)
    assert said(dialog, "relink_said").startswith("Nothing was found")
    dialog.search_folder(tmp_path / "nowhere")
    wait(qtbot, dialog)
    assert "1 could not be read" in said(dialog, "relink_said")
    assert dialog.project == project


def test_a_search_can_be_stopped(dialog: RelinkDialog, project: Project, moved: Path, qtbot: QtBot) -> None:
    dialog.search_folder(moved)
    assert dialog.findChild(Task).wait(20_000)
    qtbot.mouseClick(button(dialog, "stop"), Qt.MouseButton.LeftButton)
    assert not dialog.busy and said(dialog, "relink_said") == "Stopped."
    QApplication.processEvents()  # an answer that was on its way does not count any more
    assert dialog.project == project


def test_closing_ends_the_search(dialog: RelinkDialog, moved: Path, qtbot: QtBot) -> None:
    dialog.search_folder(moved)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.busy and not dialog.isVisible()


def test_one_missing_file_leaves_the_other_alone(project: Project, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "elsewhere").mkdir()
    voice = Path(shutil.move(project.voice, tmp_path / "elsewhere"))
    dialog = RelinkDialog(project, tmp_path)
    qtbot.addWidget(dialog)
    assert "new voice of this project is not where it was" in said(dialog, "relink_introduction")
    assert "It is there" in dialog.row("clip").status
    dialog.search_folder(tmp_path)
    wait(qtbot, dialog)
    assert (dialog.project.clip, dialog.project.voice) == (project.clip, str(voice))


def test_a_project_without_media(qtbot: QtBot) -> None:
    dialog = RelinkDialog(Project())
    qtbot.addWidget(dialog)
    assert "names no video and no voice" in said(dialog, "relink_introduction")
    assert not button(dialog, "search").isEnabled() and not button(dialog, "relink").isEnabled()
