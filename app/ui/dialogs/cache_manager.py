"""The cache manager: what is kept between runs, how large it is, its limits, and clearing it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.core.settings import OPTIONS, Settings
from app.core.text import bytes_text
from app.engine.files.cache_usage import KINDS, CacheUsage, Cleared, clear_cache, count_cache
from app.ui.kit.labels import muted
from app.workers.task import Task

LIMITS = {"memory_mb": " MB", "disk_gb": " GB"}
"""The options that bound the cache, with their units."""
_PAD = "padding: 3px 9px;"


class CacheManager(QDialog):
    """Counts and clears on a thread of its own; closing the dialog ends it."""

    cleared = Signal(object)
    """Names (see `cache_usage.KINDS`) of the folders that were cleared: whoever keeps some in memory lets go of it."""
    settings_changed = Signal(object)
    """Settings with other limits, when the dialog is closed with them."""

    def __init__(self, cache: Path, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cache_manager")
        self.setWindowTitle("Cache")
        self._cache, self._settings = cache, settings
        self._task: Task | None = None
        self._usage: tuple[CacheUsage, ...] = ()
        self._table, self._said = self._make_table(), QLabel(self)
        self._limits = {name: self._limit(name) for name in LIMITS}
        self._clear, self._all = self._clear_buttons()
        self._lay_out()
        self._show(())

    @property
    def usage(self) -> tuple[CacheUsage, ...]:
        """As last counted; empty until then."""
        return self._usage

    @property
    def settings(self) -> Settings:
        """With the limits as they are set here."""
        return msgspec.structs.replace(self._settings, **{name: spin.value() for name, spin in self._limits.items()})

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Begins to count what is kept when the dialog opens."""
        super().showEvent(event)
        if self._task is None:
            self.count()

    def done(self, result: int) -> None:
        """However it is closed: changed limits hold from now on."""
        if self._task is not None:
            self._task.stop()
        if self.settings != self._settings:
            self.settings_changed.emit(self.settings)
        super().done(result)

    @Slot()
    def count(self) -> None:
        """Counts what is there now."""
        self._said.setText("Counting…")
        self._run(partial(count_cache, self._cache), self._counted)

    def clear(self, names: Collection[str]) -> None:
        """Removes what is in these folders, after a question."""
        if names and self.ask(names):
            self._said.setText("Clearing…")
            self._run(partial(clear_cache, self._cache, tuple(names)), self._was_cleared)

    def ask(self, names: Collection[str]) -> bool:
        """Whether these folders may be cleared."""
        chosen = [usage for usage in self._usage if usage.name in names]
        box = QMessageBox(self)
        box.setObjectName("cache_question")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Cache")
        what = "everything" if len(chosen) == len(KINDS) else ", ".join(usage.title.lower() for usage in chosen)
        box.setText(f"Clear {what} ({bytes_text(sum(usage.bytes for usage in chosen))})?")
        box.setInformativeText("Your clips, voices and projects are not touched.\n\n" + _losses(chosen))
        clear = box.addButton("&Clear", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.exec()
        return box.clickedButton() is clear

    def _run(self, function: Callable[..., object], then: Callable[..., object]) -> None:
        """Off the GUI thread, one thing at a time."""
        if self._task is not None:
            self._task.stop()
            self._task.deleteLater()
        self._table.setEnabled(False)
        for button in (self._clear, self._all):
            button.setEnabled(False)
        self._task = Task(function, self)
        self._task.done.connect(then)
        self._task.failed.connect(self._failed)
        self._task.start()

    @Slot(object)
    def _counted(self, usage: tuple[CacheUsage, ...]) -> None:
        self._show(usage)
        total, files = sum(one.bytes for one in usage), sum(one.files for one in usage)
        self._said.setText(f"{bytes_text(total)} in {files} files")

    @Slot(object)
    def _was_cleared(self, cleared: Cleared) -> None:
        self.cleared.emit(cleared.names)
        self.count()
        left = f" {cleared.left} files are in use or could not be removed." if cleared.left else ""
        self._said.setText(f"{bytes_text(cleared.bytes)} were freed.{left} Counting…")

    @Slot(str, str)
    def _failed(self, sentence: str, _details: str) -> None:
        self._said.setText(sentence)
        self._enable()

    def _show(self, usage: tuple[CacheUsage, ...]) -> None:
        """Fills the table; before anything was counted, with the names alone."""
        self._usage = usage
        chosen = self._chosen()
        self._table.clear()
        for one in usage or tuple(CacheUsage(name, 0, 0) for name in KINDS):
            counted = [bytes_text(one.bytes), str(one.files)] if usage else ["…", "…"]
            item = QTreeWidgetItem(self._table, [one.title, *counted, one.text])
            item.setData(0, Qt.ItemDataRole.UserRole, one.name)
            item.setToolTip(0, one.text)
            item.setToolTip(3, one.text)
            for column in (1, 2):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setSelected(one.name in chosen)
        self._enable()

    def _chosen(self) -> tuple[str, ...]:
        """Names of the selected rows."""
        return tuple(str(item.data(0, Qt.ItemDataRole.UserRole)) for item in self._table.selectedItems())

    @Slot()
    def _enable(self) -> None:
        """Only what holds something can be cleared."""
        full = {usage.name for usage in self._usage if usage.files}
        self._table.setEnabled(True)
        self._clear.setEnabled(bool(full & set(self._chosen())))
        self._all.setEnabled(bool(full))

    @Slot()
    def _clear_chosen(self) -> None:
        self.clear(self._chosen())

    @Slot()
    def _clear_all(self) -> None:
        self.clear(tuple(KINDS))

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget(self)
        table.setObjectName("cache_table")
        table.setAccessibleName("What the cache holds")
        table.setHeaderLabels(["Kept", "Size", "Files", "When it is cleared"])
        table.setRootIsDecorated(False)
        table.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        for column in range(3):
            table.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        table.header().setStretchLastSection(True)
        table.itemSelectionChanged.connect(self._enable)
        return table

    def _limit(self, name: str) -> QSpinBox:
        option = next(option for option in OPTIONS if option.name == name)
        spin = QSpinBox(self)
        spin.setObjectName(f"cache_{name}")
        spin.setAccessibleName(option.title)
        spin.setToolTip(option.text)
        low, high = option.bounds
        spin.setRange(int(low), int(high))
        spin.setSuffix(LIMITS[name])
        spin.setGroupSeparatorShown(True)
        spin.setValue(getattr(self._settings, name))
        spin.setMinimumWidth(self.fontMetrics().averageCharWidth() * 16)
        return spin

    def _clear_buttons(self) -> tuple[QPushButton, QPushButton]:
        chosen, everything = QPushButton("&Clear selected…", self), QPushButton("Clear &all…", self)
        for button, name, tip, slot in (
            (chosen, "cache_clear", "Removes what the selected rows hold.", self._clear_chosen),
            (everything, "cache_clear_all", "Removes everything that the cache holds.", self._clear_all),
        ):
            button.setObjectName(name)
            button.setToolTip(tip)
            button.setStyleSheet(_PAD)
            button.clicked.connect(slot)
        return chosen, everything

    def _lay_out(self) -> None:
        place = QLabel(f"Kept in {self._cache}", self)
        place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (place, self._said):
            muted(label).setWordWrap(True)
        self._said.setObjectName("cache_said")
        line = QHBoxLayout()
        line.addWidget(self._said, 1)
        line.addWidget(self._clear)
        line.addWidget(self._all)
        form = QFormLayout()
        for name, spin in self._limits.items():
            form.addRow(next(option.title for option in OPTIONS if option.name == name), spin)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(place)
        column.addWidget(self._table, 1)
        column.addLayout(line)
        column.addLayout(form)
        column.addWidget(buttons)
        unit = self.fontMetrics().averageCharWidth()
        self.resize(unit * 100, unit * 56)


def _losses(chosen: list[CacheUsage]) -> str:
    """What each of them costs."""
    return "\n".join(f"{usage.title}: {usage.text}" for usage in chosen)
