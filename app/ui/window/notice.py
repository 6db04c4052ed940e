"""A bar over the picture for what the user should know and need not answer."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from app.ui.kit import palette


class NoticeBar(QWidget):
    """One sentence at a time; the newest one stays until it is closed."""

    details_wanted = Signal(str, str)
    """(sentence, details): the error dialog is to show them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice_bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(
            f"#notice_bar {{ background: {palette.RAISED}; border-bottom: 2px solid {palette.WARNING}; }}"
            f"#notice_bar QLabel {{ background: transparent; color: {palette.WARNING}; }}"
        )
        self._details = ""
        self.label = QLabel(self)
        self.label.setObjectName("notice")
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = QPushButton("Details", self)
        self._more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._more.clicked.connect(self._ask_details)
        closer = QToolButton(self)
        closer.setText("✕")
        closer.setAccessibleName("Close this notice")
        closer.setToolTip("Closes this notice")
        closer.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self.label, 1)
        row.addWidget(self._more)
        row.addWidget(closer)
        self.hide()

    def tell(self, sentence: str, details: str = "") -> None:
        """Shows a sentence in place of the one before."""
        self._details = details
        self.label.setText(sentence)
        self.label.setAccessibleName(f"Notice: {sentence}")
        self._more.setVisible(bool(details))
        self.show()

    @Slot()
    def _ask_details(self) -> None:
        self.details_wanted.emit(self.label.text(), self._details)
