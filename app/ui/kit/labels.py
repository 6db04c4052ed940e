"""Quiet text: what explains or stands in for something, and must not compete with it."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

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
