"""The properties of clip and voice."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QPushButton, QTreeWidget, QTreeWidgetItemIterator
from pytestqt.qtbot import QtBot

from app.core.streams import Streams
from app.engine.media.carried import Track
from app.engine.media.clip import Clip, Voice, open_clip, open_voice
from app.ui.dialogs.media_properties import MediaProperties
from tests.unit.engine.media.synth import ClipRecipe, make_clip, make_wav


@pytest.fixture
def media(tmp_path: Path) -> tuple[Clip, Voice]:
    clip = make_clip(tmp_path / "turned.mp4", ClipRecipe(rotation=90))
    return open_clip(clip), open_voice(make_wav(tmp_path / "voice.wav", np.zeros(48000, np.float32)))


def _cells(dialog: MediaProperties) -> list[str]:
    table = dialog.findChild(QTreeWidget, "media_properties_table")
    iterator, found = QTreeWidgetItemIterator(table), []
    while iterator.value() is not None:
        found += [iterator.value().text(0), iterator.value().text(1)]
        iterator += 1
    return found


def test_the_table_holds_both_files_and_the_warnings_first(qtbot: QtBot, media: tuple[Clip, Voice]) -> None:
    dialog = MediaProperties(*media)
    qtbot.addWidget(dialog)
    dialog.show()
    cells = _cells(dialog)
    assert {"turned.mp4", "voice.wav", "48 x 64 (stored as 64 x 48)", "48000 Hz"} <= set(cells)
    assert cells[0] == "Clip: what to look out for" and "rotated" in cells[2]
    assert len(dialog.warnings) == 2  # turned, and without sound


def test_everything_is_copied(qtbot: QtBot, media: tuple[Clip, Voice]) -> None:
    dialog = MediaProperties(*media)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.mouseClick(dialog.findChild(QPushButton, "media_properties_copy"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == dialog.text
    assert all(warning in dialog.text for warning in dialog.warnings) and "New voice: File" in dialog.text


def test_another_sound_of_the_voice_is_chosen(qtbot: QtBot, media: tuple[Clip, Voice]) -> None:
    clip, voice = media
    carried = msgspec.structs.replace(voice.info.carried, tracks=(Track(1, "sound", "aac", "fra"),))
    info = msgspec.structs.replace(voice.info, carried=carried)
    dialog = MediaProperties(clip, msgspec.structs.replace(voice, info=info))
    qtbot.addWidget(dialog)
    dialog.open()
    (combo,) = dialog.streams.findChildren(QComboBox)
    wanted: list[Streams] = []
    dialog.streams.chosen.connect(lambda _file, streams: wanted.append(streams))
    with qtbot.waitSignal(dialog.accepted):
        combo.setCurrentIndex(combo.findData(1))
        combo.activated.emit(combo.currentIndex())
    assert wanted == [Streams(sound=1)]


def test_one_stream_is_no_choice(qtbot: QtBot, media: tuple[Clip, Voice]) -> None:
    dialog = MediaProperties(*media)
    qtbot.addWidget(dialog)
    assert dialog.streams.empty


def test_without_media_it_says_so(qtbot: QtBot) -> None:
    dialog = MediaProperties(None, None)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.text and not dialog.findChild(QPushButton, "media_properties_copy").isEnabled()
