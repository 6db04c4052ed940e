"""Choosing among the pictures and sounds of an open file, where there are several."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QWidget

from app.core.streams import Streams
from app.engine.media.carried import Track
from app.engine.media.clip import Clip, Voice


class StreamFields(QWidget):
    """A list for each choice that there is; empty where there is none."""

    chosen = Signal(object, object)
    """(Clip or Voice, Streams): the same file is wanted with other streams."""

    def __init__(self, clip: Clip | None, voice: Voice | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        if clip is not None:
            of_clip = clip.streams
            self._add("&Picture of the clip", "picture", clip.info.pictures, clip, lambda n: Streams(n, of_clip.sound))
            self._add("&Sound of the clip", "sound", clip.info.sounds, clip, lambda n: Streams(of_clip.picture, n))
        if voice is not None:
            self._add("Sound of the new &voice", "voice", voice.info.sounds, voice, lambda n: Streams(sound=n))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to choose."""
        return not self._form.rowCount()

    def _add(
        self,
        label: str,
        name: str,
        tracks: Sequence[Track],
        file: Clip | Voice,
        streams: Callable[[int | None], Streams],
    ) -> None:
        """A row for one choice, of two or more tracks."""
        if len(tracks) < 2:
            return
        combo = QComboBox()
        combo.setObjectName(f"media_properties_{name}")
        combo.setAccessibleName(label.replace("&", ""))
        combo.setToolTip("Which stream of the file is used; saved in the project.")
        combo.addItem("Chosen by Redub", None)
        for track in tracks:
            combo.addItem(track.text, track.stream)
        current = file.streams.sound if name != "picture" else file.streams.picture
        combo.setCurrentIndex(0 if current is None else max(0, combo.findData(current)))
        combo.activated.connect(lambda _index: self._tell(file, streams(combo.currentData())))
        self._form.addRow(label, combo)

    def _tell(self, file: Clip | Voice, streams: Streams) -> None:
        if streams != file.streams:
            self.chosen.emit(file, streams)
