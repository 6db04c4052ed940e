"""Mute, solo and volume of one of the two sounds."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace
from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSlider, QToolButton, QWidget

from app.core import edits
from app.core.project import MIX_FIELDS, Mix, Project
from app.ui.kit import palette
from app.ui.session import Session

SoundName = Literal["original", "voice"]
TITLES: dict[SoundName, str] = {"original": "Original", "voice": "New voice"}
_TENTHS = 2
"""Steps of the slider in one decibel."""


class VolumeSlider(QSlider):
    """Decibels in half steps; a double click goes back to 0 dB."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Neither louder nor quieter."""
        self.setValue(0)
        event.accept()


class Mixer(QFrame):
    """The head of a lane."""

    def __init__(self, session: Session, sound: SoundName, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sound: SoundName = sound
        self._drag: object = object()
        title = TITLES[sound]
        self.setObjectName(f"mixer_{sound}")
        self.title = QLabel(title, self)
        self.title.setStyleSheet(f"color: {colour}; font-weight: bold;")
        self.mute = self._button("M", f"mute_{sound}", f"Mute {title.lower()}", "Silent while listening")
        self.solo = self._button("S", f"solo_{sound}", f"Solo {title.lower()}", "Hear this sound alone")
        self.volume = VolumeSlider(Qt.Orientation.Horizontal, self)
        self.gain = QLabel(self)
        self._set_up_volume(title)
        self._lay_out()
        session.changed.connect(self._changed)
        session.reset.connect(self._show)
        self._show()

    def _button(self, text: str, name: str, meaning: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setCheckable(True)
        button.setObjectName(name)
        button.setAccessibleName(meaning)
        button.setToolTip(f"{meaning}: {tip[0].lower()}{tip[1:]}; an export follows the volume alone")
        button.clicked.connect(self._switch)
        return button

    def _set_up_volume(self, title: str) -> None:
        low, high = MIX_FIELDS["gain_db"].bounds
        self.volume.setRange(round(low * _TENTHS), round(high * _TENTHS))
        self.volume.setPageStep(3 * _TENTHS)
        self.volume.setObjectName(f"volume_{self._sound}")
        self.volume.setAccessibleName(f"Volume of {title.lower()} in decibels")
        self.volume.setToolTip("Volume, also of the export; double click: 0 dB")
        self.volume.sliderPressed.connect(self._start_drag)
        self.volume.valueChanged.connect(self._set_gain)
        self.gain.setObjectName(f"gain_{self._sound}")
        self.gain.setMinimumWidth(self.gain.fontMetrics().horizontalAdvance("-60.0 dB"))
        self.gain.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 4, 8, 4)
        grid.setSpacing(4)
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(self.mute, 0, 1)
        grid.addWidget(self.solo, 0, 2)
        grid.addWidget(self.volume, 1, 0, 1, 1)
        grid.addWidget(self.gain, 1, 1, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(2, 1)

    @property
    def _mix(self) -> Mix:
        return mix_of(self._session.project, self._sound)

    @Slot(object, object)
    def _changed(self, old: Project, new: Project) -> None:
        if mix_of(old, self._sound) is not mix_of(new, self._sound):
            self._show()

    @Slot()
    def _show(self) -> None:
        """Shows the volume and the switches as the project has them."""
        mix = self._mix
        self.mute.setChecked(mix.mute)
        self.solo.setChecked(mix.solo)
        with QSignalBlocker(self.volume):
            self.volume.setValue(round(mix.gain_db * _TENTHS))
        self.gain.setText(f"{mix.gain_db:+.1f} dB" if mix.gain_db else "0 dB")
        loud = palette.WARNING if mix.mute else palette.TEXT
        self.gain.setStyleSheet(f"color: {loud};")

    @Slot()
    def _switch(self) -> None:
        """Mute or solo was clicked."""
        mix = replace(self._mix, mute=self.mute.isChecked(), solo=self.solo.isChecked())
        what = "Mute" if mix.mute != self._mix.mute else "Solo"
        self._apply(f"{what} {TITLES[self._sound].lower()}", mix, None)

    @Slot()
    def _start_drag(self) -> None:
        """The steps of one drag are one step of undoing."""
        self._drag = object()

    @Slot(int)
    def _set_gain(self, value: int) -> None:
        merge = self._drag if self.volume.isSliderDown() else None
        self._apply(f"Volume of {TITLES[self._sound].lower()}", replace(self._mix, gain_db=value / _TENTHS), merge)

    def _apply(self, text: str, mix: Mix, merge: object) -> None:
        session = self._session
        session.apply(text, edits.set_mix(session.project, self._sound, mix), merge)


def mix_of(project: Project, sound: SoundName) -> Mix:
    """How loud one of the two sounds is."""
    return project.original_mix if sound == "original" else project.voice_mix
