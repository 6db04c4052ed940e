"""What the clip and the voice are made of, and what to look out for; to read and to copy."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QColor, QFont, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.engine.media.clip import Clip, Voice
from app.engine.media.describe import Description, Section, as_text, describe_clip, describe_voice
from app.ui.dialogs.stream_fields import StreamFields
from app.ui.kit import palette
from app.ui.kit.labels import empty_state

EMPTY = "Neither a clip nor a voice is open."


class MediaProperties(QDialog):
    """A table of two columns, with a heading for each part of each file."""

    def __init__(self, clip: Clip | None, voice: Voice | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("media_properties")
        self.setWindowTitle("Media properties")
        self._found = (
            *((describe_clip(clip),) if clip is not None else ()),
            *((describe_voice(voice),) if voice is not None else ()),
        )
        self.streams = StreamFields(clip, voice, self)
        """Where other streams of the files are chosen; the dialog closes then, for what it shows holds no more."""
        self.streams.chosen.connect(self.accept)
        self._table = self._make_table()
        for found in self._found:
            self._add(found)
        self._table.expandAll()
        self._lay_out()

    @property
    def text(self) -> str:
        """All of it, as it is copied."""
        return as_text(self._found) if self._found else ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Of clip and voice."""
        return tuple(warning for found in self._found for warning in found.warnings)

    @Slot()
    def copy(self) -> None:
        """Puts the text onto the clipboard."""
        QGuiApplication.clipboard().setText(self.text)

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget(self)
        table.setObjectName("media_properties_table")
        table.setAccessibleName("Properties of clip and voice")
        table.setColumnCount(2)
        table.setHeaderHidden(True)
        table.setRootIsDecorated(False)
        table.setItemsExpandable(False)
        table.setWordWrap(True)
        table.setIndentation(self.fontMetrics().averageCharWidth() * 2)
        table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        table.header().setStretchLastSection(True)
        return table

    def _add(self, found: Description) -> None:
        """Warnings first: they are what one opens this for."""
        if found.warnings:
            head = self._heading(f"{found.title}: what to look out for")
            for warning in found.warnings:
                item = QTreeWidgetItem(head, [f"!  {warning}"])
                item.setForeground(0, QColor(palette.WARNING))
                item.setToolTip(0, warning)
                item.setFirstColumnSpanned(True)
        for section in found.sections:
            self._add_section(found.title, section)

    def _add_section(self, title: str, section: Section) -> None:
        head = self._heading(f"{title}: {section.title.lower()}")
        for label, value in section.rows:
            item = QTreeWidgetItem(head, [label, value])
            item.setForeground(0, QColor(palette.MUTED_TEXT))
            item.setToolTip(1, value)

    def _heading(self, text: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self._table, [text])
        bold = QFont(self._table.font())
        bold.setBold(True)
        item.setFont(0, bold)
        item.setFirstColumnSpanned(True)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        return item

    def _lay_out(self) -> None:
        stack = QStackedLayout()
        stack.addWidget(self._table)
        stack.addWidget(empty_state(EMPTY, "media_properties_empty", self))
        stack.setCurrentIndex(0 if self._found else 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        copy = buttons.addButton("&Copy as text", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setObjectName("media_properties_copy")
        copy.setToolTip("Copies everything as text (Ctrl+C).")
        copy.setEnabled(bool(self._found))
        copy.clicked.connect(self.copy)
        buttons.rejected.connect(self.reject)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self, self.copy)
        column = QVBoxLayout(self)
        column.addLayout(stack, 1)
        if not self.streams.empty:
            column.addWidget(self.streams)
        column.addWidget(buttons)
        unit, line = self.fontMetrics().averageCharWidth(), self.fontMetrics().height()
        self.resize(unit * 92, line * 38)
