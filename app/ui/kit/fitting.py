"""Dialogs that fit the screen: what is higher than it scrolls."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QFrame, QLayout, QScrollArea, QWidget


class Scroll(QScrollArea):
    """As large as what is in it where there is room; else it scrolls up and down."""

    def __init__(self, inside: QLayout, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scroll")
        self.setStyleSheet("#scroll { border: none; }")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self._holder = QWidget(self)
        inside.setContentsMargins(0, 0, 0, 0)
        self._holder.setLayout(inside)
        self.setWidget(self._holder)

    def sizeHint(self) -> QSize:  # noqa: N802
        """All of what is in it."""
        return self._holder.sizeHint() + self._bar()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Its width, and a few lines of it."""
        inside = self._holder.minimumSizeHint() + self._bar()
        return QSize(inside.width(), min(inside.height(), self.fontMetrics().height() * 6))

    def _bar(self) -> QSize:
        return QSize(self.verticalScrollBar().sizeHint().width() + 8, 2)


def bound_to_screen(dialog: QDialog) -> None:
    """Lets it become no larger than the screen it opens on, its title bar included."""
    room = (dialog.parentWidget() or dialog).screen().availableSize()
    dialog.setMaximumSize(room.width(), room.height() - 2 * dialog.fontMetrics().height())
