"""The voice's place as milliseconds and as frames: two fields that show one value."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QSizePolicy, QWidget

from app.core.project import SEGMENT_FIELDS
from app.ui.kit.gesture import Gesture

_LONGEST = 86_400.0
"""Seconds: a day either way."""


class OffsetFields(QWidget):
    """Two linked spin boxes, to be placed by the owner."""

    edited = Signal(object, object)
    """(Fraction: seconds of the clip at which the voice begins, the gesture's token)."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hide()
        self._fps: Fraction | None = None
        title = SEGMENT_FIELDS["offset"].title
        hint = "When the new voice begins in the clip: more is later, negative cuts its beginning off"
        self.milliseconds = _spin(f"{name}Milliseconds", f"{title} in milliseconds", hint, " ms", 1, 1000.0)
        self.frames = _spin(f"{name}Frames", f"{title} in frames", hint, " frames", 2, 1.0)
        self.milliseconds.setSingleStep(10)
        self._gestures = Gesture(self.milliseconds), Gesture(self.frames)
        self.milliseconds.valueChanged.connect(self._read_milliseconds)
        self.frames.valueChanged.connect(self._read_frames)

    def set_offset(self, offset: Fraction, fps: Fraction | None) -> None:
        """Shows an offset in seconds; without a frame rate only in milliseconds."""
        self._fps = fps
        for spin, value in ((self.milliseconds, offset * 1000), (self.frames, offset * (fps or 0))):
            with QSignalBlocker(spin):
                if spin is self.frames and fps is not None:
                    spin.setRange(-_LONGEST * float(fps), _LONGEST * float(fps))
                spin.setValue(float(value))

    def set_enabled(self, on: bool) -> None:
        """Whether the offset may be changed here."""
        self.milliseconds.setEnabled(on)
        self.frames.setEnabled(on and self._fps is not None)

    @Slot(float)
    def _read_milliseconds(self, value: float) -> None:
        self._tell(Fraction(round(value * 10), 10_000), self._gestures[0].token)

    @Slot(float)
    def _read_frames(self, value: float) -> None:
        if self._fps is not None:
            self._tell(Fraction(round(value * 100), 100) / self._fps, self._gestures[1].token)

    def _tell(self, offset: Fraction, token: Hashable) -> None:
        self.edited.emit(offset, token)


def _spin(name: str, title: str, hint: str, suffix: str, places: int, scale: float) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setObjectName(name)
    spin.setAccessibleName(title)
    spin.setToolTip(hint)
    spin.setDecimals(places)
    spin.setRange(-_LONGEST * scale, _LONGEST * scale)
    spin.setSuffix(suffix)
    spin.setKeyboardTracking(False)
    spin.setMinimumWidth(60)
    spin.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return spin
