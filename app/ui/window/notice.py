"""A bar over the picture for what the user should know and need not answer."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from app.ui.kit import palette
from app.ui.kit.labels import muted


class Notice(msgspec.Struct, frozen=True):
    """A sentence with its details; one that is not `lasting` is about the open document."""

    sentence: str
    details: str = ""
    lasting: bool = False


class NoticeBar(QWidget):
    """One sentence at a time, the newest one; closing it brings the one before back."""

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
        self._notices: list[Notice] = []
        self.label, self._count = self._sentence(), muted(QLabel(self))
        self._more, self._closer = QPushButton("Details", self), QToolButton(self)
        self._more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._more.clicked.connect(self._ask_details)
        self._closer.setObjectName("close_notice")
        self._closer.setText("✕")
        self._closer.setAccessibleName("Close this notice")
        self._closer.setToolTip("Closes this notice")
        self._closer.clicked.connect(self.close_newest)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self.label, 1)
        for widget in (self._count, self._more, self._closer):
            row.addWidget(widget)
        self._show()

    @property
    def notices(self) -> tuple[Notice, ...]:
        """All that were not closed, the newest last."""
        return tuple(self._notices)

    def tell(self, sentence: str, details: str = "", lasting: bool = False) -> None:
        """Shows a sentence; one that stands there already comes to the front and is not doubled."""
        self.forget(sentence)
        self._notices.append(Notice(sentence, details, lasting))
        self._show()

    def forget(self, sentence: str) -> None:
        """It does not hold any more."""
        self._notices = [notice for notice in self._notices if notice.sentence != sentence]
        self._show()

    def forget_document(self) -> None:
        """What was said of a document that is gone goes too."""
        self._notices = [notice for notice in self._notices if notice.lasting]
        self._show()

    @Slot()
    def close_newest(self) -> None:
        """The user has read it."""
        del self._notices[-1:]
        self._show()

    def _sentence(self) -> QLabel:
        label = QLabel(self)
        label.setObjectName("notice")
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _show(self) -> None:
        """The newest one, and how many are behind it."""
        self.setVisible(bool(self._notices))
        if not self._notices:
            return
        newest, more = self._notices[-1], len(self._notices) - 1
        self.label.setText(newest.sentence)
        self.label.setAccessibleName(f"Notice: {newest.sentence}")
        self._count.setText(f"and {more} more" if more else "")
        self._count.setVisible(bool(more))
        self._more.setVisible(bool(newest.details))

    @Slot()
    def _ask_details(self) -> None:
        if self._notices:
            self.details_wanted.emit(self._notices[-1].sentence, self._notices[-1].details)
