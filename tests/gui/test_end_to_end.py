"""The editor with the real detector and the real network, from two files to a finished dub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core import edits
from app.core.settings import Settings
from app.engine.export.export_request import ExportRequest
from app.engine.media.encoders import EncoderSettings
from app.engine.puppet.clip import write_puppet_clip
from app.ui.window.editor import Editor
from app.ui.window.folders import user_folders
from app.ui.window.main_window import MainWindow
from app.workers.jobs import JobState
from tests.e2e.material import SECONDS, SIZE, frame_times, pictures_of, short_speech, streams, write_voice
from tests.gui.shell_kit import Answers

DUBBED = range(10, 16)
"""Frames that are dubbed: few, for a processor is slow."""
PATIENCE = 300_000
"""Milliseconds at most for one step."""


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The puppet speaking 1.2 seconds of sentence A, and as much of sentence B."""
    folder = tmp_path_factory.mktemp("material")
    write_puppet_clip(short_speech(seconds=SECONDS), folder / "puppet.mp4", size=SIZE)
    return folder / "puppet.mp4", write_voice(folder / "voice.wav", SECONDS)


def test_from_two_files_to_a_dub(material: tuple[Path, Path], tmp_path: Path, qtbot: QtBot) -> None:
    answers = Answers()
    answers.save, answers.stop, answers.to_save = "discard", True, tmp_path / "film.redub"
    window = MainWindow()
    editor = Editor(window, user_folders(), Settings(device="cpu", proxies=False), questions=answers)
    qtbot.addWidget(window, before_close_func=lambda _window: editor.close())
    session, pane, dock = editor.session, editor.panels.preview, editor.panels.attention
    window.show()
    window.activateWindow()

    def until(condition: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE)

    def states() -> set[str]:
        clip = session.clip
        return set() if clip is None else {s for _, s in editor.threads.renders.queue.strip(session.project, clip)}

    # open: faces and a segment over what the voice covers come by themselves
    editor.menu_actions.take_files(list(material))
    until(lambda: session.analysis is not None and session.voice is not None and session.project.segments)
    clip = session.clip
    assert clip is not None and session.analysis is not None
    assert session.analysis.face_count == 1
    (segment,) = session.project.segments or ()

    # a short segment, and its rendering
    start, stop = clip.time_of(DUBBED.start), clip.time_of(DUBBED.stop)
    session.apply("Trim segment", edits.trim_segment(session.project, segment.id, start, stop, clip.whole))
    editor.playing.go(clip.time_of(12))
    until(lambda: pane.frame is not None and pane.frame.dubbed is not None and pane.frame.index == 12)
    until(lambda: states() == {"ready"})
    assert "cpu" in window.status.findChild(type(window.status._device), "device").text()  # type: ignore[union-attr]
    made = editor.threads.renders.cache.version

    # attention: shares of one whole for every patch
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_T)
    until(lambda: dock.overlay() is not None)
    dock.pick(7, 12)
    overlay = dock.overlay()
    assert overlay is not None and overlay.result.look is not None
    assert overlay.patch == (7, 12)
    np.testing.assert_allclose(np.asarray(overlay.result.look.maps).sum(axis=-1), 1, atol=1e-4)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_T)
    assert editor.threads.renders.cache.version == made, "looking renders nothing"

    # moving the voice makes other frames; taking it back finds the old ones
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert session.project.offset == 1 / clip.fps
    until(lambda: states() == {"ready"} and not editor.rendering)
    assert editor.threads.renders.cache.version > made
    window.actions_["undo"].trigger()
    assert session.project.offset == 0
    until(lambda: states() == {"ready"})

    # save and open again
    window.actions_["save"].trigger()
    saved = session.project
    window.actions_["new"].trigger()
    assert session.clip is None
    editor.documents.open(tmp_path / "film.redub")
    until(lambda: session.clip is not None and session.voice is not None and session.analysis is not None)
    assert session.project.segments == saved.segments
    made = editor.threads.renders.cache.version
    until(lambda: states() == {"ready"})
    assert editor.threads.renders.cache.version == made, "what was rendered before is not rendered again"

    # export, and a look at the file with other tools
    target = tmp_path / "dubbed.mp4"
    job = editor.exporting.start(ExportRequest(session.project, target, EncoderSettings(crf=10)))
    until(lambda: job.state.finished)
    assert job.state is JobState.DONE, job.text()
    assert streams(target)["video"]["codec_name"] == "h264"
    assert "audio" in streams(target)
    assert len(frame_times(target)) == clip.count
    changed = changed_shares(material[0], target)
    outside = [i for i in range(clip.count) if i not in DUBBED]
    assert changed[outside].max() < 0.001 < changed[list(DUBBED)].min()
    assert window.close()


def changed_shares(one: Path, other: Path) -> np.ndarray:
    """For every frame the share of pixels around the puppet's mouth that differ by more than encoding does."""
    box = slice(round(0.5 * SIZE), round(0.85 * SIZE)), slice(round(0.3 * SIZE), round(0.7 * SIZE))
    first, second = (pictures_of(file)[:, box[0], box[1]].astype(int) for file in (one, other))
    return (np.abs(first - second) > 16).mean(axis=(1, 2))
