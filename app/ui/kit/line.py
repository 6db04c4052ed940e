"""One line of text that is cut where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class Line(QLabel):
    """Is cut with an ellipsis where there is no room; all of it is in the tooltip then."""

    def __init__(
        self, parent: QWidget | None = None, policy: QSizePolicy.Policy = QSizePolicy.Policy.Ignored, tip: str = ""
    ) -> None:
        """`policy`: how it takes width, from none of its own to all that its text needs. `tip`: a tooltip besides."""
        super().__init__(parent)
        self._full, self._tip = "", tip
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(policy, QSizePolicy.Policy.Fixed)
        self.setToolTip(tip)

    @property
    def full_text(self) -> str:
        """Without the ellipsis."""
        return self._full

    def set_full_text(self, text: str) -> None:
        """Shows as much of it as fits."""
        if text != self._full:
            self._full = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Another width, another cut."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for all of the text."""
        hint, metrics = super().sizeHint(), self.fontMetrics()
        around = hint.width() - metrics.horizontalAdvance(self.text())
        return QSize(metrics.horizontalAdvance(self._full) + max(0, around) + 1, hint.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """May become as narrow as its place."""
        return QSize(0, super().minimumSizeHint().height())

    def _fit(self) -> None:
        cut = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, self.contentsRect().width())
        self.setText(cut)
        shown = [text for text in (self._full if cut != self._full else "", self._tip) if text]
        self.setToolTip("\n".join(shown))
