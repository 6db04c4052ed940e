"""Takes of a voice in the editor: chosen from a file, compared by key, kept; the picture and the sound follow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.engine.media.clip import Clip, Voice
from tests.gui.shell_bench import Bench
from tests.unit.engine.rendering import broken_voice, textured_clip


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


def test_a_take_is_added_compared_and_kept(bench: Bench, clip: Clip, voice: Voice, tmp_path: Path) -> None:
    bench.open(clip, voice)
    section, queue = bench.editor.panels.inspector.voice, bench.editor.threads.renders.queue
    before = queue.key_at(0)
    bench.answers.to_open = Path(shutil.copy(voice.path, tmp_path / "line b.wav"))
    with bench.answers.to_open.open("ab") as file:
        file.write(b"another content")
    section.another.click()
    bench.until(lambda: bench.session.selected.takes)
    assert section.takes.currentText() == "Take 1: line b.wav"
    assert queue.key_at(0) != before
    player = bench.editor.threads.player
    bench.until(lambda: player._ready and len(player._takes) == 1)

    bench.key(Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert bench.session.selected.own_voice is None and section.takes.currentIndex() == 0
    assert "Heard now: the project's voice." in bench.window.status.currentMessage()
    section.takes.setCurrentIndex(1)
    section.takes.activated.emit(1)
    assert bench.session.selected.take == 0
    assert not section.keep.isEnabled(), "there is nothing else to remove"
    bench.key(Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    section.keep.click()
    assert bench.session.selected.takes == () and section.takes.count() == 1


def test_all_that_a_speaker_says_gets_a_voice(bench: Bench, clip: Clip, voice: Voice) -> None:
    bench.open(clip, voice)
    bench.window.actions_["speaker_voice"].trigger()
    assert "Nobody is named as the speaker" in bench.window.status.currentMessage()
    (only,) = bench.session.project.segments
    middle = (only.range.start + only.range.stop) / 2
    parts = (
        replace(only, range=replace(only.range, stop=middle), speaker="Anna"),
        replace(only, range=replace(only.range, start=middle), speaker="Anna", id=9),
    )
    bench.session.apply("Two", replace(bench.session.project, segments=parts))
    bench.answers.to_open = Path(voice.path)
    bench.window.actions_["speaker_voice"].trigger()
    bench.until(lambda: all(segment.own_voice for segment in bench.session.project.segments))
    assert bench.answers.asked[-1] == "Choose the voice of Anna"
