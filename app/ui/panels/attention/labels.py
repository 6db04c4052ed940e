"""The dock's lines of text, and its scroll area."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QWidget

from app.ui.kit.labels import empty_state


def message_label() -> QLabel:
    """The sentence in the pictures' place."""
    label = empty_state("", "attentionMessage")
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    return label


def line_label(name: str) -> QLabel:
    """A line of text under the pictures, wrapped where the dock is narrow."""
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def scrolled(inner: QWidget) -> QScrollArea:
    """Lets a small dock scroll up and down instead of cutting off what is in it."""
    scroll = QScrollArea()
    scroll.setObjectName("attentionScroll")
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setStyleSheet("#attentionScroll { border: none; }")
    scroll.setWidgetResizable(True)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(inner)
    return scroll
