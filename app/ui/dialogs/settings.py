"""The settings dialog, built from the declared table of options."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.core.fields import FieldSpec
from app.core.settings import OPTIONS, Settings, Value, with_values
from app.ui.kit.fitting import Scroll
from app.ui.kit.labels import muted

Field = tuple[QWidget, Callable[[], Value], Callable[[Value], None]]
"""A widget, what reads it, what fills it."""


class SettingsDialog(QDialog):
    """Shows every option; `settings` has what was chosen."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settings_dialog")
        self.setWindowTitle("Settings")
        self._start = settings
        self._fields = {option.name: _field(option) for option in OPTIONS}
        column = QVBoxLayout(self)
        column.addWidget(Scroll(self._form(), self), 1)
        column.addWidget(self._buttons())
        self._fill(settings)

    @property
    def settings(self) -> Settings:
        """The options as the dialog has them now."""
        values = {name: read() for name, (_, read, _) in self._fields.items()}
        return with_values(self._start, values)[0]

    def field(self, name: str) -> QWidget:
        """The widget of an option. Raises KeyError."""
        return self._fields[name][0]

    def _form(self) -> QGridLayout:
        """For each option a row with title and control, and one with its text."""
        form = QGridLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(3)
        form.setColumnStretch(1, 1)
        for number, option in enumerate(OPTIONS):
            widget = self._fields[option.name][0]
            label = QLabel(option.title, self)
            label.setBuddy(widget)
            form.addWidget(label, 3 * number, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            form.addWidget(widget, 3 * number, 1, Qt.AlignmentFlag.AlignLeft)
            form.addWidget(self._text(option.text), 3 * number + 1, 1)
            form.setRowMinimumHeight(3 * number + 2, self.fontMetrics().height() // 2)
        return form

    def _text(self, text: str) -> QLabel:
        """What an option does, on as many lines as it takes."""
        label = muted(QLabel(text, self))
        label.setWordWrap(True)
        width = self.fontMetrics().averageCharWidth() * 80
        label.setFixedWidth(width)
        label.setMinimumHeight(label.heightForWidth(width))
        return label

    def _buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        box = QDialogButtonBox(kinds.Ok | kinds.Cancel | kinds.RestoreDefaults, self)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        box.button(kinds.RestoreDefaults).clicked.connect(self._restore)
        return box

    @Slot()
    def _restore(self) -> None:
        self._fill(Settings())

    def _fill(self, settings: Settings) -> None:
        for name, (_, _, fill) in self._fields.items():
            fill(getattr(settings, name))


def _field(option: FieldSpec) -> Field:
    """The widget that suits an option's type."""
    made = _widget(option)
    widget = made[0]
    widget.setObjectName(option.name)
    widget.setAccessibleName(option.title)
    widget.setAccessibleDescription(option.text)
    widget.setToolTip(option.text)
    return made


def _widget(option: FieldSpec) -> Field:
    if option.choices:
        combo = QComboBox()
        combo.addItems(option.choices)
        return combo, combo.currentText, lambda value: combo.setCurrentText(str(value))
    if option.kind is bool:
        check = QCheckBox("On")
        return check, check.isChecked, lambda value: check.setChecked(bool(value))
    spin = QSpinBox()
    low, high = option.bounds
    spin.setRange(int(low), int(high))
    spin.setMinimumWidth(spin.fontMetrics().averageCharWidth() * 14)
    return spin, spin.value, lambda value: spin.setValue(int(value))
