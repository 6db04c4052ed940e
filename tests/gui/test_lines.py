"""Subtitles into the open project and out of it, by the File menu."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.engine.interchange.subtitles import read_subtitles
from app.engine.media.clip import Clip, Voice
from app.ui.dialogs.error import ErrorDialog
from tests.gui.shell_bench import Bench
from tests.unit.engine.rendering import broken_voice, textured_clip

VTT = "WEBVTT\n\n00:00.000 --> 00:00.200\n<v Anna>Hello\n\n00:00.100 --> 00:00.400\n<v Bob>There\n"


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


def test_subtitles_become_segments_in_one_step(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    bench.open(clip, voice)
    before = bench.session.project.segments
    bench.answers.to_open = tmp_path / "lines.vtt"
    bench.answers.to_open.write_text(VTT)
    bench.window.actions_["import_lines"].trigger()
    bench.until(lambda: bench.session.project.segments != before)
    assert [(s.speaker, s.name) for s in bench.session.project.segments] == [("Anna", "Hello"), ("Bob", "There")]
    assert "reaching into the next one" in bench.window.notice.notices[-1].sentence
    bench.session.select(bench.session.project.segments[0].id)
    assert bench.editor.panels.inspector.time.speaker.text() == "Anna"

    bench.answers.to_save = tmp_path / "out"
    bench.window.actions_["export_lines"].trigger()
    assert [cue.text for cue in read_subtitles(tmp_path / "out.srt").cues] == ["Hello", "There"]

    bench.session.undo_stack.undo()
    assert bench.session.project.segments == before


def test_a_speaker_is_named_in_the_inspector(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    field = bench.editor.panels.inspector.time.speaker
    field.setText("  Anna   B ")
    field.setModified(True)
    field.editingFinished.emit()
    assert bench.session.project.segments[0].speaker == "Anna B" == field.text()


def test_spoken_lines_bring_their_voice(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    bench.open(clip, voice)
    soundfile.write(tmp_path / "1.wav", np.full(1600, 0.1), 8000)
    item = {"Text": "Hi", "StartMs": 100, "EndMs": 300, "AudioFileName": "1.wav", "VoiceName": "Anna"}
    bench.answers.to_open = tmp_path / "SubtitleEditTts.json"
    bench.answers.to_open.write_text(json.dumps({"Items": [item]}))
    bench.window.actions_["import_lines"].trigger()
    made = tmp_path / "SubtitleEditTts.wav"
    bench.until(lambda: bench.session.voice is not None and bench.session.voice.path == str(made))
    assert [s.name for s in bench.session.project.segments] == ["Hi"]


def test_what_is_no_subtitle_changes_nothing(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    bench.open(clip, voice)
    before = bench.session.project
    bench.answers.to_open = tmp_path / "lines.srt"
    bench.answers.to_open.write_text("")
    bench.window.actions_["import_lines"].trigger()
    bench.until(lambda: isinstance(QApplication.activeModalWidget(), ErrorDialog))
    assert bench.session.project == before
