"""The guide, to be read beside the work."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

import app

GUIDE = Path(app.__file__).resolve().parents[1] / "docs" / "guide.md"


class GuideDialog(QDialog):
    """Shows a text in Markdown with its pictures; needs no answer."""

    def __init__(self, file: Path = GUIDE, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("guide")
        self.setWindowTitle("Guide")
        self._text = QTextBrowser(self)
        self._text.setObjectName("guide_text")
        self._text.setAccessibleName("Guide")
        self._text.setOpenExternalLinks(True)
        self._text.setSearchPaths([str(file.parent)])
        self._text.document().setBaseUrl(QUrl.fromLocalFile(f"{file.parent}/"))
        self._text.setMarkdown(_read(file))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self._text)
        column.addWidget(buttons)
        unit = self.fontMetrics().averageCharWidth()
        self.resize(unit * 120, unit * 95)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        return f"The guide cannot be read ({error.strerror}): it should be in `{file}`."
