"""The dialog that gives commands other keys; a key that has a meaning already is refused."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.actions import MENUS, PANELS, ActionSpec, all_actions, key_text, own_keys, portable, spec_of
from app.ui.kit import palette
from app.ui.kit.renewal import keep_current

Keys = tuple[str, ...]
"""In Qt's portable text."""
RESERVED = {
    "Tab": "goes from one control to the next",
    "Shift+Tab": "goes from one control to the one before",
    "Return": "presses the button that has the keyboard",
    "Enter": "presses the button that has the keyboard",
}
"""Keys that no command can have, and what they do."""
_ID = int(Qt.ItemDataRole.UserRole)


def objection(key: str, id: str, keys: Mapping[str, Keys]) -> str:
    """Why a command cannot have a key where the others have `keys`, as a sentence; empty where it can."""
    shown = key_text((key,))
    if key in RESERVED:
        return f"{shown} {RESERVED[key]}: choose another key."
    menu = next((menu for menu in MENUS if key == f"Alt+{menu[menu.index('&') + 1].upper()}"), None)
    if menu is not None:
        return f"{shown} opens the {menu.replace('&', '')} menu: choose another key."
    owner = next((other for other, taken in keys.items() if other != id and key in taken), None)
    if owner is not None:
        return f'{shown} is the key of "{spec_of(owner).label}": take it away there first, or choose another key.'
    return ""


class KeysDialog(QDialog):
    """Lists all commands with their keys; `own` has what differs from the program's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("edit_keys")
        self.setWindowTitle("Edit shortcuts")
        self._usual = {spec.id: tuple(map(portable, spec.keys)) for spec in (*all_actions(), *PANELS)}
        self._keys: dict[str, Keys] = self._usual | own_keys()
        self.filter, self.list = QLineEdit(self), self._make_list()
        self.key = QKeySequenceEdit(self)
        self.refusal = QLabel(self)
        self.add = self._button("keys_add", "&Add key", "Gives the command this key too", self._add)
        self.take = self._button("keys_none", "&No key", "Takes the command's keys away", self._take)
        self.usual = self._button("keys_usual", "As &usual", "Gives the command its usual keys again", self._reset)
        self._name()
        self._lay_out()
        self.filter.textChanged.connect(self._show_matching)
        self.list.currentItemChanged.connect(self._choose)
        self.key.keySequenceChanged.connect(self._judge)
        self.key.installEventFilter(self)
        self._fill()
        self._choose()
        unit = self.fontMetrics().averageCharWidth()
        self.resize(unit * 90, unit * 85)

    @property
    def own(self) -> dict[str, Keys]:
        """The keys of the commands whose keys are not the usual ones."""
        return {id: keys for id, keys in self._keys.items() if keys != self._usual[id]}

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Tab leaves the field for a key, into which it would be written otherwise."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() not in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            return False
        self.focusNextPrevChild(event.key() == Qt.Key.Key_Tab)
        return True

    def _make_list(self) -> QTreeWidget:
        made = QTreeWidget(self)
        made.setObjectName("keys_list")
        made.setAccessibleName("Commands")
        made.setHeaderLabels(["Command", "Keys"])
        made.setUniformRowHeights(True)
        return made

    def _button(self, name: str, text: str, tip: str, slot: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    def _name(self) -> None:
        self.filter.setObjectName("keys_filter")
        self.filter.setAccessibleName("Filter")
        self.filter.setPlaceholderText("Filter: a key or a word")
        self.filter.setClearButtonEnabled(True)
        self.key.setObjectName("keys_key")
        self.key.setAccessibleName("New key")
        self.key.setToolTip("Press the key here, with Ctrl, Alt or Shift if you like")
        self.key.setMaximumSequenceLength(1)
        self.key.setClearButtonEnabled(True)
        self.refusal.setObjectName("keys_refusal")
        self.refusal.setWordWrap(True)
        self.refusal.setMinimumHeight(2 * self.fontMetrics().height() + 4)
        keep_current(self.refusal, lambda: self.refusal.setStyleSheet(f"color: {palette.ERROR};"))

    def _lay_out(self) -> None:
        label = QLabel("New &key", self)
        label.setBuddy(self.key)
        row = QHBoxLayout()
        for widget in (label, self.key, self.add, self.take, self.usual):
            row.addWidget(widget)
        row.setStretch(1, 1)
        kinds = QDialogButtonBox.StandardButton
        box = QDialogButtonBox(kinds.Ok | kinds.Cancel | kinds.RestoreDefaults, self)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        box.button(kinds.RestoreDefaults).clicked.connect(self._reset_all)
        column = QVBoxLayout(self)
        column.addWidget(self.filter)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        column.addWidget(self.refusal)
        column.addWidget(box)

    def _fill(self) -> None:
        """A heading for each menu, and its commands under it."""
        groups = {menu.replace("&", ""): items for menu, items in MENUS.items()} | {"Timeline and waveforms": PANELS}
        for heading, items in groups.items():
            top = QTreeWidgetItem(self.list, [heading, ""])
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for spec in items:
                if isinstance(spec, ActionSpec):
                    item = QTreeWidgetItem(top, [spec.label, ""])
                    item.setData(0, _ID, spec.id)
                    item.setToolTip(0, spec.tip)
            top.setExpanded(True)
        self._show_keys()
        self.list.resizeColumnToContents(0)
        self.list.setColumnWidth(0, self.list.columnWidth(0) + 2 * self.fontMetrics().height())

    def _items(self) -> list[QTreeWidgetItem]:
        return [item for top in self._tops() for item in _children(top)]

    def _tops(self) -> list[QTreeWidgetItem]:
        """The headings of the list, one for each menu."""
        return _children(self.list.invisibleRootItem())

    def _show_keys(self) -> None:
        for item in self._items():
            id = item.data(0, _ID)
            item.setText(1, key_text(self._keys[id]))
            font = item.font(1)
            font.setBold(self._keys[id] != self._usual[id])
            item.setFont(1, font)

    @property
    def _chosen(self) -> str:
        """The id of the chosen command; empty for none."""
        item = self.list.currentItem()
        return (item.data(0, _ID) or "") if item is not None else ""

    @Slot(str)
    def _show_matching(self, wanted: str) -> None:
        wanted = wanted.casefold()
        for item in self._items():
            item.setHidden(wanted not in f"{item.text(0)} {item.text(1)}".casefold())
        for top in self._tops():
            top.setHidden(all(item.isHidden() for item in _children(top)))
        shown = [item for item in self._items() if not item.isHidden()]
        if shown and wanted and self.list.currentItem() not in shown:
            self.list.setCurrentItem(shown[0])

    @Slot()
    def _choose(self) -> None:
        """Another command is chosen."""
        with QSignalBlocker(self.key):
            self.key.clear()
        self._judge()

    @Slot()
    def _judge(self) -> None:
        """Whether the key that was pressed can be taken."""
        id, key = self._chosen, self.key.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        self.key.setEnabled(bool(id))
        against = objection(key, id, self._keys) if id and key else ""
        self.refusal.setText(against)
        self.add.setEnabled(bool(id and key) and not against and key not in self._keys[id])
        self.take.setEnabled(bool(id) and bool(self._keys[id]))
        self.usual.setEnabled(bool(id) and self._keys[id] != self._usual[id])

    def _put(self, id: str, keys: Keys) -> None:
        self._keys[id] = keys
        self._show_keys()
        self._choose()

    @Slot()
    def _add(self) -> None:
        key = self.key.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        # the newest first: the first one is what menus show
        self._put(self._chosen, (key, *self._keys[self._chosen]))

    @Slot()
    def _take(self) -> None:
        self._put(self._chosen, ())

    @Slot()
    def _reset(self) -> None:
        id = self._chosen
        others = {other: keys for other, keys in self._keys.items() if other != id}
        against = next((text for key in self._usual[id] if (text := objection(key, id, others))), "")
        if against:
            self.refusal.setText(against)
        else:
            self._put(id, self._usual[id])

    @Slot()
    def _reset_all(self) -> None:
        self._keys = dict(self._usual)
        self._show_keys()
        self._choose()


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    found = (item.child(number) for number in range(item.childCount()))
    return [child for child in found if child is not None]
