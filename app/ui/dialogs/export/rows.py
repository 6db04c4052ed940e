"""Rows of a form that hold more than one widget."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QLabel, QLayout, QVBoxLayout, QWidget


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
