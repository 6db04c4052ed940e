"""The row of one declared setting: the control that suits its kind, with its bounds, its unit and its text."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QHBoxLayout, QSlider, QToolButton, QWidget

from app.core.fields import FieldSpec
from app.ui.kit.gesture import Gesture
from app.ui.panels.inspector.section import choice, hint, show_choice

_LARGEST = 1e9
"""Either way, of numbers without bounds."""


class SettingRow(QWidget):
    """Shows and changes one setting."""

    changed = Signal(str, object, object)
    """(name of the setting, its new value, the gesture's token or None)"""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__()
        self.spec = spec
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(5)

    @property
    def focus(self) -> QWidget:
        """The control that the row's label leads to."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Shows a value without telling of a change."""
        raise NotImplementedError

    @property
    def _name(self) -> str:
        """The object name of the control, such as segmentFeather."""
        return "segment" + "".join(word.title() for word in self.spec.name.split("_"))

    def _tell(self, value: Any, token: Hashable | None = None) -> None:
        self.changed.emit(self.spec.name, value, token)

    def _introduce(self, control: QWidget, name: str) -> None:
        """What a control is called and what its tooltip says."""
        control.setObjectName(name)
        control.setAccessibleName(self.spec.step)
        control.setToolTip(hint(self.spec))


class NumberRow(SettingRow):
    """A number, a slider beside it where it has bounds, and a button that goes back to the default."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        places = 0 if spec.unit == "%" or spec.kind is int else 2
        self._times, self._ticks = 100 if spec.unit == "%" else 1, 10**places
        self.slider, self.number, self.reset = QSlider(Qt.Orientation.Horizontal), QDoubleSpinBox(), QToolButton()
        self.slider.setMinimumWidth(50)
        self.number.setDecimals(places)
        self.number.setSingleStep(1 / self._ticks)
        self.number.setSuffix(f" {spec.unit}" if spec.unit else "")
        self.number.setKeyboardTracking(False)
        self._set_bounds()
        self._introduce(self.slider, self._name)
        self._introduce(self.number, f"{self._name}Number")
        self._set_up_reset()
        self._gestures = Gesture(self.slider), Gesture(self.number)
        self.slider.valueChanged.connect(self._slide)
        self.number.valueChanged.connect(self._type)
        self.reset.clicked.connect(self._reset)
        self._line.addWidget(self.slider, 1)
        self._line.addWidget(self.number)
        self._line.addWidget(self.reset)

    @property
    def focus(self) -> QWidget:
        """The slider, or without bounds the number."""
        return self.number if self._unbounded else self.slider

    def set_value(self, value: Any) -> None:
        """Shows a value without telling of a change."""
        shown = value * self._times
        with QSignalBlocker(self.number), QSignalBlocker(self.slider):
            self.number.setValue(shown)
            if not self._unbounded:
                self.slider.setValue(round(shown * self._ticks))
        self.reset.setEnabled(self.number.value() != round(self.spec.default * self._times, self.number.decimals()))

    @property
    def _unbounded(self) -> bool:
        return self.spec.low is None or self.spec.high is None

    def _set_bounds(self) -> None:
        low = -_LARGEST if self.spec.low is None else self.spec.low * self._times
        high = _LARGEST if self.spec.high is None else self.spec.high * self._times
        self.number.setRange(low, high)
        self.slider.setHidden(self._unbounded)
        if not self._unbounded:
            self.slider.setRange(round(low * self._ticks), round(high * self._ticks))
            self.slider.setPageStep(10)

    def _set_up_reset(self) -> None:
        default = self.number.textFromValue(self.spec.default * self._times) + self.number.suffix()
        self.reset.setObjectName(f"{self._name}Reset")
        self.reset.setText("Reset")
        self.reset.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.reset.setToolTip(f"{self.spec.step} back to {default}")
        self.reset.setAccessibleName(f"Reset {self.spec.step.lower()}")

    def _value(self, shown: float) -> float:
        return round(shown) if self.spec.kind is int else shown / self._times

    @Slot(int)
    def _slide(self, tick: int) -> None:
        self._tell(self._value(tick / self._ticks), self._gestures[0].token)

    @Slot(float)
    def _type(self, shown: float) -> None:
        self._tell(self._value(shown), self._gestures[1].token)

    @Slot()
    def _reset(self) -> None:
        self._tell(self.spec.default)


class ChoiceRow(SettingRow):
    """A list to choose from."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        self.combo = choice(self._name, spec)
        self._gesture = Gesture(self.combo)
        self.combo.currentIndexChanged.connect(self._choose)
        self._line.addWidget(self.combo)

    @property
    def focus(self) -> QWidget:
        """The list, which takes the keyboard for this row."""
        return self.combo

    def set_value(self, value: Any) -> None:
        """Shows a value without telling of a change."""
        show_choice(self.combo, value)

    @Slot()
    def _choose(self) -> None:
        self._tell(self.combo.currentData())


class SwitchRow(SettingRow):
    """A setting that is on or off, as a check box."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        self.check = QCheckBox()
        self._introduce(self.check, self._name)
        self._gesture = Gesture(self.check)
        self.check.toggled.connect(self._toggle)
        self._line.addWidget(self.check)

    @property
    def focus(self) -> QWidget:
        """The check box, which takes the keyboard for this row."""
        return self.check

    def set_value(self, value: Any) -> None:
        """Shows a value without telling of a change."""
        with QSignalBlocker(self.check):
            self.check.setChecked(value)

    @Slot(bool)
    def _toggle(self, on: bool) -> None:
        self._tell(on)


def setting_row(spec: FieldSpec) -> SettingRow:
    """The row that suits a setting. Raises TypeError for a kind that needs a widget of its own."""
    if spec.choices and not spec.optional:
        return ChoiceRow(spec)
    rows: dict[type[Any], type[SettingRow]] = {bool: SwitchRow, int: NumberRow, float: NumberRow}
    if spec.optional or spec.kind not in rows:
        raise TypeError(f"no row suits the setting {spec.name}: give it a widget of its own")
    return rows[spec.kind](spec)
