"""The error dialog: one sentence, the details for who wants them, and a button that copies both."""

from __future__ import annotations

import platform
import traceback

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from app import __version__
from app.core.errors import UserError
from app.ui.kit.theme import fixed_font

UNEXPECTED = "Something went wrong inside Redub. Your project is as it was; please report the details."


class ErrorDialog(QDialog):
    """Tells what went wrong."""

    def __init__(self, sentence: str, details: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("error_dialog")
        self.setWindowTitle("Redub")
        self.sentence, self._details = sentence, details
        self._text = self._details_field(details)
        self._toggle = QPushButton("&Details", self)
        self._toggle.setCheckable(True)
        self._toggle.setVisible(bool(details))
        self._toggle.toggled.connect(self._show_details)
        column = QVBoxLayout(self)
        column.addLayout(self._message(sentence))
        column.addWidget(self._text)
        column.addWidget(self._buttons())
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 70)
        self._show_details(False)

    @property
    def report(self) -> str:
        """What the copy button copies."""
        system = f"Redub {__version__}, Python {platform.python_version()}, {platform.platform()}"
        return "\n\n".join(part for part in (self.sentence, self._details, system) if part)

    def _message(self, sentence: str) -> QHBoxLayout:
        """The sign and the sentence, which can be selected."""
        sign = QLabel(self)
        warning = self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        side = self.fontMetrics().height() * 2
        sign.setPixmap(warning.pixmap(side, side))
        label = QLabel(sentence, self)
        label.setObjectName("sentence")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label, 1)
        return row

    def _details_field(self, details: str) -> QPlainTextEdit:
        field = QPlainTextEdit(details, self)
        field.setObjectName("details")
        field.setAccessibleName("Details")
        field.setReadOnly(True)
        field.setFont(fixed_font())
        field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        return field

    def _buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close = box.button(QDialogButtonBox.StandardButton.Close)
        close.setDefault(True)  # so that Enter closes, and not the first button of the row
        close.setFocus()
        copy = box.addButton("&Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setObjectName("copy")
        copy.setToolTip("Copies the sentence, the details and the version")
        copy.clicked.connect(self._copy)
        box.addButton(self._toggle, QDialogButtonBox.ButtonRole.ActionRole)
        box.rejected.connect(self.reject)
        return box

    @Slot(bool)
    def _show_details(self, shown: bool) -> None:
        self._text.setVisible(shown)
        self.adjustSize()

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report)


def describe(error: BaseException) -> tuple[str, str]:
    """(sentence, details) of an error: a user's error has its own sentence, all else is a fault of ours."""
    if isinstance(error, UserError):
        cause = error.__cause__
        return str(error), "" if cause is None else "".join(traceback.format_exception(cause)).rstrip()
    return UNEXPECTED, "".join(traceback.format_exception(error)).rstrip()
