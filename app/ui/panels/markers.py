"""The panel that lists the markers: a click goes to one, notes are written in place."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.core import edits
from app.core.errors import UserError
from app.core.project import Marker, Project
from app.ui.actions import shortcut, with_keys
from app.ui.kit.labels import empty_state
from app.ui.kit.renewal import keep_current
from app.ui.session import Session

_NOTE = 1
"""The column that can be written in."""
_DELETES = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class MarkerList(QTreeWidget):
    """Times and notes; Delete is about a marker while the keyboard is here."""

    delete_pressed = Signal()

    def event(self, event: QEvent) -> bool:
        """Keeps the window from deleting segments by a key that is meant for a marker."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in _DELETES
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Tells of Delete; Return writes in the note."""
        item = self.currentItem()
        if event.key() in _DELETES:
            self.delete_pressed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None and not self._writing:
            self.editItem(item, _NOTE)
        else:
            super().keyPressEvent(event)

    @property
    def _writing(self) -> bool:
        """Whether a note is being written: the Return that ends it comes here too."""
        return self.state() == QAbstractItemView.State.EditingState


class _ReadOnly(QStyledItemDelegate):
    """For times, which are moved on the timeline."""

    def createEditor(  # noqa: N802
        self, _parent: QWidget, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        """Makes no editor, so that the cell cannot be written in."""
        return None  # type: ignore[return-value]


class MarkersPanel(QWidget):
    """The markers of the project, in order of time."""

    chosen = Signal(object)
    """Fraction: seconds of the clip to go to."""
    problem = Signal(str)
    """A sentence: why an edit could not be made."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("markers")
        self._session = session
        self.list = self._make_list()
        self._empty = empty_state("", "markers_empty", self)
        pages = QWidget(self)
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.list)
        self.add = self._button("marker_add", "Add", "", self._add)
        keep_current(self, self._explain)
        self.remove = self._button("marker_remove", "Delete", "Removes the marker that is chosen", self._remove)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(6, 4, 6, 4)
        buttons.addWidget(self.add)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(pages, 1)
        column.addLayout(buttons)
        session.tell_of_all(self.refresh)
        self.refresh()

    def _make_list(self) -> MarkerList:
        made = MarkerList(self)
        made.setObjectName("markers_list")
        made.setAccessibleName("Markers")
        made.setToolTip("A click goes there; a double-click, or Return, writes the note")
        made.setHeaderLabels(["Where", "Note"])
        made.setRootIsDecorated(False)
        made.setUniformRowHeights(True)
        made.setAllColumnsShowFocus(True)
        made.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        made.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        made.setItemDelegateForColumn(0, _ReadOnly(made))
        made.currentItemChanged.connect(self._go)
        made.itemClicked.connect(self._go)  # also on the one that is current already
        made.itemChanged.connect(self._write)
        made.delete_pressed.connect(self._remove)
        return made

    def _button(self, name: str, text: str, tip: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.clicked.connect(slot)
        return button

    def _explain(self) -> None:
        """What names a key."""
        self._empty.setText(
            f"No markers yet.\n\n{shortcut('marker')} puts one at the playhead; notes are written here."
        )
        self.add.setToolTip(with_keys("Puts a marker at the playhead", "marker"))

    @Slot()
    def refresh(self) -> None:
        """Lists the markers as they are now; the one that was chosen stays so."""
        markers, was = self._session.project.markers, self._time(self.list.currentItem())
        with QSignalBlocker(self.list):
            for number in range(self.list.topLevelItemCount(), len(markers), -1):
                self.list.takeTopLevelItem(number - 1)
            # in place: the list may be at the end of having a note written
            for number, marker in enumerate(markers):
                self._fill(self.list.topLevelItem(number) or QTreeWidgetItem(self.list), marker)
            same = next((number for number, marker in enumerate(markers) if marker.time == was), None)
            self.list.setCurrentItem(None if same is None else self.list.topLevelItem(same))  # type: ignore[arg-type]
        self._pages.setCurrentWidget(self.list if markers else self._empty)
        self.add.setEnabled(self._session.clip is not None)
        self.remove.setEnabled(self.list.currentItem() is not None)

    def _fill(self, item: QTreeWidgetItem, marker: Marker) -> None:
        where = self._session.counting.format(marker.time)
        item.setText(0, where)
        item.setText(_NOTE, marker.note)
        item.setData(0, Qt.ItemDataRole.UserRole, marker.time)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"Marker at {where}: {marker.note or 'no note'}")
        item.setToolTip(_NOTE, marker.note or "Double-click to write a note")

    @staticmethod
    def _time(item: QTreeWidgetItem | None) -> Fraction | None:
        return None if item is None else item.data(0, Qt.ItemDataRole.UserRole)

    def _edit(self, text: str, change: Callable[[Project], Project]) -> None:
        try:
            self._session.apply(text, change(self._session.project))
        except UserError as error:
            self.problem.emit(str(error))

    def _index(self, item: QTreeWidgetItem | None) -> int | None:
        return None if item is None else self.list.indexOfTopLevelItem(item)

    @Slot(QTreeWidgetItem)
    def _go(self, item: QTreeWidgetItem | None) -> None:
        time = self._time(item)
        self.remove.setEnabled(item is not None)
        if time is not None:
            self.chosen.emit(time)

    @Slot(QTreeWidgetItem)
    def _write(self, item: QTreeWidgetItem) -> None:
        index, note = self._index(item), item.text(_NOTE)
        if index is not None:
            self._edit("Edit note", lambda project: edits.note_marker(project, index, note))

    @Slot()
    def _add(self) -> None:
        self._edit("Add marker", lambda project: edits.add_marker(project, self._session.playhead))

    @Slot()
    def _remove(self) -> None:
        index = self._index(self.list.currentItem())
        if index is not None:
            self._edit("Delete marker", lambda project: edits.remove_marker(project, index))
