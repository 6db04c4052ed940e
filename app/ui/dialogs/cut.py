"""The clips of a cut, to choose the one that is dubbed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.engine.interchange.cut import CutClip
from app.engine.interchange.cut_import import rate_text, span_text

COLUMNS = ("", "Clip", "Track", "Shown of the file", "Frames a second", "File")


class CutDialog(QDialog):
    """A row for each clip; those that cannot be dubbed are grey and say why."""

    def __init__(self, cut: Path, clips: Sequence[CutClip], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cut")
        self.setWindowTitle(f"Choose a clip of {cut.name}")
        self._clips = clips
        self.table = QTreeWidget()
        self.table.setObjectName("cutClips")
        self.table.setAccessibleName("Clips of the cut")
        self.table.setRootIsDecorated(False)
        self.table.setHeaderLabels(COLUMNS)
        self.table.addTopLevelItems([_row(clip) for clip in clips])
        header = self.table.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        self._ok = self.buttons.button(kinds.Ok)
        self._ok.setText("Dub this clip")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.table.itemSelectionChanged.connect(self._update)
        self.table.itemDoubleClicked.connect(self._take)
        self._lay_out()
        usable = next((row for row, clip in enumerate(clips) if not clip.problem), None)
        if usable is not None:
            self.table.setCurrentIndex(self.table.model().index(usable, 0))
        self._update()

    @property
    def chosen(self) -> CutClip | None:
        """The clip whose row is selected, if it can be dubbed."""
        items = self.table.selectedItems()
        clip = self._clips[self.table.indexOfTopLevelItem(items[0])] if items else None
        return None if clip is None or clip.problem else clip

    def _lay_out(self) -> None:
        hint = QLabel("Its range becomes the segment. A sound of another file under it becomes the new voice.")
        hint.setWordWrap(True)
        column = QVBoxLayout(self)
        column.addWidget(hint)
        column.addWidget(self.table)
        column.addWidget(self.buttons)
        self.resize(150 * self.fontMetrics().averageCharWidth(), 20 * self.fontMetrics().height())

    @Slot()
    def _update(self) -> None:
        self._ok.setEnabled(self.chosen is not None)

    @Slot()
    def _take(self) -> None:
        if self.chosen is not None:
            self.accept()


def _row(clip: CutClip) -> QTreeWidgetItem:
    file = "none" if clip.media is None else clip.media.name
    told = [str(clip.number), clip.name, clip.track, span_text(clip.range), rate_text(clip.rate), file]
    if clip.problem:
        told[3:] = [clip.problem, "", file]
    item = QTreeWidgetItem(told)
    item.setToolTip(5, str(clip.media or ""))
    if clip.problem:
        item.setFlags(Qt.ItemFlag.NoItemFlags)
    return item
