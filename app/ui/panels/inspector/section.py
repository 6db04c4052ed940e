"""A titled group of labelled controls, beside their labels or, where it is narrow, below them."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.core.fields import FieldSpec
from app.ui.kit import palette

_LABEL = 6.9
"""Width of the labels, in times of the text's height."""


class Section(QWidget):
    """Rows of controls under a heading."""

    def __init__(self, title: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(_heading(title))
        self._rows: list[tuple[QLabel | None, QWidget]] = []
        self._narrow = False
        self._grid = QGridLayout()
        self._grid.setContentsMargins(2, 0, 2, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        column.addLayout(self._grid)
        self._place()

    def add(self, text: str, field: QWidget, focus: QWidget | None = None) -> None:
        """A row; `focus` is what the label's name belongs to where `field` holds several controls.

        An empty text puts the field below the last row's.
        """
        label = QLabel(text)
        label.setBuddy(focus or field)
        self._rows.append((label, field))
        self._place()

    def add_wide(self, widget: QWidget) -> None:
        """A row without a label."""
        self._rows.append((None, widget))
        self._place()

    def set_narrow(self, narrow: bool) -> None:
        """Labels above their controls, or beside them."""
        if narrow != self._narrow:
            self._narrow = narrow
            self._place()

    def _place(self) -> None:
        """Every row to its cells; beside each other, the labels of all sections are equally wide."""
        wide = not self._narrow
        self._grid.setColumnMinimumWidth(0, round(_LABEL * self.fontMetrics().height()) if wide else 0)
        for number, (label, field) in enumerate(self._rows):
            if label is None:
                self._grid.addWidget(field, 2 * number + 1, 0, 1, 2)
                continue
            align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            self._grid.addWidget(label, 2 * number + (1 if wide else 0), 0, 1, 1 if wide else 2, align)
            label.setVisible(
                wide or bool(label.text())
            )  # once it has a parent: otherwise it becomes a top-level window
            self._grid.addWidget(field, 2 * number + 1, 1 if wide else 0, 1, 1 if wide else 2)


def row(*widgets: QWidget) -> QWidget:
    """Controls in one line."""
    holder = QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(5)
    for widget in widgets:
        line.addWidget(widget)
    return holder


def note(name: str, colour: str = "") -> QLabel:
    """A wrapped line of small print, hidden while it is empty."""
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setStyleSheet(f"color: {colour or palette.MUTED_TEXT};")
    label.hide()
    return label


def tell(label: QLabel, text: str) -> None:
    """Writes a note, or hides it."""
    label.setText(text)
    label.setVisible(bool(text))


def hint(spec: FieldSpec) -> str:
    """The tooltip of a declared setting."""
    return spec.text.removesuffix(".")


def choice(name: str, spec: FieldSpec) -> QComboBox:
    """A list to choose from, with the choices that are declared."""
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(spec.title)
    combo.setToolTip(hint(spec))
    combo.setMinimumContentsLength(8)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    for value, text in spec.labels:
        combo.addItem(text, value)
    return combo


def show_choice(combo: QComboBox, value: object) -> None:
    """Shows a value without telling of a change."""
    with QSignalBlocker(combo):
        combo.setCurrentIndex(combo.findData(value))


def _heading(title: str) -> QWidget:
    """The title over a thin line."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 4, 0, 0)
    column.setSpacing(2)
    label = QLabel(title)
    label.setStyleSheet("font-weight: bold;")
    line = QFrame()
    line.setFrameShape(QFrame.Shape.NoFrame)
    line.setFixedHeight(1)
    line.setStyleSheet(f"background: {palette.LINE}; border: none;")
    column.addWidget(label)
    column.addWidget(line)
    return holder
