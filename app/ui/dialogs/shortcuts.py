"""The shortcut sheet (F1): every key and gesture, by menu, with a field that filters."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QTextBrowser, QVBoxLayout, QWidget

from app.ui.actions import MENUS, MOUSE, PANELS, ActionSpec, key_text, keys_of
from app.ui.kit import palette

Row = tuple[str, str]
"""Keys and what they do."""


class ShortcutSheet(QDialog):
    """Lists the keys; needs no answer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcut_sheet")
        self.setWindowTitle("Shortcuts")
        self._filter = QLineEdit(self)
        self._filter.setObjectName("filter")
        self._filter.setAccessibleName("Filter")
        self._filter.setPlaceholderText("Filter: a key or a word")
        self._filter.setClearButtonEnabled(True)
        self._sheet = QTextBrowser(self)
        self._sheet.setObjectName("sheet")
        self._sheet.setAccessibleName("Keys and gestures")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (self._filter, self._sheet, buttons):
            column.addWidget(widget)
        self._filter.textChanged.connect(self._show)
        self._show("")
        unit = self.fontMetrics().averageCharWidth()
        self.resize(unit * 105, unit * 95)

    @Slot(str)
    def _show(self, wanted: str) -> None:
        """The rows in which `wanted` occurs."""
        self._sheet.setHtml(sheet_html(wanted))


def sections() -> list[tuple[str, list[Row]]]:
    """(heading, rows) for all actions that have a key, by menu, and for the gestures."""
    made = [(menu.replace("&", ""), _rows(items)) for menu, items in MENUS.items()]
    return [*made, ("In the timeline and the waveforms", _rows(PANELS)), ("Mouse and held keys", list(MOUSE))]


def _rows(items: Iterable[ActionSpec | str]) -> list[Row]:
    specs = (item for item in items if isinstance(item, ActionSpec) and keys_of(item.id))
    return [(key_text(keys_of(spec.id)), spec.tip.rstrip(".") or spec.label) for spec in specs]


def sheet_html(wanted: str = "") -> str:
    """The sheet as HTML; only rows in which `wanted` occurs, in either case."""
    parts = [_section(heading, _matching(rows, wanted.casefold())) for heading, rows in sections()]
    return "".join(parts) or f"<p style='color:{palette.MUTED_TEXT}'>No key or gesture fits this.</p>"


def _matching(rows: list[Row], wanted: str) -> list[Row]:
    return [row for row in rows if wanted in f"{row[0]} {row[1]}".casefold()]


def _section(heading: str, rows: list[Row]) -> str:
    """A heading with a table; empty without rows."""
    if not rows:
        return ""
    lines = "".join(
        f"<tr><td width='230' style='color:{palette.FOCUS}; padding:2px 14px 2px 4px'><b>{escape(keys)}</b></td>"
        f"<td style='padding:2px'>{escape(text)}</td></tr>"
        for keys, text in rows
    )
    return f"<h3 style='color:{palette.ACCENT}'>{escape(heading)}</h3><table cellspacing='0'>{lines}</table>"
