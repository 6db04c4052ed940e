"""How the new mouth is pasted: softness, strength, and what happens in silence."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSlider, QSpinBox, QToolButton, QWidget

from app.core.bounds import FEATHER, STRENGTH
from app.ui.kit.gesture import Gesture
from app.ui.panels.inspector.edit_steps import Editor
from app.ui.panels.inspector.section import Section, choice, show_choice

_SILENCE = (
    ("network", "As the network draws it"),
    ("close", "Mouth shut"),
    ("keep", "As it was filmed"),
)


class PercentRow(QWidget):
    """A slider, the same value as a number, and a button that resets it to 100 %."""

    changed = Signal(int, object)
    """(percent, the gesture's token)"""

    def __init__(self, name: str, title: str, hint: str, bounds: tuple[float, float]) -> None:
        super().__init__()
        low, high = (round(100 * each) for each in bounds)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName(name)
        self.slider.setRange(low, high)
        self.slider.setPageStep(10)
        self.slider.setMinimumWidth(50)
        self.number = QSpinBox()
        self.number.setObjectName(f"{name}Number")
        self.number.setRange(low, high)
        self.number.setSuffix(" %")
        self.number.setKeyboardTracking(False)
        self.reset = QToolButton()
        self.reset.setObjectName(f"{name}Reset")
        self.reset.setText("Reset")
        self.reset.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.reset.setToolTip(f"{title} back to 100 %")
        self.reset.setAccessibleName(f"Reset {title.lower()}")
        for control in (self.slider, self.number):
            control.setAccessibleName(title)
            control.setToolTip(hint)
        self._gestures = Gesture(self.slider), Gesture(self.number)
        self.slider.valueChanged.connect(self._slide)
        self.number.valueChanged.connect(self._type)
        self.reset.clicked.connect(self._reset)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(5)
        line.addWidget(self.slider, 1)
        line.addWidget(self.number)
        line.addWidget(self.reset)

    def set_value(self, value: float) -> None:
        """Shows a multiple as percent."""
        percent = round(100 * value)
        for control in (self.slider, self.number):
            control.blockSignals(True)
            control.setValue(percent)
            control.blockSignals(False)
        self.reset.setEnabled(percent != 100)

    @Slot(int)
    def _slide(self, percent: int) -> None:
        self.changed.emit(percent, self._gestures[0].token)

    @Slot(int)
    def _type(self, percent: int) -> None:
        self.changed.emit(percent, self._gestures[1].token)

    @Slot()
    def _reset(self) -> None:
        self.changed.emit(100, None)


class MaskSection(Section):
    """Feather, strength and silence of the selected segment."""

    def __init__(self, editor: Editor) -> None:
        super().__init__("Mouth", "inspectorMouth")
        self._editor = editor
        feather = "How wide the transition around the mouth is; 100 % is the usual width"
        strength = "How much of the new mouth is pasted: 0 % leaves the original"
        self.feather = PercentRow("segmentFeather", "Mask feather", feather, FEATHER)
        self.strength = PercentRow("segmentStrength", "Mask strength", strength, STRENGTH)
        hint = "What the mouth does where the new voice is silent"
        self.silence = choice("segmentSilence", "Mouth in silence", hint, _SILENCE)
        self._silence_gesture = Gesture(self.silence)
        self.add("&Feather", self.feather, self.feather.slider)
        self.add("&Strength", self.strength, self.strength.slider)
        self.add("In s&ilence", self.silence)
        self.feather.changed.connect(self._set_feather)
        self.strength.changed.connect(self._set_strength)
        self.silence.currentIndexChanged.connect(self._set_silence)

    def refresh(self) -> None:
        """Shows the selected segment."""
        segment = self._editor.segment
        if segment is not None:
            self.feather.set_value(segment.feather)
            self.strength.set_value(segment.strength)
            show_choice(self.silence, segment.silence)

    @Slot(int, object)
    def _set_feather(self, percent: int, token: object) -> None:
        self._editor.change_segment("Mask feather", token, feather=percent / 100)

    @Slot(int, object)
    def _set_strength(self, percent: int, token: object) -> None:
        self._editor.change_segment("Mask strength", token, strength=percent / 100)

    @Slot()
    def _set_silence(self) -> None:
        self._editor.change_segment("Mouth in silence", silence=self.silence.currentData())
