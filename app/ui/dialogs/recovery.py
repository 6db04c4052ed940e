"""Offers, at the start, work that a session which ended badly could not save."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QDate, QLocale, Qt, QTime, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.errors import UserError
from app.engine.files.recovery import Recovered
from app.ui.kit import palette

_INTRODUCTION = (
    "Redub did not end as it should, and this work was not saved. Recovering opens it as it was; your own file "
    "stays untouched until you save. What you leave is offered again at the next start."
)


class RecoveryDialog(QDialog):
    """After `exec`, `chosen` is what the user wants back, or None; `discard` was called for what he threw away."""

    def __init__(
        self, pending: Sequence[Recovered], discard: Callable[[Recovered], None], parent: QWidget | None = None
    ) -> None:
        """`discard` may raise UserError, which is shown."""
        super().__init__(parent)
        self.setObjectName("recovery_dialog")
        self.setWindowTitle("Recover unsaved work")
        self._pending, self._discard = list(pending), discard
        self._chosen: Recovered | None = None
        self._list = self._work_list()
        self._problem = self._problem_label()
        self._recover, self._throw_away = QPushButton("&Recover", self), QPushButton("&Throw away...", self)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(self._introduction())
        column.addWidget(self._list, 1)
        column.addWidget(self._problem)
        column.addWidget(self._buttons())
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 76)
        self._fill()

    @property
    def chosen(self) -> Recovered | None:
        """What is to be opened."""
        return self._chosen

    def _introduction(self) -> QLabel:
        label = QLabel(_INTRODUCTION, self)
        label.setWordWrap(True)
        return label

    def _work_list(self) -> QListWidget:
        made = QListWidget(self)
        made.setObjectName("recovery_list")
        made.setAccessibleName("Unsaved work")
        made.setWordWrap(True)
        made.setSpacing(2)
        made.itemActivated.connect(self._accept_current)
        made.currentRowChanged.connect(self._enable)
        return made

    def _problem_label(self) -> QLabel:
        label = QLabel(self)
        label.setObjectName("recovery_problem")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setStyleSheet(f"color: {palette.ERROR};")
        label.hide()
        return label

    def _buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox(self)
        for button, role, name, tip in (
            (self._recover, QDialogButtonBox.ButtonRole.AcceptRole, "recover", "Opens this work (Enter)"),
            (self._throw_away, QDialogButtonBox.ButtonRole.DestructiveRole, "throw_away", "Deletes this work (Delete)"),
        ):
            button.setObjectName(name)
            button.setToolTip(tip)
            box.addButton(button, role)
        later = box.addButton("&Not now", QDialogButtonBox.ButtonRole.RejectRole)
        later.setObjectName("later")
        later.setToolTip("Leaves everything as it is; it is offered again (Esc)")
        self._recover.setDefault(True)
        self._recover.clicked.connect(self._accept_current)
        self._throw_away.clicked.connect(self._discard_current)
        self._throw_away.setShortcut(Qt.Key.Key_Delete)
        box.rejected.connect(self.reject)
        return box

    def _fill(self) -> None:
        """A row each; the first one is chosen."""
        for recovered in self._pending:
            item = QListWidgetItem(describe(recovered))
            if recovered.file is not None:
                item.setToolTip(str(recovered.file))
            self._list.addItem(item)
        self._list.setCurrentRow(0)
        rows = min(max(len(self._pending), 2), 6)
        self._list.setMinimumHeight(rows * (self.fontMetrics().height() * 2 + 14))
        self._enable()

    @Slot()
    def _enable(self) -> None:
        for button in (self._recover, self._throw_away):
            button.setEnabled(0 <= self._list.currentRow() < len(self._pending))

    @Slot()
    def _accept_current(self) -> None:
        if 0 <= self._list.currentRow() < len(self._pending):
            self._chosen = self._pending[self._list.currentRow()]
            self.accept()

    @Slot()
    def _discard_current(self) -> None:
        """Throws the chosen row away, once the user is sure; closes after the last one."""
        row = self._list.currentRow()
        if not 0 <= row < len(self._pending) or not self.is_sure(self._pending[row]):
            return
        try:
            self._discard(self._pending[row])
        except UserError as error:
            self._problem.setText(str(error))
            self._problem.show()
            return
        self._problem.hide()
        del self._pending[row]
        self._list.takeItem(row)
        self._enable()
        if not self._pending:
            self.reject()

    def is_sure(self, recovered: Recovered) -> bool:
        """Asks once more before work is deleted."""
        kinds = QMessageBox.StandardButton
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Redub")
        box.setText(f'Throw away what was not saved of "{recovered.name}"?')
        box.setInformativeText("It cannot be brought back. Files that you saved yourself stay as they are.")
        throw = box.addButton("&Throw away", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(kinds.Cancel))
        box.exec()
        return box.clickedButton() is throw


def describe(recovered: Recovered, now: datetime | None = None) -> str:
    """Two lines: what it is, and when it was kept, with what is in it."""
    segments = recovered.project.segments
    count = "all of the clip" if segments is None else f"{len(segments)} segment{'' if len(segments) == 1 else 's'}"
    parts = [
        f"kept {when(recovered.saved, now or datetime.now(UTC))}",
        count,
        "never saved" if recovered.file is None else str(recovered.file.parent),
    ]
    return f"{recovered.name}\n{' · '.join(parts)}"


def when(time: datetime, now: datetime) -> str:
    """Such as "today at 14:03" or "yesterday at 9:15", else the date: in the user's own time and manner."""
    local, today = time.astimezone(), now.astimezone().date()
    clock = QLocale().toString(QTime(local.hour, local.minute), QLocale.FormatType.ShortFormat)
    days = (today - local.date()).days
    day = {0: "today", 1: "yesterday"}.get(days) or QLocale().toString(
        QDate(local.year, local.month, local.day), QLocale.FormatType.LongFormat
    )
    return f"{day} at {clock}"
