"""Labels: quiet text, which explains or stands in for something and must not compete with it, and rows of forms."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QLayout, QVBoxLayout, QWidget

from app.ui.kit import palette

W = TypeVar("W", bound=QWidget)


def muted(widget: W) -> W:
    """The widget itself, its text in the quiet colour from now on."""
    widget.setStyleSheet(f"color: {palette.MUTED_TEXT};")
    return widget


def empty_state(text: str, name: str, parent: QWidget | None = None) -> QLabel:
    """What stands in the middle of a list or a view that has nothing to show yet."""
    label = muted(QLabel(text, parent))
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setMargin(label.fontMetrics().height())
    return label


def below(field: QWidget, text: QLabel) -> QVBoxLayout:
    """A field with a text right under it."""
    column = QVBoxLayout()
    column.setSpacing(2)
    column.addWidget(field)
    column.addWidget(text)
    return column


def add_row(form: QFormLayout, title: str, field: QWidget, cell: QLayout) -> None:
    """A row whose label leads to `field`, which is somewhere in `cell`."""
    label = QLabel(title, field.parentWidget())
    label.setBuddy(field)
    label.setFixedHeight(field.sizeHint().height())  # beside the field also where a text stands under it
    form.addRow(label, cell)
